// The cable between the pages and a WebSocket server, which can be pulled: a proxy that knows nothing of what it carries.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * @param {() => Promise<{host: string, port: number}>} server asked for each connection
 */
export async function cable(server) {
    const pairs = new Set();
    let plugged = true;
    const proxy = createServer(async (near) => {
        near.on('error', () => {});
        const there = plugged && await server();
        if (!plugged || near.destroyed) {
            near.destroy();
            return;
        }
        const far = connect(there);
        const pair = { near, far };
        pairs.add(pair);
        for (const [one, other] of [[near, far], [far, near]]) {
            one.on('error', () => {});
            one.on('close', () => { other.destroy(); pairs.delete(pair); });
            one.pipe(other);
        }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');

    return {
        address: `ws://127.0.0.1:${proxy.address().port}`,
        /** Ends every connection, as a network that goes away. */
        cut() {
            pairs.forEach(({ near, far }) => { near.destroy(); far.destroy(); });
        },
        /** Ends every connection and lets none through until plugged in again. */
        unplug() {
            plugged = false;
            this.cut();
        },
        plug() {
            plugged = true;
        },
        close() {
            this.unplug();
            proxy.close();
        },
    };
}

// @ferry/client in Chromium, as the single file that PHP's package carries, against the server of its tests in Node.js.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { launch } from './page.mjs';

const repository = new URL('../../', import.meta.url);

/** The address of a page that can import /client.js. */
async function serve(t) {
    const client = await readFile(new URL('php/Bridge/Symfony/public/client.js', repository));
    const server = createServer((request, response) => {
        const [type, body] = request.url === '/client.js' ? ['text/javascript', client] : ['text/html', '<!doctype html>'];
        response.writeHead(200, { 'Content-Type': type }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return `http://127.0.0.1:${server.address().port}/`;
}

/** The address of a server that publishes 10,000 events when told to, and cuts connections by chance. */
async function publish(t) {
    const program = fileURLToPath(new URL('clients/js/test/server.php', repository));
    const php = spawn(process.env.PHP_BIN ?? 'php', ['-d', `extension=${process.env.FERRY_EXTENSION}`, program], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(async () => {
        php.stdin.end();
        await once(php, 'exit');
    });
    const [address] = await once(createInterface(php.stdout), 'line');
    return address;
}

test('10,000 events arrive in a page once each and in order, whatever is cut', async (t) => {
    const [address, url, browser] = await Promise.all([publish(t), serve(t), launch()]);
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    const { seen, cuts } = await page.evaluate(async (server) => {
        const { FerryClient } = await import('/client.js');
        const client = new FerryClient(server, { reconnect: { minDelay: 1, maxDelay: 20 } });
        const events = [];
        let closed = 0;
        const all = new Promise((resolve, reject) => {
            client.room('lobby').on('event', (n) => {
                events.push(n);
                n === 10_000 && resolve();
            });
            client.addEventListener('gap', ({ room }) => reject(new Error(`a gap in ${room}`)));
        });
        client.addEventListener('close', () => ++closed);
        await client.connect();
        client.send('start');
        await all;
        client.close();
        return { seen: events, cuts: closed };
    }, address);
    assert.deepEqual(seen, Array.from({ length: 10_000 }, (_, at) => at + 1));
    assert.ok(cuts > 5, `${cuts} cuts`);
});

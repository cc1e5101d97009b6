// Starts an example's chat as `make demo` does, on free ports and with a data folder of its own.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cable } from './cable.mjs';

const READY_SECONDS = 60;

/** The environments in which the examples have a handler that sleeps. */
const TEST = { 'symfony-chat': 'test', 'laravel-chat': 'testing' };

/**
 * @param {string} example the folder's name in examples/
 * @param {object} [environment] more of it, over this process's own
 * @returns the page's address; the data folder; the cable between pages and socket; stop() ends the chat with SIGTERM and
 *     resolves to its exit status
 */
export async function startDemo(example, environment = {}) {
    const program = fileURLToPath(new URL(`../../examples/${example}/bin/demo`, import.meta.url));
    const data = await mkdtemp(join(tmpdir(), 'ferry-chat-'));
    const socket = async () => {
        const { hostname, port } = new URL(await readFile(join(data, 'ws-address'), 'utf8'));
        return { host: hostname, port: Number(port) };
    };
    const wire = await cable(socket);
    const demo = spawn(process.env.PHP_BIN ?? 'php', [program], {
        env: {
            ...process.env, APP_ENV: TEST[example], HTTP_PORT: '0', WS_PORT: '0', WS_PUBLIC_URL: `${wire.address}/ws`, APP_DATA_DIR: data,
            ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise((resolve) => demo.on('close', resolve));
    let output = '';
    const url = new Promise((resolve, reject) => {
        const read = (chunk) => {
            output += chunk;
            const address = /http:\/\/[\w.:[\]]+/.exec(output);
            if (address) {
                resolve(address[0]);
            }
        };
        demo.stdout.on('data', read);
        demo.stderr.on('data', read);
        demo.on('error', reject);
        ended.then((status) => reject(new Error(`the demo ended with ${status}:\n${output}`)));
        setTimeout(() => reject(new Error(`the demo printed no address in ${READY_SECONDS} s:\n${output}`)), READY_SECONDS * 1000).unref();
    });

    const stop = async () => {
        demo.kill('SIGTERM');
        const status = await ended;
        wire.close();
        await rm(data, { recursive: true, force: true });
        return status;
    };

    return { url: await url.catch(async (error) => { await stop(); throw error; }), data, wire, stop };
}

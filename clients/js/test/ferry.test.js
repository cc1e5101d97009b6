import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { WebSocket } from 'ws';
import { FerryClient } from '../src/index.js';

/** The address of a real server, which ends with the test. */
async function serve(t) {
  const php = spawn(process.env.PHP_BIN ?? 'php', ['-d', `extension=${process.env.FERRY_EXTENSION}`, new URL('server.php', import.meta.url).pathname], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(async () => {
    php.stdin.end();
    await once(php, 'exit');
  });
  const [address] = await once(createInterface(php.stdout), 'line');
  return address;
}

test('10,000 events arrive once each and in order, whatever is cut', async (t) => {
  const client = new FerryClient(await serve(t), { WebSocket, reconnect: { minDelay: 1, maxDelay: 20 } });
  const seen = [];
  let cuts = 0;
  const all = new Promise((resolve, reject) => {
    client.on('event', (n) => {
      seen.push(n);
      if (n === 10_000) {
        resolve();
      }
    });
    client.addEventListener('gap', ({ room }) => reject(new Error(`a gap in ${room}`)));
  });
  client.addEventListener('close', () => ++cuts);
  await client.connect();
  client.send('start');
  await all;
  client.close();
  assert.deepEqual(seen, Array.from({ length: 10_000 }, (_, at) => at + 1));
  assert.ok(cuts > 5, `${cuts} cuts`);
});

test('a request is answered', async (t) => {
  const client = new FerryClient(await serve(t), { WebSocket });
  await client.connect();
  assert.deepEqual(await client.request('echo', { a: ['ü'] }), { a: ['ü'] });
  client.close();
});

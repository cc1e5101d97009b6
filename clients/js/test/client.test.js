import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { WebSocket } from 'ws';
import { ConnectionLostError, FerryClient, FerryError, QueueFullError, ServerError, TimeoutError } from '../src/index.js';
import { next, serve } from './server.js';

const QUICK = { minDelay: 1, maxDelay: 5 };
const open = (t, url, options = {}) => {
  const client = new FerryClient(url, { WebSocket, reconnect: QUICK, ...options });
  t.after(() => client.close());
  return client;
};

test('sends messages and hands on what comes, by type and by room', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url);
  const seen = [];
  client.on('message', (data) => seen.push(['message', data.text]));
  client.on('*', (data, message) => seen.push(['*', message.type]));
  client.room('lobby').on('message', (data) => seen.push(['lobby', data.text]));
  const off = client.on('message', () => seen.push(['taken away']));
  off();
  await client.connect();
  client.send('say', { text: 'hello' });
  await server.until(() => server.received.length === 1);
  assert.deepEqual(server.received[0], { type: 'say', data: { text: 'hello' }, connection: 1 });
  server.broadcast({ type: 'message', data: { text: 'one' } });
  server.broadcast({ type: 'message', data: { text: 'two' }, room: 'lobby' });
  server.broadcast({ type: 'flat', n: 1 });
  const flat = await new Promise((resolve) => client.on('flat', resolve));
  assert.equal(flat.n, 1);
  assert.deepEqual(seen, [['message', 'one'], ['*', 'message'], ['lobby', 'two'], ['message', 'two'], ['*', 'message'], ['*', 'flat']]);
});

test('a listener that throws keeps nothing from the others', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url);
  const thrown = new Promise((resolve) => {
    globalThis.reportError = resolve;
  });
  t.after(() => delete globalThis.reportError);
  client.on('x', () => {
    throw new Error('from a listener');
  });
  const heard = new Promise((resolve) => client.on('x', resolve));
  await client.connect();
  server.broadcast({ type: 'x', data: 1 });
  assert.equal(await heard, 1);
  assert.equal((await thrown).message, 'from a listener');
});

test('the token travels as a subprotocol, or in the query', async (t) => {
  const server = await serve(t);
  await open(t, server.url, { token: 'abc', protocols: ['chat'] }).connect();
  assert.equal(server.connections[0].protocols, 'bearer,abc,chat');
  assert.equal(server.connections[0].url, '/chat');
  await open(t, `${server.url}?a=b`, { token: () => 'a+b', tokenIn: 'query' }).connect();
  assert.equal(server.connections[1].url, '/chat?a=b&token=a%2Bb');
});

test('a function is asked for the address before every attempt', async (t) => {
  const server = await serve(t);
  let asked = 0;
  const client = open(t, async () => {
    if (++asked === 1) {
      throw new Error('no server yet');
    }
    return `${server.url}?n=${asked}`;
  });
  const failed = next(client, 'error');
  await client.connect();
  assert.equal((await failed).error.message, 'no server yet');
  server.connections[0].socket.terminate();
  await server.until(() => server.connections.length === 2);
  assert.deepEqual(server.connections.map(({ url }) => url), ['/chat?n=2', '/chat?n=3']);
});

test('comes back with a new token and sends what waited', async (t) => {
  const server = await serve(t);
  let tokens = 0;
  const client = open(t, server.url, { token: () => Promise.resolve(`token-${++tokens}`) });
  const closed = next(client, 'close');
  await client.connect();
  server.connections[0].socket.terminate();
  const { code, willReconnect } = await closed;
  assert.deepEqual([code, willReconnect], [1006, true]);
  client.send('kept', 1);
  client.send('kept', 2);
  await server.until(() => server.received.length === 2);
  assert.deepEqual(server.received.map(({ data, connection }) => [data, connection]), [[1, 2], [2, 2]]);
  assert.equal(server.connections[1].protocols, 'bearer,token-2');
});

test('what waits is bounded', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url, { queueBytes: 60 });
  client.send('a', 'x'.repeat(30));
  assert.throws(() => client.send('b', 'x'.repeat(30)), QueueFullError);
  await assert.rejects(client.request('c', 'x'.repeat(30)), QueueFullError);
  await client.connect();
  await server.until(() => server.received.length === 1);
  assert.equal(server.received[0].type, 'a');
});

test('a request gets its own answer', async (t) => {
  const server = await serve(t, ({ socket }) => {
    const held = [];
    socket.on('message', (data) => {
      held.push(JSON.parse(data));
      if (held.length === 2) {
        // In the wrong order.
        socket.send(JSON.stringify({ type: 'reply', id: held[1].id, data: held[1].data * 2 }));
        socket.send(JSON.stringify({ type: 'error', id: held[0].id, code: 'invalid_message', message: 'No.', violations: [{ path: 'n', message: 'too small' }] }));
      }
    });
  });
  const client = open(t, server.url);
  await client.connect();
  const [refused, doubled] = await Promise.allSettled([client.request('n', 1), client.request('n', 21)]);
  assert.equal(doubled.value, 42);
  assert.ok(refused.reason instanceof ServerError);
  assert.deepEqual([refused.reason.code, refused.reason.message, refused.reason.violations[0].path], ['invalid_message', 'No.', 'n']);
});

test('a request ends with its time, its signal, or the connection', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url);
  await client.connect();
  await assert.rejects(client.request('slow', null, { timeout: 5 }), TimeoutError);
  const controller = new AbortController();
  const aborted = client.request('aborted', null, { signal: controller.signal });
  controller.abort();
  await assert.rejects(aborted, { name: 'AbortError' });
  await assert.rejects(client.request('late', null, { signal: controller.signal }), { name: 'AbortError' });
  const lost = client.request('lost');
  await server.until(() => server.received.some(({ type }) => type === 'lost'));
  server.connections[0].socket.terminate();
  await assert.rejects(lost, ConnectionLostError);
});

test('a request that was not sent yet waits for the connection; one that ended is not sent', async (t) => {
  const server = await serve(t, ({ socket }) => socket.on('message', (data) => socket.send(JSON.stringify({ type: 'reply', id: JSON.parse(data).id, data: 'done' }))));
  const client = open(t, server.url);
  const controller = new AbortController();
  const dropped = client.request('dropped', null, { signal: controller.signal });
  controller.abort();
  await assert.rejects(dropped);
  const answer = client.request('kept');
  await client.connect();
  assert.equal(await answer, 'done');
  assert.deepEqual(server.received.map(({ type }) => type), ['kept']);
});

test('an expired token is replaced where it can be, and the end where it cannot', async (t) => {
  const server = await serve(t, ({ socket, number }) => number !== 2 && socket.close(4401, 'expired'));
  const client = open(t, server.url, { token: () => 'new' });
  void client.connect();
  await server.until(() => server.connections.length === 2);
  client.close();
  const fixed = open(t, server.url, { token: 'old' });
  const ended = next(fixed, 'close');
  void fixed.connect();
  const { code, willReconnect } = await ended;
  assert.deepEqual([code, willReconnect, fixed.state], [4401, false, 'closed']);
});

for (const code of [1008, 4403]) {
  test(`does not come back after ${code}`, async (t) => {
    const server = await serve(t, ({ socket }) => socket.close(code, 'no'));
    const client = open(t, server.url);
    const ended = next(client, 'close');
    void client.connect();
    assert.equal((await ended).willReconnect, false);
    assert.throws(() => client.send('x'), FerryError);
  });
}

test('gives up after the attempts it has, and at once without reconnect', async (t) => {
  const nobody = 'ws://127.0.0.1:1/';
  const seen = [];
  const client = open(t, nobody, { reconnect: { ...QUICK, maxAttempts: 2 } });
  client.addEventListener('reconnecting', ({ attempt, delay }) => seen.push([attempt, delay <= 5]));
  await assert.rejects(client.connect(), ConnectionLostError);
  assert.deepEqual(seen, [[1, true], [2, true]]);
  await assert.rejects(open(t, nobody, { reconnect: false }).connect(), ConnectionLostError);
});

test('a token that cannot be had is an error and a failed attempt', async (t) => {
  const server = await serve(t);
  let asked = 0;
  const client = open(t, server.url, {
    token: () => {
      if (++asked === 1) {
        throw new Error('no token today');
      }
      return 'token';
    },
  });
  const error = next(client, 'error');
  await client.connect();
  assert.equal((await error).error.message, 'no token today');
});

test('a handshake that does not come to an end is given up', async (t) => {
  const mute = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.after(() => mute.close());
  const client = open(t, `ws://127.0.0.1:${mute.address().port}/`, { connectTimeout: 20, reconnect: false });
  await assert.rejects(client.connect(), /took too long/);
});

test('asks for what it missed, and says what cannot be had', async (t) => {
  const server = await serve(t, ({ socket, number }) => {
    if (number === 1) {
      socket.send(JSON.stringify({ type: 'message', room: 'a', offset: 'e-1' }));
      socket.send(JSON.stringify({ type: 'message', room: 'b', offset: 'e-7' }));
    }
  });
  const client = open(t, server.url);
  const both = new Promise((resolve) => client.room('b').on('message', resolve));
  await client.connect();
  await both;
  assert.deepEqual(client.offsets, { a: 'e-1', b: 'e-7' });
  const gap = next(client, 'gap');
  server.connections[0].socket.terminate();
  await server.until(() => server.connections.length === 2);
  assert.equal(server.connections[1].url, '/chat?since=e-1%2Ce-7');
  server.broadcast({ type: 'resumed', room: 'a', recovered: true, missed: 0, offset: 'e-1' });
  server.broadcast({ type: 'resumed', room: 'b', recovered: false, missed: 0, offset: 'f-1' });
  assert.equal((await gap).room, 'b');
  assert.deepEqual(client.offsets, { a: 'e-1', b: 'f-1' });
});

test('asks for nothing where that is not wanted', async (t) => {
  const server = await serve(t);
  await open(t, server.url, { resume: false }).resumeFrom({ a: 'e-1' }).connect();
  assert.equal(server.connections[0].url, '/chat');
});

test('what is no message is an error, and binary frames are an event', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url);
  await client.connect();
  for (const bad of ['no json', '"text"', '{"n":1}', 'null']) {
    const error = next(client, 'error');
    server.broadcast(bad);
    assert.match((await error).error.message, /no message/);
  }
  const binary = next(client, 'binary');
  server.connections[0].socket.send(new Uint8Array([1, 2]));
  assert.deepEqual([...new Uint8Array((await binary).data)], [1, 2]);
});

test('closing ends what waits, and the server hears of it', async (t) => {
  const server = await serve(t);
  const client = open(t, server.url);
  await client.connect();
  const waiting = client.request('x');
  const heard = new Promise((resolve) => server.connections[0].socket.on('close', (code, reason) => resolve([code, String(reason)])));
  client.close(4000, 'bye');
  await assert.rejects(waiting, ConnectionLostError);
  assert.deepEqual(await heard, [4000, 'bye']);
  assert.equal(client.state, 'closed');
});

test('an address that is none is refused', () => {
  assert.throws(() => new FerryClient('ftp://x/'), FerryError);
  assert.equal(new FerryClient('https://x/').state, 'idle');
});

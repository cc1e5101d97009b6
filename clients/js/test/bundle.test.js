import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { WebSocket } from 'ws';
import * as source from '../src/index.js';
import { serve } from './server.js';

const FILE = new URL('../../../php/Bridge/Symfony/public/client.js', import.meta.url);

test('the single file has what the package exports, and works', async (t) => {
  // As a browser takes it: Node.js would go by a package.json whether it is a module.
  const bundle = await import(`data:text/javascript;base64,${readFileSync(FILE, 'base64')}`);
  assert.deepEqual(Object.keys(bundle), Object.keys(source));
  const server = await serve(t);
  const client = new bundle.FerryClient(server.url, { WebSocket });
  t.after(() => client.close());
  await client.connect();
  client.send('hello');
  await server.until(() => server.received.length === 1);
  assert.equal(server.received[0].type, 'hello');
});

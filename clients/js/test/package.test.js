import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import * as source from '../src/index.js';

const run = promisify(execFile);
const HERE = fileURLToPath(new URL('../', import.meta.url));

/** A copy, for packing makes the types beside the sources. */
async function pack(folder) {
  const copy = join(folder, 'source');
  await mkdir(copy);
  await symlink(join(HERE, 'node_modules'), join(copy, 'node_modules'));
  for (const name of (await readdir(HERE)).filter((name) => name !== 'node_modules' && name !== 'types')) {
    await cp(join(HERE, name), join(copy, name), { recursive: true });
  }
  const environment = { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' };
  await run('npm', ['pack', '--offline', '--pack-destination', folder], { cwd: copy, env: environment });
  return join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')));
}

test('what npm gets has the sources, their types, the manual and the license, and works', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await run('tar', ['-xzf', await pack(folder), '-C', folder]);
  const packed = join(folder, 'package');

  const sources = await readdir(join(HERE, 'src'));
  assert.deepEqual((await readdir(packed)).sort(), ['LICENSE', 'README.md', 'package.json', 'src', 'types']);
  assert.deepEqual((await readdir(join(packed, 'src'))).sort(), sources.sort());
  assert.deepEqual((await readdir(join(packed, 'types'))).sort(), sources.map((name) => name.replace(/\.js$/, '.d.ts')).sort());
  assert.equal(await readFile(join(packed, 'LICENSE'), 'utf8'), await readFile(join(HERE, '../../LICENSE'), 'utf8'));

  // Both entries, as an application's package manager reads them.
  const { exports, types } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(await import(pathToFileURL(join(packed, exports['.'].default)))), Object.keys(source));
  assert.match(await readFile(join(packed, exports['.'].types), 'utf8'), /FerryClient/);
  assert.equal(types, exports['.'].types);
});

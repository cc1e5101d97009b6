// Joins src/ into one module for applications without a bundler: node bundle.js [--check]
// PHP's package carries it, for `assets:install` and `vendor:publish`.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = new URL('src/', import.meta.url);
const TARGET = fileURLToPath(new URL('../../php/Bridge/Symfony/public/client.js', import.meta.url));
const IMPORT = /^import \{[^}]+\} from '\.\/([\w-]+\.js)';\n/gm;
const REEXPORT = /^export \{ ([^}]+) \} from '\.\/([\w-]+\.js)';\n/gm;

const COMMENT = /^ *\/\*\*[^]*?\*\/\n/gm;

const parts = [];
const seen = new Set();

function add(file) {
  if (seen.has(file)) {
    return;
  }
  seen.add(file);
  const text = readFileSync(new URL(file, SOURCE), 'utf8');
  const left = text.replace(IMPORT, (_, imported) => (add(imported), '')).replace(/^export (?=(async )?(class|function|const) )/gm, '').replace(COMMENT, '');
  if (/^(import|export)\b/m.test(left)) {
    throw new Error(`src/${file} imports or exports in a way that bundle.js does not know`);
  }
  parts.push(left.trim());
}

const names = [];

for (const [, exported, file] of readFileSync(new URL('index.js', SOURCE), 'utf8').matchAll(REEXPORT)) {
  add(file);
  names.push(...exported.split(', '));
}

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const bundle = `// @ferry/client ${version}, made of clients/js/src by "npm run bundle" there. MIT license.\n\n${parts.join('\n\n')}\n\nexport { ${names.sort().join(', ')} };\n`;

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(TARGET), { recursive: true });
  writeFileSync(TARGET, bundle);
} else if (readFileSync(TARGET, 'utf8') !== bundle) {
  console.error('php/Bridge/Symfony/public/client.js is not what clients/js/src says: run "npm run bundle" in clients/js');
  process.exit(1);
}

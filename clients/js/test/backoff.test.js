import assert from 'node:assert/strict';
import test from 'node:test';
import { Backoff } from '../src/backoff.js';

test('delays grow up to their bound', () => {
  const backoff = new Backoff(100, 1000, () => 0.999999);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(() => Math.round(backoff.next())), [100, 200, 400, 800, 1000, 1000]);
  backoff.reset();
  assert.equal(Math.round(backoff.next()), 100);
});

test('delays are spread, but never nothing', () => {
  const backoff = new Backoff(100, 100);
  const delays = Array.from({ length: 1000 }, () => backoff.next());
  assert.ok(Math.min(...delays) >= 10 && Math.max(...delays) <= 100);
  assert.ok(Math.max(...delays) - Math.min(...delays) > 50);
});

import { expect, test } from 'vitest';
import { resolveBackend } from '../../packages/runtime/src/backend.ts';
import { measureGflops } from '../../packages/runtime/src/measure.ts';

test.each(['reference', 'wasm', 'auto'] as const)('a rate is measured for %s, however short the time', (name) => {
  const gflops = measureGflops(resolveBackend(name), 0);
  expect(gflops).toBeGreaterThan(0);
  expect(gflops).toBeLessThan(Number.POSITIVE_INFINITY);
});

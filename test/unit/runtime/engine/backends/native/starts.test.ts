import { expect, test } from 'vitest';
import { createStarts } from '../../../../../../packages/runtime/src/engine/backends/native/blas-kernels.ts';

test('starts are views of the same memory, a step apart', () => {
  const view = new Float64Array(new SharedArrayBuffer(8 * 32), 16, 30);
  const offsets = createStarts()(view, 8, 4).map((start) => start.byteOffset);
  expect(offsets).toEqual([16, 80, 144, 208]);
});

test('the same view, step and count give the same views again', () => {
  const starts = createStarts();
  const view = new Float64Array(32);
  const before = [...starts(view, 8, 2)];
  starts(view, 16, 2);
  starts(view, 8, 4);
  const after = starts(view, 8, 2);
  expect(before.every((start, i) => start === after[i])).toBe(true);
});

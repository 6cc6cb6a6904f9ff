import { buildNetwork, type Pass, referenceKernels } from '@gradloom/core';
import { noMemory } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const size = 50;
const B = 40;
const rate = 0.3;
const layer = buildNetwork({ input: size, layers: [{ kind: 'dropout', rate }] }).layers[0];
const at = (changes: Partial<Pass> = {}): Pass => {
  return {
    kernels: referenceKernels,
    training: true,
    seed: 3,
    step: 8,
    firstRow: 0,
    leaf: 16,
    joins: false,
    ...changes,
  };
};
const ones = new Float64Array(B * size).fill(1);

function masked(pass: Pass, rows = B): Float64Array {
  const y = new Float64Array(rows * size);
  layer.forward(y, ones, [], rows, pass, noMemory);
  return y;
}

test('keeps the mean: what is left is scaled by 1 / (1 - rate)', () => {
  const y = masked(at());
  expect(new Set(y)).toEqual(new Set([0, 1 / (1 - rate)]));
  const dropped = y.filter((value) => value === 0).length / y.length;
  expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / y.length));
});

test('the mask of a row is a function of its place in the batch, whatever pass it is in', () => {
  const whole = masked(at());
  expect([...masked(at({ firstRow: 13 }), 5)]).toEqual([...whole.subarray(13 * size, 18 * size)]);
});

test.each<[string, Partial<Pass>]>([
  ['seed', { seed: 4 }],
  ['step', { step: 9 }],
  ['row', { firstRow: 1 }],
  ['step above 2^32', { step: 8 + 2 ** 32 }],
])('another %s has another mask', (_name, changes) => {
  expect([...masked(at(changes))]).not.toEqual([...masked(at())]);
});

test('backward passes the gradient where forward passed the value, also in place', () => {
  const dx = new Float64Array(ones);
  layer.backward(dx, dx, ones, ones, [], [], B, at(), noMemory);
  expect([...dx]).toEqual([...masked(at())]);
});

test('is the identity at evaluation', () => {
  expect([...masked(at({ training: false }))]).toEqual([...ones]);
});

test('does not hide NaN', () => {
  const y = new Float64Array(size);
  layer.forward(y, new Float64Array(size).fill(Number.NaN), [], 1, at(), noMemory);
  expect(y.every(Number.isNaN)).toBe(true);
});

import { buildNetwork, type Pass, referenceKernels } from '@gradloom/core';
import { createList, link, NO_BATCH, noMemory, runCalls } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const size = 50;
const B = 40;
const rate = 0.3;
const layer = buildNetwork({ input: size, layers: [{ kind: 'dropout', rate }] }).layers[0];
const ones = new Float64Array(B * size).fill(1);

interface Settings {
  training: boolean;
  seed: number;
  step: number;
  firstRow: number;
}
const start: Settings = { training: true, seed: 3, step: 8, firstRow: 0 };

/** Calls that the layer emits, and the pass that emits them. */
function listOf(changes: Partial<Settings>) {
  const { calls, emit } = createList();
  const { step, firstRow, ...settings } = { ...start, ...changes };
  const stepAndRow = Float64Array.of(step, firstRow);
  const pass: Pass = { ...settings, emit, leafRows: 16, accumulate: false, batch: NO_BATCH, stepAndRow, lengths: [] };
  return { calls, pass };
}

function masked(changes: Partial<Settings> = {}, rows = B, x = ones): Float64Array {
  const y = new Float64Array(rows * size);
  const { calls, pass } = listOf(changes);
  layer.forward(y, [x], [], rows, pass, noMemory);
  runCalls(calls, referenceKernels);
  return y;
}

test('keeps the mean: what is left is scaled by 1 / (1 - rate)', () => {
  const y = masked();
  expect(new Set(y)).toEqual(new Set([0, 1 / (1 - rate)]));
  const dropped = y.filter((value) => value === 0).length / y.length;
  expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / y.length));
});

test('the mask of a row is a function of its place in the batch, whatever pass it is in', () => {
  const whole = masked();
  expect([...masked({ firstRow: 13 }, 5)]).toEqual([...whole.subarray(13 * size, 18 * size)]);
});

test.each<[string, Partial<Settings>]>([
  ['seed', { seed: 4 }],
  ['step', { step: 9 }],
  ['row', { firstRow: 1 }],
  ['step above 2^32', { step: 8 + 2 ** 32 }],
])('another %s has another mask', (_name, changes) => {
  expect([...masked(changes)]).not.toEqual([...masked()]);
});

test('a program draws the masks of the step and the row that it finds in its place', () => {
  const y = new Float64Array(B * size);
  const { calls, pass } = listOf({});
  layer.forward(y, [ones], [], B, pass, noMemory);
  const program = link(calls, referenceKernels);
  for (const [step, firstRow] of [
    [8, 0],
    [9, 0],
    [9, 16],
    [8, 0],
  ]) {
    pass.stepAndRow.set([step, firstRow]);
    program.run();
    expect([...y]).toEqual([...masked({ step, firstRow })]);
  }
});

test('backward passes the gradient where forward passed the value, also in place', () => {
  const dx = new Float64Array(ones);
  const { calls, pass } = listOf({});
  layer.backward([dx], dx, [ones], ones, [], [], B, pass, noMemory);
  runCalls(calls, referenceKernels);
  expect([...dx]).toEqual([...masked()]);
});

test('is the identity at evaluation', () => {
  expect([...masked({ training: false })]).toEqual([...ones]);
});

test('does not hide NaN', () => {
  const y = masked({}, 1, new Float64Array(size).fill(Number.NaN));
  expect(y.every(Number.isNaN)).toBe(true);
});

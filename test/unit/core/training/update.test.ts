import { createOptimizer, createRandom, type Emit, referenceKernels } from '@gradloom/core';
import {
  BLOCK,
  batchLoss,
  blockCount,
  bytesOfElements,
  clipScale,
  createBlockUpdate,
  createList,
  elementTypes,
  gradientNorm,
  gradientOf,
  gradientStride,
  ops,
  runCalls,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { tensorsOf } from '../../../support/tensors-of.ts';

const random = createRandom(4, 'update');
const normals = (n: number) => Float64Array.from({ length: n }, () => random.normal());
const S = 3;
const SUMS = { pairs: [], count: S, step: 1 };
const P = 2 * BLOCK + 5;

function setUp() {
  const optimizer = createOptimizer({ kind: 'sgd', lr: 1 });
  const gSum = normals(S * gradientStride('float64', P));
  const memory = { theta: new Float64Array(P), gSum, state: [], squares: new Float64Array(blockCount(P)) };
  const hyper = new Float64Array(optimizer.hyperLength);
  optimizer.hyper(hyper, Float64Array.of(1), new Float64Array(0));
  const [g0, g1, g2] = [0, 1, 2].map((s) => gradientOf(gSum, P, s));
  const mean = Float64Array.from({ length: P }, (_, p) => (g0[p] + g1[p] + g2[p]) * (1 / 10));
  const cut = tensorsOf([P]);
  const updateOf = (first: number, end: number) => createBlockUpdate(optimizer, cut, memory, hyper, first, end);
  return { memory, mean, updateOf, update: createBlockUpdate(optimizer, cut, memory, hyper) };
}

/** Runs what `emitAll` emits. */
/** 1 / the rows of a batch. */
const TENTH = Float64Array.of(1 / 10);

function run(emitAll: (emit: Emit) => void): void {
  const { calls, emit } = createList();
  emitAll(emit);
  runCalls(calls, referenceKernels);
}

test('the blocks together apply the mean gradient to every parameter once, whoever takes which', () => {
  const { memory, mean, updateOf } = setUp();
  for (const block of [2, 0, 1]) run((emit) => updateOf(block, block + 1).averageAndApply(emit, TENTH, SUMS));
  expect([...memory.theta]).toEqual([...mean].map((g) => -g));
  const whole = setUp();
  run((emit) => whole.update.averageAndApply(emit, TENTH, SUMS));
  expect([...whole.memory.theta]).toEqual([...whole.mean].map((g) => -g));
});

test('an update writes its own blocks alone', () => {
  const { memory, mean, updateOf } = setUp();
  run((emit) => updateOf(1, 2).averageAndApply(emit, TENTH, SUMS));
  expect([...memory.theta]).toEqual([...mean].map((g, p) => (p >= BLOCK && p < 2 * BLOCK ? -g : 0)));
});

test('a scale is applied to the gradient before the optimizer sees it, as it is when the program runs', () => {
  const { memory, mean, update } = setUp();
  const scale = Float64Array.of(1);
  run((emit) => {
    update.average(emit, TENTH, SUMS);
    emit(ops.fill, scale, 0.25, 1);
    update.apply(emit, scale);
  });
  expect([...memory.theta]).toEqual([...mean].map((g) => -(g * 0.25)));
});

test('the norm is that of the mean gradient', () => {
  const { memory, mean, update } = setUp();
  run((emit) => update.average(emit, TENTH, SUMS));
  const exact = Math.sqrt(mean.reduce((sum, g) => sum + g * g, 0));
  expect(Math.abs(gradientNorm(memory.squares) / exact - 1)).toBeLessThan(1e-12);
});

test.each(elementTypes)('rows of gradients of %s begin on cache lines, with less than a line between two', (type) => {
  for (const P of [1, 7, 8, 9, 15, 16, 17, 2 ** 31 + 1]) {
    const [bytes, unused] = [gradientStride(type, P), gradientStride(type, P) - P].map((n) => bytesOfElements(type, n));
    expect([P, bytes % 64, unused >= 0 && unused < 64]).toEqual([P, 0, true]);
  }
});

describe('clipping', () => {
  test('leaves a gradient within the limit as it is', () => {
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(0, 1)).toBe(1);
  });

  test("cuts a larger one to the limit by PyTorch's formula", () => {
    expect(clipScale(8, 2)).toBe(2 / (8 + 1e-6));
  });

  test('does not hide a norm that is not finite', () => {
    expect(clipScale(Number.NaN, 1)).toBeNaN();
  });
});

test("a batch's loss is the tree's sum of its leaves over its rows", () => {
  expect(batchLoss(Float64Array.of(3, 0, 4.5, 9), 3, 5)).toBe(1.5);
  const big = 2 ** 53; // to which 1 cannot be added
  expect(batchLoss(Float64Array.of(big, 1, 1, -big), 4, 1)).toBe(big + 1 + (1 - big));
});

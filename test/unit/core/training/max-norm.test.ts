import {
  buildNetwork,
  createRandom,
  dense,
  embedding,
  flatten,
  layerNorm,
  referenceKernels,
  residual,
  sequential,
  swiglu,
} from '@gradloom/core';
import { createList, emitMaxNorm, maxColumns, runCalls } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { maxRelativeError } from '../../../support/errors.ts';
import { followGolden, goldenOptions } from '../../../support/golden-options.ts';

const network = buildNetwork(
  sequential(3, embedding(5, 2), flatten(), swiglu(7), layerNorm(), residual(dense(7)), dense(4)),
);
const random = createRandom(1, 'max-norm');
const start = Float64Array.from({ length: network.parameterCount }, () => random.normal());

function limited(limit: number, threads: number): Float64Array {
  const theta = start.slice();
  const factors = new Float64Array(maxColumns(network));
  for (let thread = 0; thread < threads; thread++) {
    const { calls, emit } = createList();
    emitMaxNorm(emit, network, theta, factors, limit, thread, threads);
    runCalls(calls, referenceKernels);
  }
  return theta;
}

test('no unit has incoming weights longer than the limit; shorter ones, biases, norms and embeddings keep their bits', () => {
  const limit = 2;
  const theta = limited(limit, 1);
  let [shortened, kept] = [0, 0];
  for (const { name, shape, offset, length } of network.tensors) {
    const [before, after] = [start, theta].map((vector) => vector.subarray(offset, offset + length));
    if (shape.length === 1 || name.endsWith('E')) {
      expect(after).toEqual(before);
      continue;
    }
    const [I, O] = shape;
    for (let o = 0; o < O; o++) {
      const column = (vector: Float64Array) => Array.from({ length: I }, (_, i) => vector[i * O + o]);
      const norm = Math.hypot(...column(before));
      if (norm <= limit) expect(column(after)).toEqual(column(before));
      else
        expect(
          maxRelativeError(
            column(after),
            column(before).map((w) => (w * limit) / norm),
          ),
        ).toBeLessThan(1e-14);
      if (norm <= limit) kept++;
      else shortened++;
    }
  }
  expect(Math.min(shortened, kept)).toBeGreaterThan(3);
});

test.each([2, 3, 7, 20])('%i threads have the bits of one', (threads) => {
  expect(limited(1, threads)).toEqual(limited(1, 1));
});

test('a unit whose weights are not finite, or too large to square, keeps them for whoever looks', () => {
  const narrow = buildNetwork({ input: 2, layers: [{ kind: 'dense', out: 3 }] });
  const theta = Float64Array.of(1e200, Number.NaN, 3, 1, 1, 4, 0, 0, 0);
  const { calls, emit } = createList();
  emitMaxNorm(emit, narrow, theta, new Float64Array(3), 1);
  runCalls(calls, referenceKernels);
  expect([...theta]).toEqual([1e200, Number.NaN, 3 * (1 / 5), 1, 1, 4 * (1 / 5), 0, 0, 0]);
});

test('PyTorch takes the same steps with its columns limited after each', () => {
  const golden = goldenOptions.runs.find(({ name }) => name === 'max-norm');
  if (golden === undefined) throw new Error('the fixture has no such run');
  const followed = followGolden('softmax-cross-entropy', golden.batch, golden.losses.length, { maxNorm: 0.8 });
  expect(maxRelativeError(followed.losses, golden.losses)).toBeLessThan(1e-12);
  expect(maxRelativeError(followed.trained.parameters, golden.finalParams)).toBeLessThan(1e-12);
});

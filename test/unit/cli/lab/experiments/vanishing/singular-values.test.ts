import { activations, createInitializer, createRandom, mathOf } from '@gradloom/core';
import { expect, test } from 'vitest';
import {
  jacobianOf,
  meanSingularValue,
} from '../../../../../../packages/cli/src/lab/experiments/vanishing/presets/glorot.ts';

test('the mean singular value of a diagonal matrix is the mean of its absolute values', async () => {
  expect(await meanSingularValue(Float64Array.of(3, 0, 0, 0, -1, 0), 2, 3)).toBeCloseTo(2, 12);
});

test('all singular values of an orthogonal matrix are 1', async () => {
  const Q = new Float64Array(20 * 20);
  createInitializer('orthogonal')(Q, 20, 20, createRandom(1, 'Q'));
  expect(await meanSingularValue(Q, 20, 20)).toBeCloseTo(1, 12);
});

test('of a random square matrix it is 8/(3π) σ √n, within 3 % at n = 200', async () => {
  const W = new Float64Array(200 * 200);
  createInitializer('lecun-normal')(W, 200, 200, createRandom(1, 'W'));
  expect(Math.abs((await meanSingularValue(W, 200, 200)) / (8 / (3 * Math.PI)) - 1)).toBeLessThan(0.03);
});

test('the Jacobian of a layer is the central difference of its outputs', () => {
  const [I, O] = [3, 2];
  const random = createRandom(5, 'layer');
  const W = Float64Array.from({ length: I * O }, () => random.normal());
  const x = Float64Array.from({ length: I }, () => random.normal());
  const zOf = (input: Float64Array) =>
    Float64Array.from({ length: O }, (_, o) => input.reduce((sum, value, i) => sum + value * W[i * O + o], 0));
  const J = jacobianOf({ kind: 'tanh' }, W, zOf(x));
  const h = 1e-6;
  for (let i = 0; i < I; i++) {
    const [above, below] = [h, -h].map((d) =>
      zOf(x.map((value, k) => value + (k === i ? d : 0))).map((z) => activations.tanh.apply(mathOf('float64'), z)),
    );
    for (let o = 0; o < O; o++) expect(J[o * I + i]).toBeCloseTo((above[o] - below[o]) / (2 * h), 8);
  }
});

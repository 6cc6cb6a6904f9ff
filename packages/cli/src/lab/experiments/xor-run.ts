import { math, type NetworkSpec } from '@gradloom/core';
import { type Pool, syntheticDatasets, type TrainResult, train } from '@gradloom/runtime';
import MersenneTwister from 'mersenne-twister';
import type { Machine } from './experiment.ts';

/** Hidden layer of two, one output, all sigmoid: 9 parameters. */
export const xorSpec: NetworkSpec = {
  input: 2,
  layers: [
    { kind: 'dense', out: 2 },
    { kind: 'activation', fn: 'sigmoid' },
    { kind: 'dense', out: 1 },
    { kind: 'activation', fn: 'sigmoid' },
  ],
};

/** The inputs of a gate of two bits; the target of XOR is whether they differ. */
export const xorRows = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** W1 = randn(2, 2) * 0.5, b1 = 0, W2 = randn(2, 1) * 0.5, b2 = 0, drawn in this order, as in NumPy. */
export function xorStart(seed: number): Float64Array {
  const normal = createNumpyNormal(seed);
  const parameters = new Float64Array(9);
  for (const p of [0, 1, 2, 3, 6, 7]) parameters[p] = normal() * 0.5;
  return parameters;
}

/** The chapter's program: full batches of four rows, mse, plain gradient descent, rate 2.0 by default. */
export const trainXor = (
  seed: number,
  epochs: number,
  machine: Machine,
  { lr = 2, pool }: { lr?: number; pool?: Pool } = {},
): Promise<TrainResult> =>
  train(
    xorSpec,
    { train: syntheticDatasets.xor() },
    {
      ...machine,
      loss: 'mse',
      optimizer: { kind: 'sgd', lr },
      batch: 'full',
      epochs,
      parameters: xorStart(seed),
      ...(pool === undefined ? {} : { pool }),
    },
  );

/** The source of the digits that the chapter does not print. */
export const NUMPY = "NumPy 2.2.4, on the chapter's program";

/**
 * Standard normal numbers like those of NumPy's `np.random.seed(seed)` and `np.random.randn(...)`: MT19937, seeded as
 * by init_genrand, and the polar method of Marsaglia, whose second number is kept for the next call. The bits are
 * NumPy's, except for the last place or two if the C library rounds a logarithm differently.
 * [numpy/random/src/legacy](https://github.com/numpy/numpy/blob/main/numpy/random/src/legacy/legacy-distributions.c)
 */
export function createNumpyNormal(seed: number): () => number {
  const twister = new MersenneTwister(seed);
  let keptNumber: number | undefined;
  return () => {
    if (keptNumber !== undefined) {
      const second = keptNumber;
      keptNumber = undefined;
      return second;
    }
    let x1: number;
    let x2: number;
    let r2: number;
    do {
      x1 = 2 * twister.random_long() - 1;
      x2 = 2 * twister.random_long() - 1;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1 || r2 === 0);
    const f = Math.sqrt((-2 * math.log(r2)) / r2);
    keptNumber = f * x1;
    return f * x2;
  };
}

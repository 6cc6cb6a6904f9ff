import type { ElementType, OptimizerSpec } from '@gradloom/core';
import {
  type BackendChoice,
  conv2d,
  datasetFromRows,
  dense,
  dropout,
  embedding,
  flatten,
  gelu,
  layerNorm,
  relu,
  residual,
  sequential,
  swiglu,
  train,
} from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { resolveBackend } from '../../../packages/runtime/src/engine/backends/backend.ts';
import { fingerprint } from '../../../packages/runtime/src/system/files/hash.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs } from '../../support/needs.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

/** Teams of a backend and a type: all sizes on one, three threads on the others. */
const teamsOf = (backend: BackendChoice, precision: ElementType): readonly number[] =>
  backend === 'wasm' && precision === 'float64' ? [1, 2, 3, 7] : [3, ...onlyInAll(1, 2, 7)];

// 4 blocks of parameters; 4 batches an epoch, of 5 leaves, the last of 2 rows.
const spec = sequential(64, dense(128, { init: 'he-normal' }), relu(), dropout(0.3), dense(32), gelu(), dense(10));
const dataset = randomDataset({ rows: 200, inputs: 64, classes: 10 });
const many = randomDataset({ rows: 1101, inputs: 64, classes: 10 });
const base = { batch: 66, steps: counted(9, 210), seed: 5, optimizer: 'adam' } as const;

const pool = await poolOfFile(counted(7, 64));

/** The wasm kernels equal the reference, so the reference is the oracle of both. */
const oracleOf = (backend: BackendChoice): BackendChoice => (backend === 'wasm' ? 'reference' : backend);

// Blocks of weights alone, and of weights and biases, which are updated in pieces.
const sparing: OptimizerSpec = { kind: 'adamw', weightDecay: 0.3, decayed: 'weights' };

const kinds: [BackendChoice, ElementType][] = [
  ['wasm', 'float64'],
  ['native', 'float64'],
  ['blas', 'float64'],
  ['reference', 'float64'],
  ['reference', 'float32'],
  ['wasm', 'float32'],
  ['native', 'float32'],
  ['blas', 'float32'],
];

describe.each(kinds)('on %s in %s', (backend, precision) => {
  const all = [{ clipNorm: 0.5 }, {}, { optimizer: sparing }];
  const isPlain = backend === 'reference' || backend === 'blas'; // which has no updates of its own
  describe.each(isPlain ? all.slice(0, counted(1, 3)) : all)('with %o', (runOptions) => {
    const options = { ...runOptions, precision };
    let expected: string;
    beforeAll(() => {
      const of = resolveBackend(oracleOf(backend));
      expected = fingerprint(oracle(spec, dataset, { ...base, ...options }, of).parameters);
    });

    test.each(teamsOf(backend, precision))(
      '%i threads end in the bits of one whole step at a time in one thread',
      needs(backend),
      async (threads) => {
        const run = train(spec, { train: dataset }, { ...base, ...options, backend, threads, pool });
        const result = await run;
        expect(result.steps).toBe(base.steps);
        expect(result.fingerprint).toBe(expected);
      },
    );
  });
});

describe.each(kinds)('batches of 35 leaves, and a last one of a single row, on %s in %s', (backend, precision) => {
  const options = { ...base, precision, batch: 1100, steps: 2 };
  let expected: string;
  beforeAll(() => {
    expected = fingerprint(oracle(spec, many, options, resolveBackend(oracleOf(backend))).parameters);
  });

  test.each([6, ...onlyInAll(1, 2, 3, 5, 7, 8, 9, 16, 33, 64)])(
    '%i threads end in the bits of one whole step at a time in one thread',
    needs(backend),
    async (threads) => {
      const run = train(spec, { train: many }, { ...options, backend, threads, pool });
      expect(await run).toMatchObject({ fingerprint: expected, leaves: 35, gradientThreads: Math.min(threads, 35) });
    },
  );
});

describe.each(kinds)('a batch of 31 images, whose leaves have one row, on %s in %s', (backend, precision) => {
  const images = sequential([8, 8, 1], conv2d(2, 3), flatten(), dense(40), dense(10));
  const options = { ...base, precision, batch: 31, steps: 3 };

  test.each([1, ...onlyInAll(2, 3)])(
    '%i threads end in the bits of one whole step at a time in one thread',
    needs(backend),
    async (threads) => {
      const expected = oracle(images, dataset, options, resolveBackend(oracleOf(backend))).parameters;
      const { leaves, fingerprint: actual } = await train(
        images,
        { train: dataset },
        { ...options, backend, threads, pool },
      );
      expect(leaves).toBe(31);
      expect(actual).toBe(fingerprint(expected));
    },
  );
});

describe.each(kinds)('a network of every kind of layer, on %s in %s', (backend, precision) => {
  const words = sequential(
    3,
    embedding(11, 5),
    flatten(),
    residual(layerNorm(), dense(15), gelu(), residual(dropout(0.2), swiglu(15))),
    layerNorm(),
    swiglu(9),
    dense(4),
  );
  const row = (n: number): number[] => [n % 11, (n * 7) % 11, (n * n) % 11];
  const indices = datasetFromRows({
    inputs: Array.from({ length: 200 }, (_, n) => row(n)),
    targets: Array.from({ length: 200 }, (_, n) => (n * n) % 4),
    classes: 4,
  });
  const options = { ...base, precision, steps: counted(9, 40) };
  let expected: string;
  beforeAll(() => {
    expected = fingerprint(oracle(words, indices, options, resolveBackend(oracleOf(backend))).parameters);
  });

  test.each(teamsOf(backend, precision))(
    '%i threads end in the bits of one whole step at a time in one thread',
    needs(backend),
    async (threads) => {
      const result = await train(words, { train: indices }, { ...options, backend, threads, pool });
      expect(result.fingerprint).toBe(expected);
    },
  );
});

test('the seed decides the bits', async () => {
  const at = (seed: number) =>
    train(spec, { train: dataset }, { ...base, seed, steps: 5, backend: 'wasm', threads: 2, pool });
  const [a, b, c] = [await at(1), await at(1), await at(2)];
  expect(a.fingerprint).toBe(b.fingerprint);
  expect(a.fingerprint).not.toBe(c.fingerprint);
});

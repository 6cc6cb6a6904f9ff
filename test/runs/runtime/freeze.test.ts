import { batchNorm, buildNetwork, dense, dropout, type NetworkSpec, relu, residual, sequential } from '@gradloom/core';
import { BLOCK, freezeLayers, stateLength } from '@gradloom/core/internal';
import { type TrainOptions, train } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { checkpointedRun, reproducibleFields } from '../../support/checkpointed-run.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const pool = await poolOfFile(7);

/** A frozen beginning with batch-norm and dropout, and frozen layers between two that learn, each with whole blocks. */
const spec: NetworkSpec = sequential(
  9,
  { ...dense(150), name: 'stem' },
  { ...batchNorm(), name: 'norm' },
  dropout(0.2),
  { ...residual(dense(150), batchNorm(), relu()), name: 'body' },
  { ...dense(150), name: 'middle' },
  batchNorm(),
  dense(4),
);
const data = { train: randomDataset({ rows: 145, inputs: 9, classes: 4 }) };
const freeze = ['stem', 'norm', '2', 'middle', '5'];
const base = {
  batch: 50,
  steps: 7,
  seed: 1,
  backend: 'reference',
  pool,
  freeze,
  optimizer: { kind: 'adamw', weightDecay: 0.1, lrOf: { body: 0.01 }, decayOf: { '6': 0.5 } },
  ema: 0.9,
  maxNorm: 1,
  clipNorm: 0.5,
} as const satisfies TrainOptions;

describe('a run with frozen layers', () => {
  test('has the bits of whole steps on any threads, and the spec says what is frozen', async () => {
    const frozen = freezeLayers('test', spec, freeze);
    const expected = oracle(frozen, data.train, base, resolveBackend('reference'));
    for (const threads of [1, 7, ...onlyInAll(2, 3)]) {
      const result = await train(spec, data, { ...base, threads });
      expect(result.parameters).toEqual(expected.parameters);
      expect(result.spec).toEqual(frozen);
    }
    const { tensors, gradientRanges } = buildNetwork(frozen);
    expect(tensors.filter(({ isFrozen }) => isFrozen).length).toBe(2 + 4 + 2 + 4);
    expect(gradientRanges.length).toBe(2);
  });

  test('resumes to the same bits, also where the spec has the freezing, and with no other', async () => {
    const calm = await train(spec, data, { ...base, threads: 3 });
    const { checkpoints } = await checkpointedRun(spec, data, { ...base, threads: 2 }, 3);
    expect(checkpoints.length).toBeGreaterThan(1);
    const { parameterCount, gradientRanges } = buildNetwork(freezeLayers('test', spec, freeze));
    const [m, v, average] = checkpoints[0].arrays.state.map(({ length }) => length);
    expect([m, v, average]).toEqual([stateLength(gradientRanges), m, parameterCount]);
    expect(m).toBe(parameterCount - 4 * BLOCK);
    const { freeze: _, ...thawed } = base;
    for (const resume of checkpoints.slice(0, counted(1, checkpoints.length))) {
      const resumed = await train(spec, data, { ...base, threads: 7, resume });
      expect(reproducibleFields(resumed)).toEqual(reproducibleFields(calm));
      const again = await train(resume.spec, data, { ...thawed, threads: 1, resume });
      expect(reproducibleFields(again)).toEqual(reproducibleFields(calm));
      await expect(train(spec, data, { ...thawed, threads: 1, resume })).rejects.toThrow('freeze');
    }
  });

  test('starts from weights of the same network without freezing, and keeps those of frozen layers', async () => {
    const { freeze: _, ...thawed } = base;
    const { parameters } = await train(spec, data, { ...thawed, steps: 3, threads: 2 });
    const tuned = await train(spec, data, { ...base, parameters, threads: 2 });
    for (const { offset, length, isFrozen } of buildNetwork(tuned.spec).tensors) {
      const [is, was] = [tuned.parameters, parameters].map((vector) => vector.slice(offset, offset + length));
      if (isFrozen) expect(is).toEqual(was);
      else expect(is).not.toEqual(was);
    }
  });
});

test.each([
  [{ freeze: ['stam'] }, 'train: freeze has "stam", expected names or paths of layers: "0", "stem", "1", "norm", "2"'],
  [{ freeze: ['*'] }, 'train: freeze leaves no layer that learns, expected at least 1'],
  [{ freeze: [] }, "train: freeze has [], expected a list of at least 1 name or path of a layer, such as ['0', "],
  [{ freeze: 'stem' }, 'train: freeze has "stem", expected a list of at least 1 name or path of a layer'],
  [{ optimizer: { kind: 'sgd', lrOf: { x: 1 } } }, 'train: optimizer.lrOf has "x", expected names or paths of layers'],
])('%j is refused', async (options, message) => {
  await expect(train(spec, data, { ...base, ...options } as TrainOptions)).rejects.toThrow(message);
});

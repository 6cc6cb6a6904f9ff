import {
  createModel,
  datasetFromRows,
  dense,
  embedding,
  evaluateModel,
  flatten,
  identity,
  residual,
  sequential,
  type TrainEvent,
  TrainingError,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { poolOfFile } from '../../support/pool-of-file.ts';

/** Hands the numbers of a row on to an embedding of four words as they are. */
const spec = sequential(2, identity(), residual(dense(2, { init: 'zeros' })), embedding(4, 3), flatten(), dense(2));

/** Rows of words, of which those at `bad` have one that is not in the vocabulary. */
const rowsWith = (rows: number, ...bad: number[]) =>
  datasetFromRows({
    inputs: Array.from({ length: rows }, (_, n) => [n % 4, bad.includes(n) ? 4 + n / 8 : (n >> 2) % 4]),
    targets: Array.from({ length: rows }, (_, n) => n % 2),
    classes: 2,
    name: 'words',
  });

const sentence = (row: number) =>
  `row ${row} of words: embedding(4x3) at layer 2: index at place 1 has ${4 + row / 8}, expected a whole number from 0 to 3`;

/** Never one that the embedding's gradient, which is 0, would move. */
const options = { optimizer: { kind: 'sgd', lr: 0.1 }, batch: 10, backend: 'wasm' } as const;

const pool = await poolOfFile(6);

async function failureOf(data: Parameters<typeof train>[1], more: TrainOptions) {
  const events: TrainEvent[] = [];
  const run = train(spec, data, { ...options, ...more, pool, onEvent: (event) => events.push(event) });
  const error = await run.catch((cause: unknown) => cause);
  return { error, kinds: new Set(events.map(({ type }) => type)) };
}

describe('a row that leads to an index which an embedding after other layers does not have', () => {
  test.each([
    ['on one thread', { threads: 1 }],
    ['on two threads', { threads: 2 }],
    ['on more threads than leaves', { threads: 6 }],
    ['with clipping', { threads: 2, clipNorm: 1 }],
    ['with looks', { threads: 2, probe: 1 }],
    ['on the plain kernels', { threads: 1, backend: 'reference' }],
    ['where the run would go back to the start of its epoch', { threads: 2, onNan: 'rollback' }],
    ['in a run that has a profile', { threads: 2, profile: true }],
  ] as const)('ends the run at its step, at once, with the state before: %s', async (_, more) => {
    const data = { train: rowsWith(60, 48, 47) };
    const { error, kinds } = await failureOf(data, { ...more, shuffle: false });
    if (!(error instanceof TrainingError)) throw error;
    // Shards of two rows: 46 and 47 come first.
    expect(error.message).toBe(`train: step 4: ${sentence(47)}`);
    expect(error.step).toBe(4);
    expect([kinds.has('recovery'), kinds.has('rollback')]).toEqual([false, false]);
    const backend = 'backend' in more ? more.backend : options.backend;
    const clip = 'clipNorm' in more ? { clipNorm: more.clipNorm } : {};
    const before = await train(
      spec,
      { train: rowsWith(60) },
      { ...options, ...clip, backend, shuffle: false, steps: 4, threads: 1, pool },
    );
    expect(error.parameters).toEqual(before.parameters);
  });

  test('is named by its place in the dataset, whatever the order is', async () => {
    const { error } = await failureOf({ train: rowsWith(60, 23) }, { threads: 2, seed: 5, epochs: 2 });
    if (!(error instanceof TrainingError)) throw error;
    expect(error.message).toBe(`train: step ${error.step}: ${sentence(23)}`);
    const upToError = { ...options, pool, threads: 1, seed: 5, steps: error.step };
    expect((await train(spec, { train: rowsWith(60, 23) }, upToError)).steps).toBe(error.step);
  });

  test('ends a run in whose validation set it is', async () => {
    const data = { train: rowsWith(60), validation: rowsWith(700, 600, 300) };
    const { error, kinds } = await failureOf(data, { threads: 2, epochs: 2 });
    expect(error).toMatchObject({ message: `train: ${sentence(300)} (in the evaluation after step 6)` });
    expect(kinds.has('recovery')).toBe(false);
  });

  const parameters = new Float64Array(2 * 2 + 2 + 4 * 3 + 6 * 2 + 2);

  test.each([1, 2, 3])('ends an evaluation on %i threads, the first of such rows', async (threads) => {
    const retries: unknown[] = [];
    const onRetry = (retry: unknown) => retries.push(retry);
    const evaluation = evaluateModel(spec, parameters, rowsWith(1000, 999, 513, 514), { threads, onRetry });
    await expect(evaluation).rejects.toThrow(`evaluateModel: ${sentence(513)}`);
    expect(retries).toEqual([]);
  });

  test('is refused by a model, which names its place among the rows', () => {
    const model = createModel({ spec, parameters });
    const rows = Array.from({ length: 300 }, (_, n) => [0, n === 280 ? -1 : 1]);
    const problem = 'embedding(4x3) at layer 2: index at place 1 has -1, expected a whole number from 0 to 3';
    expect(() => model.outputs(rows)).toThrow(`outputs: row 280: ${problem}`);
    expect(() => model.classify(rows)).toThrow(`classify: row 280: ${problem}`);
    expect(model.outputs(rows.slice(0, 280)).length).toBe(280);
  });
});

test('where the number is not finite, the layer that it comes from is named', async () => {
  const large = sequential(1, dense(1, { init: { kind: 'constant', value: 1e300 } }), embedding(2, 2), flatten());
  const data = datasetFromRows({ inputs: [[0], [0], [1e300]], targets: [0, 1, 0], classes: 2 });
  const run = train(large, { train: data }, { threads: 2, batch: 1, shuffle: false, epochs: 1, pool });
  await expect(run).rejects.toThrow(
    /^train: step 2, row 0 of the batch: output of dense\(1->1\) at layer 0 has Infinity, expected finite numbers; the largest/,
  );
});

import { createRandom, type NetworkSpec } from '@gradloom/core';
import {
  createModel,
  type Dataset,
  datasetFromRows,
  dense,
  embedding,
  input,
  layerNorm,
  network,
  positionEmbedding,
  selfAttention,
  train,
} from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { firstDifference } from '../../support/bits.ts';
import { checkpointedRun } from '../../support/checkpointed-run.ts';

const [N, S, T, V] = [70, 6, 5, 9];
const random = createRandom(4, 'lengths');
const lengths = Array.from({ length: N }, () => [1 + random.integer(S), 1 + random.integer(T)]);

/** Tokens of both texts; those at padding are `padding`. */
const rowsWith = (padding: number): number[][] =>
  lengths.map(([s, t], n) => [
    ...Array.from({ length: S }, (_, k) => (k < s ? (n * 5 + k * 3) % V : padding)),
    ...Array.from({ length: T }, (_, k) => (k < t ? (n * 7 + k) % V : padding)),
  ]);
const datasetWith = (padding: number, given: number[] | number[][] = lengths): Dataset =>
  datasetFromRows({
    inputs: rowsWith(padding),
    targets: lengths.map(([, t], n) => Array.from({ length: T }, (_, k) => (k < t ? (n + 2 * k) % V : -1))),
    lengths: given,
    classes: V,
  });

function encoderAndDecoder(): NetworkSpec {
  const source = input([S], 'source').through(embedding(V, 8), positionEmbedding());
  const memory = source.plus(source.through(layerNorm(), selfAttention(2, { causal: false, dropout: 0.1 })));
  const target = input([T], 'target').through(embedding(V, 8), positionEmbedding());
  // Not causal: else padding, which comes last, would not be read anyway.
  const y = target.plus(target.through(layerNorm(), selfAttention(2, { causal: false })));
  return network(y.plus(y.through(layerNorm()).crossAttention(memory, 4, { dropout: 0.2 })).through(dense(V)));
}
const spec = encoderAndDecoder();
const options = { batch: 33, epochs: 3, seed: 6, loss: 'softmax-cross-entropy', optimizer: 'adam' } as const;

test('an encoder and a decoder come to the same bits on any threads and backend, whatever stands at padding', async () => {
  const data = { train: datasetWith(0) };
  const { fingerprint } = await train(spec, data, { ...options, threads: 1 });
  for (const threads of [2, 3, 7]) {
    expect((await train(spec, data, { ...options, threads })).fingerprint).toBe(fingerprint);
  }
  for (const backend of ['wasm', 'native'] as const) {
    const other = await train(spec, { train: datasetWith(V - 1) }, { ...options, backend, threads: 2 });
    expect(other.fingerprint).toBe(fingerprint);
  }
});

test('a resume comes to the same bits', async () => {
  const data = { train: datasetWith(0), validation: datasetWith(0) };
  const { checkpoints, result } = await checkpointedRun(spec, data, { ...options, threads: 2 }, 2);
  expect(checkpoints.length).toBeGreaterThan(1);
  for (const resume of checkpoints) {
    expect((await train(spec, data, { ...options, threads: 1, resume })).fingerprint).toBe(result.fingerprint);
  }
});

test('predictions take a length for each part, and answer the real positions of the outputs', async () => {
  const { parameters, fused } = await train(spec, { train: datasetWith(0) }, { ...options, epochs: 1 });
  const model = createModel({ spec, parameters, loss: 'softmax-cross-entropy', fused });
  const flat = lengths.flat();
  const [one, other] = [0, V - 1].map((padding) => model.outputs(rowsWith(padding), { lengths: flat }).flat());
  const real = one.map((_, i) => Math.floor(i / V) % T < lengths[Math.floor(i / (T * V))][1]);
  const ofReal = (y: number[]): number[] => y.filter((_, i) => real[i]);
  expect(firstDifference(ofReal(one), ofReal(other))).toBeNull();
  const answers = model.predict(rowsWith(0), { lengths: flat });
  expect(answers.map(({ prediction }) => (prediction as string[]).length)).toEqual(lengths.map(([, t]) => t));
  expect(await model.predictAll(rowsWith(0), { lengths: flat, threads: 2 })).toEqual(answers);
});

test('lengths that the parts of a row cannot have are refused', async () => {
  const run = (lengths: number[] | number[][]) => train(spec, { train: datasetWith(0, lengths) }, options);
  await expect(run(lengths.map(([s]) => s))).rejects.toThrow(
    'lengths of rows has 1 a row, expected 2 ("source", "target")',
  );
  await expect(run(lengths.map(() => [S, S]))).rejects.toThrow(
    'lengths of "target" of rows has 6 in row 0, expected a whole number from 1 to 5 (positions of a row)',
  );
});

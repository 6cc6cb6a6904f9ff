import { activations, buildNetwork, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { createPool, type Pool, type TrainEvent, type TrainOptions, train } from '@gradloom/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomDataset } from '../support/random-dataset.ts';

const dataset = randomDataset({ rows: 70, inputs: 6, classes: 3 });
const spec: NetworkSpec = {
  input: 6,
  layers: [
    { kind: 'dense', out: 9 },
    { kind: 'activation', fn: 'gelu' },
    { kind: 'dense', out: 5 },
    { kind: 'activation', fn: 'relu' },
    { kind: 'dense', out: 3 },
  ],
};

let pool: Pool;
beforeAll(async () => {
  pool = await createPool({ threads: 7 });
});
afterAll(() => pool.destroy());

async function looks(options: TrainOptions) {
  const run = train(spec, { train: dataset }, { backend: 'reference', seed: 3, pool, ...options });
  const found: Extract<TrainEvent, { type: 'probe' }>[] = [];
  for await (const event of run) if (event.type === 'probe') found.push(event);
  return { found, result: await run.result };
}

test('figures have the same bits for 1, 2, 3 and 7 threads, also in a last batch with shards that have no row', async () => {
  const options = { batch: 22, shards: 6, steps: 8, probe: 1, clipNorm: 0.1 };
  const [one, ...others] = await Promise.all([1, 2, 3, 7].map((threads) => looks({ ...options, threads })));
  expect(one.found.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const { found } of others) expect(found).toEqual(one.found);
});

test('looking changes no weight', async () => {
  const options = { batch: 22, steps: 30, threads: 2 };
  const blind = await looks(options);
  const { found, result } = await looks({ ...options, probe: [7, 12, 400] });
  expect(blind.found).toEqual([]);
  expect(found.map(({ step }) => step)).toEqual([0, 7, 12]);
  expect(result.fingerprint).toBe(blind.result.fingerprint);
});

test('the first look describes the start', async () => {
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 3);
  const { found } = await looks({ batch: 'full', steps: 1, threads: 2, probe: 1 });
  const { layers, loss, gradientNorm } = found[0];
  expect(loss).toBeGreaterThan(0);
  let squares = 0;
  for (const { tensors } of layers) {
    for (const { rmsGradient, rmsMoved, length } of tensors) {
      squares += length * rmsGradient ** 2;
      expect(rmsMoved).toBe(0);
    }
  }
  expect(Math.sqrt(squares)).toBeCloseTo(gradientNorm, 12);
  // The figures of the first two layers anew, by the definitions, from the rows and the weights.
  const rows = Array.from({ length: 70 }, (_, n) => [...dataset.inputs.array.subarray(n * 6, (n + 1) * 6)]);
  const z = rows.flatMap((row) =>
    Array.from({ length: 9 }, (_, o) => row.reduce((sum, x, i) => sum + Number(x) * parameters[i * 9 + o], 0)),
  );
  const slopes = z.map((value) => activations.gelu.derivative(value));
  const a = z.map((value) => activations.gelu.apply(value));
  expect(layers[0].mean).toBeCloseTo(mean(z), 12);
  expect(layers[0].std).toBeCloseTo(spread(z), 12);
  expect(layers[1].mean).toBeCloseTo(mean(a), 12);
  expect(layers[1].std).toBeCloseTo(spread(a), 12);
  const flat = slopes.filter((slope) => Math.abs(slope) < 0.01 * activations.gelu.maxSlope).length;
  expect(layers[1].flat).toBe(flat / z.length);
});

test('the gradient of a tensor is told before clipping', async () => {
  const options = { batch: 'full', steps: 1, threads: 2, probe: 1 } as const;
  const [free, clipped] = await Promise.all([looks(options), looks({ ...options, clipNorm: 1e-3 })]);
  const gradients = ({ found }: typeof free) =>
    found[0].layers.flatMap(({ tensors }) => tensors.map(({ rmsGradient }) => rmsGradient));
  for (const [k, rms] of gradients(clipped).entries()) expect(rms / gradients(free)[k]).toBeCloseTo(1, 12);
});

test('a unit that is off in every row is dead', async () => {
  const dying: NetworkSpec = {
    input: 6,
    layers: [
      { kind: 'dense', out: 4, biasInit: { kind: 'constant', value: -1000 } },
      { kind: 'activation', fn: 'relu' },
      { kind: 'dense', out: 3 },
    ],
  };
  const run = train(dying, { train: dataset }, { steps: 1, probe: 1, threads: 2, pool, backend: 'reference' });
  for await (const event of run) {
    if (event.type === 'probe')
      expect(event.layers[1]).toMatchObject({ mean: 0, std: 0, flat: 1, dead: 1, rmsDy: expect.any(Number) });
    if (event.type === 'probe') expect(event.layers[0].rmsDy).toBe(0);
  }
});

test.each([0, -1, 1.5, [-1], [0.5], 'all'])('a probe of %o is refused', async (probe) => {
  await expect(train(spec, { train: dataset }, { probe: probe as number }).result).rejects.toThrow('train: probe has');
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

import {
  activations,
  buildNetwork,
  initializeParameters,
  type LayerSpec,
  mathOf,
  type NetworkSpec,
} from '@gradloom/core';
import {
  dense,
  layerNorm,
  residual,
  sequential,
  sigmoid,
  type TrainEvent,
  type TrainOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { numericDerivative } from '../../support/numeric-gradient.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 70, inputs: 6, classes: 3 });
const spec = sequential(
  6,
  dense(9),
  { kind: 'activation', fn: 'gelu' },
  dense(5),
  { kind: 'activation', fn: 'relu' },
  dense(3),
);

const nested = sequential(
  6,
  dense(5),
  residual({ kind: 'activation', fn: 'gelu' }, layerNorm(), residual(tanh(), dense(5)), sigmoid()),
  dense(3),
);

const math = mathOf('float64');

const pool = await poolOfFile(3);

async function probedRun(options: TrainOptions, network = spec) {
  const run = train(network, { train: dataset }, { backend: 'reference', seed: 3, pool, ...options });
  const probes: Extract<TrainEvent, { type: 'probe' }>[] = [];
  for await (const event of run) if (event.type === 'probe') probes.push(event);
  return { probes, result: await run };
}

test.each<[string, readonly LayerSpec[]]>([
  ['layers in a row', spec.layers],
  ['rows that depend on each other', [{ kind: 'batch-norm' }, ...spec.layers]],
  ['layers inside of others', nested.layers],
])('figures have the same bits on any threads, also in a short last batch: %s', async (_title, layers) => {
  const options = { batch: 40, steps: 4, probe: 1, clipNorm: 0.1 };
  const [one, ...others] = await Promise.all(
    [1, 2, 3].map((threads) => probedRun({ ...options, threads }, { input: 6, layers: [...layers] })),
  );
  expect(one.probes.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
  for (const { probes } of others) expect(probes).toEqual(one.probes);
});

test('a channel is dead if it is flat at every position of every row', async () => {
  const layers = (init: 'zeros' | 'he-normal'): LayerSpec[] => [
    { kind: 'conv1d', out: 4, kernel: 1, init, biasInit: { kind: 'constant', value: init === 'zeros' ? -1 : 0 } },
    { kind: 'activation', fn: 'relu' },
    { kind: 'flatten' },
    { kind: 'dense', out: 3 },
  ];
  const dead = async (init: 'zeros' | 'he-normal') => {
    const { probes } = await probedRun(
      { batch: 1, steps: 1, threads: 1, probe: 1 },
      { input: [6, 1], layers: layers(init) },
    );
    return probes[0].layers[1];
  };
  expect(await dead('zeros')).toMatchObject({ flat: 1, dead: 1 });
  // The row has numbers of both signs, so each channel passes some of its positions on.
  const { flat, dead: none } = await dead('he-normal');
  expect(none).toBe(0);
  expect(flat).toBeGreaterThan(0);
});

test('a probe changes no weight', async () => {
  const options = { batch: 22, steps: 30, threads: 2 };
  const blind = await probedRun(options);
  const { probes, result } = await probedRun({ ...options, probe: [7, 12, 400] });
  expect(blind.probes).toEqual([]);
  expect(probes.map(({ step }) => step)).toEqual([0, 7, 12]);
  expect(result.fingerprint).toBe(blind.result.fingerprint);
});

test('a probe has the mean gradient where updates of machine code write none', async () => {
  const layers: LayerSpec[] = [64, 64, 3].map((out) => ({ kind: 'dense', out }));
  const options = { backend: 'auto', batch: 32, steps: 3, probe: 1, threads: 2 } as const;
  const { probes } = await probedRun(options, { input: 6, layers });
  const reference = await probedRun({ ...options, backend: 'reference' }, { input: 6, layers });
  for (const [step, probe] of probes.entries()) {
    const squares = probe.layers.flatMap(({ tensors }) => tensors.map((t) => t.length * t.rmsGradient ** 2));
    expect(Math.sqrt(squares.reduce((sum, square) => sum + square))).toBeCloseTo(probe.gradientNorm, 10);
    expect(probe.gradientNorm).toBeCloseTo(reference.probes[step].gradientNorm, 10);
  }
});

test('the first probe describes the start', async () => {
  const network = buildNetwork(spec);
  const parameters = new Float64Array(network.parameterCount);
  initializeParameters(network, parameters, 3);
  const { probes } = await probedRun({ batch: 'full', steps: 1, threads: 2, probe: 1 });
  const { layers, loss, gradientNorm } = probes[0];
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
  const slopes = z.map((value) => activations.gelu.derivative(math, value));
  const a = z.map((value) => activations.gelu.apply(math, value));
  expect(layers[0].mean).toBeCloseTo(mean(z), 12);
  expect(layers[0].std).toBeCloseTo(spread(z), 12);
  expect(layers[1].mean).toBeCloseTo(mean(a), 12);
  expect(layers[1].std).toBeCloseTo(spread(a), 12);
  const flat = slopes.filter((slope) => Math.abs(slope) < 0.01 * activations.gelu.maxSlope).length;
  expect(layers[1].flat).toBe(flat / z.length);
});

test('the deviation of outputs keeps its digits beside a large mean', async () => {
  const biased = (value: number): NetworkSpec => {
    const biasInit = { kind: 'constant', value } as const;
    return sequential(6, dense(1, { biasInit }), dense(3));
  };
  const [near, far] = await Promise.all(
    [0, 2 ** 30].map((bias) => probedRun({ batch: 'full', steps: 1, threads: 2, probe: 1 }, biased(bias))),
  );
  const [{ std }] = near.probes[0].layers;
  expect(Math.abs(far.probes[0].layers[0].std / std - 1)).toBeLessThan(1e-6); // outputs of 2³⁰ are rounded to 2⁻²²
});

test('gradients by outputs and tensors are those of the chain rule, row by row', async () => {
  const network = buildNetwork(spec);
  const theta = new Float64Array(network.parameterCount);
  initializeParameters(network, theta, 3);
  const [W1, b1, W2, b2, W3, b3] = network.tensors.map(({ offset, length }) => theta.subarray(offset, offset + length));
  const { gelu, relu } = activations;
  // Of each layer, ∂(a row's own loss)/∂y of all rows; of each tensor, the sum over the rows.
  const dys: number[][] = [[], [], [], [], []];
  const sums = [W1, b1, W2, b2, W3, b3].map(({ length }) => new Float64Array(length));
  for (let n = 0; n < 70; n++) {
    const x = [...dataset.inputs.array.subarray(n * 6, (n + 1) * 6)];
    const z1 = affine(x, W1, b1);
    const a1 = z1.map((z) => gelu.apply(math, z));
    const z2 = affine(a1, W2, b2);
    const a2 = z2.map((z) => relu.apply(math, z));
    const y = affine(a2, W3, b3);
    const total = y.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const dy = y.map((logit, o) => Math.exp(logit) / total - (o === dataset.targets.array[n] ? 1 : 0));
    const da2 = transposed(dy, W3, 5);
    const dz2 = da2.map((d, o) => d * relu.derivative(math, Number.NaN, a2[o]));
    const da1 = transposed(dz2, W2, 9);
    const dz1 = da1.map((d, o) => d * gelu.derivative(math, z1[o]));
    for (const [layer, dyOfLayer] of [dz1, da1, dz2, da2, dy].entries()) dys[layer].push(...dyOfLayer);
    for (const [k, [input, d]] of [[x, dz1] as const, [a1, dz2] as const, [a2, dy] as const].entries()) {
      for (const [i, value] of input.entries())
        for (const [o, slope] of d.entries()) sums[2 * k][i * d.length + o] += value * slope;
      for (const [o, slope] of d.entries()) sums[2 * k + 1][o] += slope;
    }
  }
  // Leaves that do not divide evenly among the threads.
  const { probes } = await probedRun({ batch: 'full', steps: 1, threads: 3, probe: 1 });
  const { layers } = probes[0];
  for (const [layer, layerDy] of dys.entries())
    expect(layers[layer].rmsDy, `layer ${layer}`).toBeCloseTo(rootMeanSquare(layerDy), 13);
  const gradients = layers.flatMap(({ tensors }) => tensors);
  expect(gradients.map(({ name }) => name)).toEqual(['W', 'b', 'W', 'b', 'W', 'b']);
  for (const [k, sum] of sums.entries()) {
    expect(gradients[k].rmsGradient, `tensor ${k}`).toBeCloseTo(rootMeanSquare([...sum].map((g) => g / 70)), 13);
    expect(gradients[k].rms).toBeCloseTo(rootMeanSquare([...[W1, b1, W2, b2, W3, b3][k]]), 13);
  }
});

test('the gradient of a tensor is reported before clipping', async () => {
  const options = { batch: 'full', steps: 1, threads: 2, probe: 1 } as const;
  const [free, clipped] = await Promise.all([probedRun(options), probedRun({ ...options, clipNorm: 1e-3 })]);
  const gradients = ({ probes }: typeof free) =>
    probes[0].layers.flatMap(({ tensors }) => tensors.map(({ rmsGradient }) => rmsGradient));
  for (const [k, rms] of gradients(clipped).entries()) expect(rms / gradients(free)[k]).toBeCloseTo(1, 12);
});

test('a unit that is off in every row is dead', async () => {
  const dying = sequential(
    6,
    dense(4, { biasInit: { kind: 'constant', value: -1000 } }),
    { kind: 'activation', fn: 'relu' },
    dense(3),
  );
  const run = train(dying, { train: dataset }, { steps: 1, probe: 1, threads: 2, pool, backend: 'reference' });
  for await (const event of run) {
    if (event.type === 'probe')
      expect(event.layers[1]).toMatchObject({ mean: 0, std: 0, flat: 1, dead: 1, rmsDy: expect.any(Number) });
    if (event.type === 'probe') expect(event.layers[0].rmsDy).toBe(0);
  }
});

describe('of layers inside of others', () => {
  const paths = ['0', '1.0', '1.1', '1.2.0', '1.2.1', '1.2', '1.3', '1', '2'];

  test('statistics match their definitions, and gradients match differences of the outputs', async () => {
    const { parameterCount } = buildNetwork(nested);
    const theta = Float64Array.from({ length: parameterCount }, (_, p) => Math.sin(1 + p * p) / 2);
    const { probes } = await probedRun({ batch: 'full', steps: 1, threads: 2, probe: 1, parameters: theta }, nested);
    const { layers } = probes[0];
    expect(layers.map(({ path }) => path)).toEqual(paths);
    const rows = Array.from({ length: 70 }, (_, n) => [...dataset.inputs.array.subarray(n * 6, (n + 1) * 6)]);
    for (const { path, mean: meanOfY, std, rmsDy, flat } of layers) {
      const y: number[] = [];
      const dy: number[] = [];
      const slopes: number[] = [];
      for (const [n, row] of rows.entries()) {
        const outputs = evaluate(nested.layers, row, theta);
        y.push(...(outputs.get(path) ?? []));
        slopes.push(...slopesAt(path, outputs));
        for (const unit of (outputs.get(path) ?? []).keys()) {
          const loss = (by: number): number => {
            const [a, b, c] = evaluate(nested.layers, row, theta, { path, unit, by }).get('2') ?? [];
            return Math.log(Math.exp(a) + Math.exp(b) + Math.exp(c)) - [a, b, c][dataset.targets.array[n]];
          };
          dy.push(numericDerivative(loss, 0));
        }
      }
      expect(meanOfY).toBeCloseTo(mean(y), 12);
      expect(std).toBeCloseTo(spread(y), 12);
      expect(Number(rmsDy) / Math.sqrt(mean(dy.map((d) => d * d)))).toBeCloseTo(1, 9);
      expect(flat).toBe(slopes.length === 0 ? null : slopes.filter((slope) => slope < 0.01).length / slopes.length);
    }
  });

  test('tensors belong to the innermost layer', async () => {
    const { probes } = await probedRun({ batch: 'full', steps: 1, threads: 2, probe: 1 }, nested);
    const { layers, gradientNorm } = probes[0];
    const names = layers.flatMap(({ path, tensors }) => tensors.map(({ name, length }) => `${path} ${name} ${length}`));
    expect(names).toEqual([
      '0 W 30',
      '0 b 5',
      '1.1 gamma 5',
      '1.1 beta 5',
      '1.2.1 W 25',
      '1.2.1 b 5',
      '2 W 15',
      '2 b 3',
    ]);
    const squares = layers.flatMap(({ tensors }) => tensors.map((tensor) => tensor.length * tensor.rmsGradient ** 2));
    expect(Math.sqrt(squares.reduce((sum, square) => sum + square))).toBeCloseTo(gradientNorm, 12);
  });

  test('no gradient is reported below the first layer that learns, even inside a layer that does', async () => {
    const { probes } = await probedRun(
      { steps: 1, threads: 2, probe: 1 },
      sequential(6, residual(tanh()), residual(tanh(), dense(6)), dense(3)),
    );
    const hasGradient = probes[0].layers.map(({ path, rmsDy }) => [path, rmsDy !== null && rmsDy > 0]);
    expect(Object.fromEntries(hasGradient)).toEqual({
      0: false,
      '0.0': false,
      1: true,
      '1.0': false,
      '1.1': true,
      2: true,
    });
  });
});

interface Nudge {
  readonly path: string;
  readonly unit: number;
  readonly by: number;
}

/** What each layer puts out for one row, by its path, as its equation has it; `nudge` moves one of these numbers. */
function evaluate(layers: readonly LayerSpec[], row: readonly number[], theta: Float64Array, nudge?: Nudge) {
  const outputs = new Map<string, number[]>();
  let next = 0;
  const take = (n: number) => {
    next += n;
    return theta.subarray(next - n, next);
  };
  const stack = (innerLayers: readonly LayerSpec[], input: readonly number[], above: string): number[] =>
    innerLayers.reduce<number[]>(
      (x, layer, l) => {
        const path = `${above}${l}`;
        const y = output(layer, x, `${path}.`);
        if (nudge?.path === path) y[nudge.unit] += nudge.by;
        outputs.set(path, y);
        return y;
      },
      [...input],
    );
  const output = (layer: LayerSpec, x: readonly number[], inside: string): number[] => {
    if (layer.kind === 'dense') {
      const W = take(x.length * layer.out);
      const b = take(layer.out);
      return Array.from(b, (start, o) => x.reduce((sum, value, i) => sum + value * W[i * layer.out + o], start));
    }
    if (layer.kind === 'layer-norm') {
      const gamma = take(x.length);
      const beta = take(x.length);
      const deviation = Math.sqrt(spread(x) ** 2 + 1e-5);
      return x.map((value, j) => (gamma[j] * (value - mean(x))) / deviation + beta[j]);
    }
    if (layer.kind === 'activation') return x.map((z) => activations[layer.fn].apply(math, z, 0));
    if (layer.kind !== 'residual') throw new Error(`no equation for ${layer.kind}`);
    const f = stack(layer.layers, x, inside);
    return x.map((value, j) => value + f[j]);
  };
  stack(layers, row, '');
  return outputs;
}

/** |f′| over its largest at the inputs of the activation at `path`; none for other layers. */
function slopesAt(path: string, outputs: ReadonlyMap<string, readonly number[]>): number[] {
  const [before, fn] = { '1.0': ['0', 'gelu'], '1.2.0': ['1.1', 'tanh'], '1.3': ['1.2', 'sigmoid'] }[path] ?? [];
  if (fn === undefined) return [];
  const f = activations[fn as 'gelu' | 'tanh' | 'sigmoid'];
  return (outputs.get(before) ?? []).map((z) => Math.abs(f.derivative(math, z, f.apply(math, z))) / f.maxSlope);
}

test.each([0, -1, 1.5, [-1], [0.5], 'all'])('a probe of %o is refused', async (probe) => {
  await expect(train(spec, { train: dataset }, { probe: probe as number })).rejects.toThrow('train: probe has');
});

/** x · W + b of one row. */
const affine = (x: readonly number[], W: Float64Array, b: Float64Array): number[] =>
  Array.from(b, (start, o) => x.reduce((sum, value, i) => sum + value * W[i * b.length + o], start));
/** dy · Wᵀ of one row. */
const transposed = (dy: readonly number[], W: Float64Array, inputs: number): number[] =>
  Array.from({ length: inputs }, (_, i) => dy.reduce((sum, d, o) => sum + d * W[i * dy.length + o], 0));
const rootMeanSquare = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => value * value)));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

import { join } from 'node:path';
import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  type LayerSpec,
  type LossSpec,
  type NetworkSpec,
  referenceKernels,
} from '@gradloom/core';
import { headTasks } from '@gradloom/core/internal';
import { createModel, exportModel, importModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { everyLayer, inputsFor, leftOut, weightsFor } from '../../../support/every-layer.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const cases = Object.values(everyLayer).map((network, at) => {
  folder.write(`${at}/empty`, '');
  const home = join(folder.path, String(at));
  const files = ['safetensors', 'npz', 'json'].map((ending) => join(home, `model.${ending}`));
  return { network, x: inputsFor(network, 12), folder: home, files };
});

/** The largest difference, in units of 1 + |expected|. */
function distance(actual: readonly (readonly number[])[], expected: readonly (readonly number[])[]): number {
  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  const errors = actual.flatMap((row, n) =>
    row.map((value, o) => Math.abs(value - expected[n][o]) / (1 + Math.abs(expected[n][o]))),
  );
  expect(errors.every(Number.isFinite)).toBe(true);
  return Math.max(...errors);
}

test('every kind of layer and every activation is in one of the networks', () => {
  expect(leftOut()).toEqual([]);
});

describe('with PyTorch', needs('torch'), () => {
  const numbered = Object.keys(everyLayer).map((name, at) => [name, at] as const);
  let written: Record<string, number[][]>[] = [];
  let read: number[][][][] = [];

  beforeAll(async () => {
    const list = folder.write('cases.json', JSON.stringify(cases));
    for (const { network, files } of cases) {
      for (const file of files) await exportModel(file, { spec: network, parameters: weightsFor(network) });
    }
    // Importing PyTorch takes seconds: once each.
    written = python('write_weights.py', list) as typeof written;
    read = python('read_weights.py', list) as typeof read;
  }, 240_000);

  test.each(numbered)('%s: weights that PyTorch wrote predict what it predicts', async (_name, at) => {
    const { network, x, folder: home } = cases[at];
    const endings = (dtype: string): string[] =>
      dtype === 'bfloat16' ? ['.safetensors'] : ['.safetensors', '.npz', '-deflated.npz', '-columns.npz'];
    for (const [dtype, expected] of Object.entries(written[at])) {
      for (const ending of endings(dtype)) {
        const model = await importModel(join(home, `${dtype}${ending}`), { spec: network });
        expect(distance(model.outputs(x), expected), `${dtype}${ending}`).toBeLessThan(1e-12);
      }
    }
  });

  test.each(numbered)('%s: PyTorch predicts the same with weights that were exported', (_name, at) => {
    const { network, x, files } = cases[at];
    const model = createModel({ spec: network, parameters: weightsFor(network) });
    for (const [f, answer] of read[at].entries()) {
      expect(distance(answer, model.outputs(x)), files[f]).toBeLessThan(1e-12);
    }
  });

  test('steps of Adam from the same weights come to the same weights, running statistics included', {
    timeout: 240_000,
  }, async () => {
    const calm = cases.flatMap((one, at) =>
      JSON.stringify(one.network).includes('"gaussian"') ? [] : [{ ...one, at }],
    );
    const steps = calm.map(({ network, x: rows, folder: home, files, at }) => {
      const x = rows.slice(0, 6);
      const random = createRandom(6, 'targets');
      const built = buildNetwork(network);
      const heads = headTasks(built, createLoss(lossFor(network)));
      const t = x.map(() => {
        if (heads === null) return Array.from({ length: built.outputs }, () => random.normal());
        return heads.flatMap(({ size, targetColumns, loss: { targets } }) =>
          Array.from({ length: targetColumns }, () =>
            targets === 'classes' ? random.integer(size / targetColumns) : random.normal(),
          ),
        );
      });
      const others = heads === null ? {} : { heads: heads.map((head) => ({ ...head, loss: head.loss.name })) };
      const path = join(home, 'trained.safetensors');
      const name = numbered[at][0];
      const lengths = partLengths(network, x.length);
      return { name, network: withoutDropout(network), x, t, lengths, ...others, weights: files[0], path };
    });
    python('adam_steps.py', folder.write('steps.json', JSON.stringify({ ...adam, steps: STEPS, cases: steps })));
    for (const { name, network: spec, x, t, lengths, path } of steps) {
      const { parameters, step } = createTrainStep({
        network: buildNetwork(spec),
        loss: createLoss(lossFor(spec)),
        optimizer: createOptimizer({ kind: 'adam', ...adam }),
        kernels: referenceKernels,
        batch: x.length,
        seed: 1,
      });
      parameters.set(weightsFor(spec));
      const rows = [Float64Array.from(x.flat()), Float64Array.from(t.flat()), x.length] as const;
      const padding = lengths === null ? undefined : Float64Array.from(lengths.flat());
      for (let k = 0; k < STEPS; k++) step(...rows, adam.lr, undefined, padding);
      const { parameters: expected } = await importModel(path, { spec });
      expect(distance([[...parameters]], [[...expected]]), name).toBeLessThan(1e-11);
    }
  });
});

/** The loss of a network: of several outputs one of each kind. */
function lossFor({ layers }: NetworkSpec): LossSpec {
  const last = layers[layers.length - 1];
  if (last.kind !== 'heads') return 'mse';
  const kinds = [
    { kind: 'softmax-cross-entropy' },
    { kind: 'mse', weight: 0.3 },
    { kind: 'output', weight: 2 },
  ] as const;
  return Object.fromEntries(last.names.map((name, k) => [name, kinds[k % kinds.length]]));
}

const STEPS = 10;

/** A length for each text of rows that have several; null for others. */
function partLengths(spec: NetworkSpec, rows: number): number[][] | null {
  const { parts } = buildNetwork(spec).lengths;
  if (parts.length === 1 || spec.layers.every(({ kind }) => kind !== 'embedding')) return null;
  return Array.from({ length: rows }, (_, n) => parts.map(({ positions }, k) => 1 + ((3 * n + k) % (positions ?? 1))));
}

/** The gradient of a bias in front of a batch norm is 0 but for rounding: an ε above that keeps its step 0, too. */
const adam = { lr: 0.01, epsilon: 1e-3 };

/** The network with every rate 0, since PyTorch draws other masks. */
const withoutDropout = ({ input, layers }: NetworkSpec): NetworkSpec => ({
  input,
  layers: layers.map((layer): LayerSpec => ('rate' in layer ? { ...layer, rate: 0 } : layer)),
});

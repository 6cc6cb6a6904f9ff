import { join } from 'node:path';
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
});

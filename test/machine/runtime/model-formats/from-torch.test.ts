import { join } from 'node:path';
import { buildNetwork, createLoss, createOptimizer, createTrainStep, referenceKernels } from '@gradloom/core';
import { createModel, exportModel, type ImportComparison, importModel, type Model } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AxisLayout } from '../../../../packages/runtime/src/models/formats/onnx/axis-layout.ts';
import { rowsOfInputs } from '../../../../packages/runtime/src/models/formats/onnx/read/graph-rows.ts';
import { tensorOf } from '../../../../packages/runtime/src/models/formats/onnx/read/tensor.ts';
import { needs } from '../../../support/needs.ts';
import { python } from '../../../support/python.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** What PyTorch says of a model: rows in its order of axes, answers, and answers after the steps. */
interface Said {
  readonly x: number[][];
  readonly y: number[][];
  readonly targets: number[][];
  readonly trained: number[][];
}

const shapes = { mlp: [6], convnet: [3, 10, 8] } as const;

/** Rows of PyTorch in the order of the model's input. */
function rowsFor(model: Model, name: keyof typeof shapes, x: readonly number[][]): Float64Array {
  const { inputs } = model.metadata.onnx as unknown as { inputs: AxisLayout[] };
  const numbers = x.flat();
  return rowsOfInputs(inputs, [tensorOf('float', [x.length, ...shapes[name]], (to) => to.set(numbers))]);
}

function distance(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const differences = expected.map((value, n) => Math.abs(actual[n] - value) / Math.max(1, Math.abs(value)));
  expect(differences.every(Number.isFinite)).toBe(true);
  return Math.max(...differences);
}

describe('a model that PyTorch exported', needs('torch'), () => {
  let said: { lr: number; steps: number; models: Record<keyof typeof shapes, Said> };
  let models: Record<string, Model>;
  const comparisons: ImportComparison[] = [];

  beforeAll(async () => {
    folder.write('empty', '');
    said = python('export_onnx.py', folder.path) as typeof said;
    const load = async (name: string) => {
      const path = join(folder.path, `${name}.onnx`);
      return [name, await importModel(path, { onCompare: (one) => comparisons.push(one) })] as const;
    };
    models = Object.fromEntries(await Promise.all(Object.keys(shapes).map(load)));
  }, 120_000);

  const names = Object.keys(shapes) as (keyof typeof shapes)[];

  test.each(names)('%s answers what it answers there', (name) => {
    const { x, y } = said.models[name];
    expect(distance(models[name].outputs(rowsFor(models[name], name, x)), y.flat())).toBeLessThan(1e-5);
    expect(comparisons.every(({ difference }) => difference < 1e-5)).toBe(true);
  });

  test.each(names)('%s learns what it learns there: after steps of SGD it answers the same', (name) => {
    const { x, y, targets, trained } = said.models[name];
    const { spec, parameters: start } = models[name];
    const rows = rowsFor(models[name], name, x);
    const { parameters, step } = createTrainStep({
      network: buildNetwork(spec),
      loss: createLoss('mse'),
      optimizer: createOptimizer({ kind: 'sgd', lr: said.lr }),
      kernels: referenceKernels,
      batch: x.length,
      seed: 1,
    });
    parameters.set(start);
    for (let k = 0; k < said.steps; k++) step(rows, Float64Array.from(targets.flat()), x.length, said.lr);
    const answers = createModel({ spec, parameters: Float64Array.from(parameters) }).outputs(rows);
    expect(distance(answers, trained.flat())).toBeLessThan(1e-5);
    expect(distance(answers, y.flat())).toBeGreaterThan(0.01);
  });

  test.each(names)('%s exported again answers the same in onnxruntime', needs('onnxruntime'), async (name) => {
    const { x, y } = said.models[name];
    const path = join(folder.path, `${name}-again.onnx`);
    await exportModel(path, models[name]);
    const inputs = { x: { dims: [x.length, ...shapes[name]], numbers: x.flat() } };
    const list = folder.write(`${name}.json`, JSON.stringify([{ path, inputs }]));
    const [{ error, outputs }] = python('run_onnx.py', list) as { error?: string; outputs: { y: string[] } }[];
    expect(error).toBeUndefined();
    expect(distance(outputs.y.map(Number), y.flat())).toBeLessThan(1e-5);
  });
});

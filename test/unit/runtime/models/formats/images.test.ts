import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import { conv2d, conv2dTranspose, exportModel, sequential } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { createGraph } from '../../../../../packages/runtime/src/models/formats/onnx/graph.ts';
import { emitNetwork } from '../../../../../packages/runtime/src/models/formats/onnx/layers.ts';
import { everyLayer, weightsFor } from '../../../../support/every-layer.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** A tensor of a file. */
interface Written {
  readonly shape: number[];
  readonly values: number[];
}

/** Exports weights that are their own index, so that a file shows where each one went. */
async function exported(spec: NetworkSpec): Promise<Record<string, Written>> {
  const path = join(folder.path, 'model.json');
  const parameters = Float64Array.from({ length: buildNetwork(spec).parameterCount }, (_, p) => p);
  await exportModel(path, { spec, parameters });
  return JSON.parse(readFileSync(path, 'utf8')).tensors;
}

/** Calls `each` with every index of a tensor, in its order; returns what it makes of them. */
const over = (shape: readonly number[], each: (...at: number[]) => number, ...at: number[]): number[] =>
  at.length === shape.length
    ? [each(...at)]
    : Array.from({ length: shape[at.length] }, (_, i) => over(shape, each, ...at, i)).flat();

const input = [2, 3, 4];
const [, V, C] = input;
const flat = (c: number, h: number, w: number): number => (h * V + w) * C + c;

test('windows have the axes of PyTorch: outputs, inputs, height, width', async () => {
  const { '0.weight': W } = await exported(sequential([5, 5, 4], conv2d(6, [2, 3], { groups: 2 })));
  expect(W).toEqual({ shape: [6, 2, 2, 3], values: over([6, 2, 2, 3], (o, c, y, x) => ((y * 3 + x) * 2 + c) * 6 + o) });
  const { '0.weight': text } = await exported({ input: [5, 4], layers: [{ kind: 'conv1d', out: 6, kernel: 3 }] });
  expect(text).toEqual({ shape: [6, 4, 3], values: over([6, 4, 3], (o, c, k) => (k * 4 + c) * 6 + o) });
  const { '0.weight': back } = await exported(sequential([5, 5, 4], conv2dTranspose(6, [2, 3])));
  // nn.ConvTranspose2d has [inputs, outputs, height, width].
  expect(back).toEqual({
    shape: [4, 6, 2, 3],
    values: over([4, 6, 2, 3], (c, o, y, x) => ((y * 3 + x) * 6 + o) * 4 + c),
  });
});

const dense: LayerSpec = { kind: 'dense', out: 5 };

test('flattened images have their channels first: in norms, and in the rows of the next product', async () => {
  const spec: NetworkSpec = {
    input,
    layers: [{ kind: 'flatten' }, { kind: 'layer-norm' }, dense, { kind: 'dense', out: 2 }],
  };
  const { '1.weight': gamma, '1.bias': beta, '2.weight': W, '3.weight': next } = await exported(spec);
  expect(gamma).toEqual({ shape: [24], values: over([C, 2, V], flat) });
  expect(beta.values).toEqual(over([C, 2, V], (...at) => 24 + flat(...(at as [number, number, number]))));
  expect(W).toEqual({ shape: [5, 24], values: over([5, C, 2, V], (o, c, h, w) => 48 + flat(c, h, w) * 5 + o) });
  expect(next.values).toEqual(over([2, 5], (o, i) => 48 + 24 * 5 + 5 + i * 2 + o));
});

test('units that are added to a flattened image have their channels first, too', async () => {
  const units: LayerSpec = { kind: 'dense', out: 24 };
  const sum: LayerSpec = { kind: 'residual', layers: [units], shortcut: [units] };
  const block: LayerSpec = { kind: 'residual', layers: [dense, sum] };
  const file = await exported({ input, layers: [{ kind: 'flatten' }, block] });
  for (const [name, first] of [
    ['1.layers.1.layers.0', 24 * 5 + 5],
    ['1.layers.1.shortcut.0', 24 * 5 + 5 + 6 * 24],
  ] as const) {
    expect(file[`${name}.weight`].values).toEqual(over([C, 2, V, 5], (c, h, w, i) => first + i * 24 + flat(c, h, w)));
    expect(file[`${name}.bias`].values).toEqual(over([C, 2, V], (c, h, w) => first + 5 * 24 + flat(c, h, w)));
  }
});

test.each([
  ['one position', [1, 1, 6]],
  ['one channel', [2, 3, 1]],
  ['a row of numbers', 6],
])('an image of %s stays as it is', async (_what, shape) => {
  const { '1.weight': W } = await exported({ input: shape, layers: [{ kind: 'flatten' }, dense] });
  expect(W.values).toEqual(over([5, 6], (o, i) => i * 5 + o));
});

test('vectors of an embedding stay as they are, since PyTorch has them last', async () => {
  const layers: LayerSpec[] = [{ kind: 'embedding', vocabulary: 3, width: 2 }, { kind: 'flatten' }, dense];
  const { '2.weight': W } = await exported({ input: 3, layers });
  expect(W.values).toEqual(over([5, 6], (o, i) => 6 + i * 5 + o));
});

test('images of two shapes that are flattened and added are refused', async () => {
  const branch = (kernel: number[]): LayerSpec[] => [
    { kind: 'max-pool', size: kernel, stride: 1 },
    { kind: 'flatten' },
  ];
  const block: LayerSpec = { kind: 'residual', layers: branch([1, 2]), shortcut: branch([2, 1]) };
  await expect(exported({ input: [2, 2, 4], layers: [block] })).rejects.toThrow(
    'adds flattened images of the shapes [2, 1, 4] and [1, 2, 4], expected one shape, since PyTorch flattens',
  );
});

const strided: LayerSpec = { kind: 'conv2d', out: 2, kernel: 1, stride: 2 };

test.each<[string, NetworkSpec, number]>([
  ['LeNet-5', everyLayer['LeNet-5'], 1],
  [
    'a block that reads its input twice',
    { input, layers: [{ kind: 'residual', layers: [strided], shortcut: [strided] }] },
    2,
  ],
  // Numbers that are added to a flattened image keep the order that they have here.
  ['a convnet', everyLayer['a convnet'], 2],
  ['residual blocks of an image', everyLayer['residual blocks of an image'], 1],
  // Its dense layers and its output have channels last.
  ['a decoder', everyLayer['a decoder'], 4],
])('%s in ONNX moves channels as often as it must', (_name, spec, times) => {
  const graph = createGraph().withType('float');
  emitNetwork(graph, buildNetwork(spec), Float32Array.from(weightsFor(spec)), 'x', ['lengths']);
  const { node = [] } = graph.finish();
  expect(node.filter(({ opType }) => opType === 'Transpose').length).toBe(times);
  expect(node.filter(({ opType }) => opType?.startsWith('Conv')).length).toBeGreaterThan(1);
});

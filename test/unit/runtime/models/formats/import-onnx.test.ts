import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildNetwork, createRandom } from '@gradloom/core';
import {
  avgPool,
  conv1d,
  conv2d,
  createModel,
  datasetFromRows,
  dense,
  exportModel,
  flatten,
  type ImportComparison,
  importModel,
  maxPool,
  type NetworkSpec,
  relu,
  sequential,
  sigmoid,
  softmax,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { elementTypes } from '../../../../../packages/runtime/src/models/formats/onnx/schema.ts';
import { counted } from '../../../../support/count.ts';
import { inputsFor, weightsFor } from '../../../../support/every-layer.ts';
import { messageOf } from '../../../../support/message-of.ts';
import { type GraphOfTest, type Node, onnxBytes, writeOnnxFile } from '../../../../support/onnx-file.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(49, 'onnx');
const normals = (...dims: number[]): [number[], number[]] => [
  dims,
  Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal()),
];

/** A convnet as PyTorch exports it: channels first, rows free, a flatten by arithmetic of shapes. */
const convnet: GraphOfTest = {
  inputs: { picture: ['batch', 3, 6, 8] },
  outputs: ['logits'],
  nodes: [
    ['Conv', ['picture', 'conv.weight', 'conv.bias'], ['a'], { pads: [1, 0, 1, 0], kernel_shape: [3, 3] }],
    ['BatchNormalization', ['a', 'norm.weight', 'norm.bias', 'mean', 'variance'], ['b']],
    ['Relu', ['b'], ['c']],
    ['MaxPool', ['c'], ['d'], { kernel_shape: [2, 2], strides: [2, 2] }],
    ['AveragePool', ['d'], ['e'], { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }],
    ['Concat', ['d', 'e'], ['f'], { axis: 1 }],
    ['Shape', ['f'], ['shape']],
    ['Gather', ['shape', 'zero'], ['rows'], { axis: 0 }],
    ['Concat', ['rows', 'rest'], ['target'], { axis: 0 }],
    ['Reshape', ['f', 'target'], ['flat']],
    ['Gemm', ['flat', 'fc.weight', 'fc.bias'], ['logits'], { transB: 1 }],
  ],
  weights: {
    'conv.weight': normals(4, 3, 3, 3),
    'conv.bias': normals(4),
    'norm.weight': normals(4),
    'norm.bias': normals(4),
    mean: normals(4),
    variance: [[4], [1, 2, 0.5, 0.1]],
    'fc.weight': normals(5, 8 * 3 * 3),
    'fc.bias': normals(5),
    zero: [0],
    rest: [-1],
  },
};

async function imported(name: string, graph: GraphOfTest, options = {}) {
  const path = join(folder.path, `${name}.onnx`);
  writeOnnxFile(path, graph);
  const comparisons: ImportComparison[] = [];
  const model = await importModel(path, { ...options, onCompare: (comparison) => comparisons.push(comparison) });
  return { path, model, difference: comparisons[0].difference };
}

const kindsOf = ({ layers }: NetworkSpec): string[] => layers.map(({ kind }) => kind);

describe('a convnet of PyTorch', () => {
  test('has the layers and names of its modules, channels last, without a transposition', async () => {
    const { model, difference } = await imported('convnet', convnet);
    expect(difference).toBeLessThan(1e-5);
    expect(difference).toBeGreaterThan(0); // layers round in another order than operators: the comparison sees it
    expect(model.spec.input).toEqual([6, 8, 3]);
    // Zeros around an image do not count in the means of the graph.
    const layers = ['conv2d', 'batch-norm', 'activation', 'max-pool', 'avg-pool', 'parameter', 'times', 'concat'];
    expect(kindsOf(model.spec)).toEqual([...layers, 'reshape', 'dense']);
    expect(Object.keys(model.weights)).toEqual(expect.arrayContaining(['conv.W', 'conv.b', 'norm.gamma', 'fc.W']));
  });

  test('trains, to the same bits on one thread and on three', async () => {
    const { model } = await imported('convnet', convnet);
    const rows = inputsFor(model.spec, 30);
    const dataset = datasetFromRows({ inputs: rows, targets: Array.from({ length: 30 }, (_, n) => `class ${n % 5}`) });
    const options = { steps: 40, batch: 10, optimizer: { kind: 'adam', lr: 0.01 }, precision: 'float32' } as const;
    const runs = await Promise.all(
      [1, 3].map((threads) => train(model.spec, { train: dataset }, { ...options, threads })),
    );
    expect(runs[0].fingerprint).toBe(runs[1].fingerprint);
    const classes = createModel(runs[0]).classify(rows);
    expect(classes.filter((label, n) => label === n % 5).length).toBeGreaterThan(20);
  });

  test('is exported again with the names and the order of its inputs and outputs', async () => {
    const { model } = await imported('convnet', convnet);
    const path = join(folder.path, 'again.onnx');
    await exportModel(path, model);
    const again = await importModel(path);
    expect(again.metadata.onnx).toEqual(model.metadata.onnx);
    expect(again.metadata.onnx).toMatchObject({
      inputs: [{ name: 'picture', axes: ['N', 2, 0, 1], shape: [6, 8, 3] }],
    });
    const rows = inputsFor(model.spec, 7);
    // Batch-norm is exported in pieces, which round in another order.
    const [answers, before] = [again, model].map((one) => one.outputs(rows).flat());
    for (const [n, answer] of answers.entries()) expect(answer / before[n]).toBeCloseTo(1, 4);
    await exportModel(path, again);
    expect((await importModel(path)).outputs(rows)).toEqual(again.outputs(rows));
  });
});

const own: Record<string, NetworkSpec> = {
  layers: sequential(5, dense(7), relu(), dense(6, { bias: false }), tanh(), dense(3), softmax()),
  images: sequential(
    [8, 9, 2],
    conv2d(4, 3, { padding: 'same' }),
    relu(),
    maxPool(2),
    conv2d(6, [2, 3], { groups: 2, dilation: [1, 1] }),
    sigmoid(),
    avgPool(2, { stride: 1 }),
    flatten(),
    dense(4),
  ),
  sequences: sequential([7, 3], conv1d(5, 3), relu(), maxPool(2), dense(4), flatten(), dense(2)),
};

test.each(Object.entries(own))(
  '%s of a file of exportModel are imported with the same bits, in float32',
  async (name, spec) => {
    const model = createModel({ spec, parameters: Float32Array.from(weightsFor(spec)) });
    const path = join(folder.path, `own-${name}.onnx`);
    await exportModel(path, model);
    const comparisons: ImportComparison[] = [];
    const again = await importModel(path, { onCompare: (comparison) => comparisons.push(comparison) });
    const rows = inputsFor(spec, 9);
    expect(again.outputs(rows)).toEqual(model.outputs(rows));
    expect(buildNetwork(again.spec).input).toEqual(buildNetwork(spec).input);
    expect(comparisons[0].difference).toBeLessThan(1e-5);
  },
);

/** A graph of one matrix product, and what stands around it. */
const product = (changes: Partial<GraphOfTest>): GraphOfTest => ({
  inputs: { x: ['N', 3] },
  outputs: ['y'],
  nodes: [['MatMul', ['x', 'W'], ['y']]],
  weights: { W: normals(3, 2) },
  ...changes,
});

/** A branch that reads a value from around it. */
const negated: Omit<GraphOfTest, 'inputs'> = { outputs: ['minus'], nodes: [['Neg', ['x'], ['minus']]] };

test('of an If whose condition is a constant, such as an extent, one branch alone becomes layers', async () => {
  const inner: Omit<GraphOfTest, 'inputs'> = {
    outputs: ['product'],
    nodes: [
      ['Loop', ['x'], ['unused']],
      ['If', ['condition'], ['chosen'], { then_branch: negated, else_branch: { outputs: ['x'], nodes: [] } }],
      ['MatMul', ['chosen', 'W'], ['product']],
    ],
    weights: {
      W: [
        [3, 1],
        [1, 10, 100],
      ],
    },
  };
  const nodes: Node[] = [
    ['Shape', ['x'], ['shape']],
    ['Gather', ['shape', 'one'], ['extent'], { axis: 0 }],
    ['Cast', ['extent'], ['condition'], { to: elementTypes.bool }],
    ['If', ['condition'], ['y'], { then_branch: inner, else_branch: { outputs: ['z'], nodes: [['Loop', [], ['z']]] } }],
  ];
  const graph = product({ nodes, weights: { one: [1] } });
  const { model, difference } = await imported('branches', graph);
  expect(difference).toBe(0);
  expect(model.outputs([[1, 2, 3]])).toEqual([[-321]]);
  expect(Object.keys(model.weights)).toEqual(['W.W']);
});

test('a constant of several numbers is a weight that trains, one number is none', async () => {
  const nodes: Node[] = [
    ['Constant', [], ['gain'], { value_floats: [1, 2, 3] }],
    ['Constant', [], ['half'], { value_float: 0.5 }],
    ['Mul', ['x', 'gain'], ['scaled']],
    ['Mul', ['scaled', 'half'], ['y']],
  ];
  const { model } = await imported('constants', product({ nodes, weights: {} }));
  expect(model.outputs([[1, 1, 1]])).toEqual([[0.5, 1, 1.5]]);
  const parameters = model.spec.layers.filter(({ kind }) => kind === 'parameter');
  expect(parameters.map(({ name, freeze = false }) => [name, freeze])).toEqual([['gain', false]]);
});

test('adds values whose first axis is rows times the same number, split from two inputs', async () => {
  const { difference, model } = await imported('rows-and-parts', {
    inputs: { x: ['batch', 6], y: ['batch', 6] },
    outputs: ['z'],
    nodes: [
      ['Reshape', ['x', 'triples'], ['a']],
      ['MatMul', ['a', 'W'], ['b']],
      ['Reshape', ['y', 'triples'], ['c']],
      ['Add', ['b', 'c'], ['d']],
      ['Reshape', ['d', 'whole'], ['z']],
    ],
    weights: { W: normals(3, 3), triples: [-1, 3], whole: [-1, 6] },
  });
  expect(Object.keys(model.weights)).toEqual(['W.W']);
  expect(difference).toBeLessThan(1e-6);
});

test('a first axis of a fixed extent that the graph sums over is an axis of each row', async () => {
  const nodes: Node[] = [
    ['Mul', ['x', 'V'], ['z']],
    ['ReduceSum', ['z', 'first'], ['y'], { keepdims: 0 }],
  ];
  const V: [number[], number[]] = [
    [2, 3],
    [1, 2, 3, 10, 20, 30],
  ];
  const { model } = await imported('summed', product({ inputs: { x: [2, 3] }, nodes, weights: { V, first: [0] } }));
  expect(model.spec.input).toEqual([2, 3]);
  expect(model.outputs([[1, 1, 1, 2, 2, 2]])).toEqual([[21, 42, 63]]);
});

describe('a graph that cannot become a network is refused with one sentence', () => {
  const cases: Record<string, [GraphOfTest, string]> = {
    'an unknown operator': [
      product({
        nodes: [
          ['Relu', ['x'], ['a']],
          ['Loop', ['a'], ['y']],
        ],
      }),
      'has an unknown operator at node "/y" (Loop, 2 of 2), expected one of those in docs/export.md',
    ],
    'a sum over the rows': [
      product({
        nodes: [
          ['Transpose', ['x'], ['t'], { perm: [1, 0] }],
          ['MatMul', ['V', 't'], ['z']],
          ['Softmax', ['z'], ['y']],
        ],
        weights: { V: normals(4, 3) },
      }),
      'has a value that mixes the rows of a batch at node "/y" (Softmax, 3 of 3), expected rows that stay apart, in the first axis',
    ],
    'factors that do not fit': [
      product({ weights: { W: normals(4, 2) } }),
      'has factors of [N, 3] and [4, 2] at node "/y" (MatMul, 1 of 1), expected as many columns in the first as rows in the second',
    ],
    'an index outside of its axis': [
      product({
        nodes: [
          ['Gather', ['x', 'index'], ['column'], { axis: 1 }],
          ['Neg', ['column'], ['y']],
        ],
        weights: { index: [3] },
      }),
      'has index 3 at node "/column" (Gather, 1 of 2), expected one from -3 to 2',
    ],
    'a branch that its inputs choose': [
      product({ nodes: [['If', ['x'], ['y'], { then_branch: negated, else_branch: negated }]] }),
      'has a condition that depends on its inputs at node "/y" (If, 1 of 1), expected a constant',
    ],
    'a free extent': [
      product({ inputs: { x: ['N', 'T'] } }),
      'has the free extent "T" in input "x", expected a size for it, such as sizes: { "T": 128 }',
    ],
    'a value of no node': [
      product({ nodes: [['Relu', ['z'], ['y']]] }),
      'has outputs that depend on no input, expected at least one that does',
    ],
    'sizes that would take all memory': [
      product({
        nodes: [
          ['ConstantOfShape', ['shape'], ['c']],
          ['Add', ['x', 'c'], ['y']],
        ],
        weights: { shape: [100000, 100000] },
      }),
      'has a tensor of 10000000000 numbers at node "/c" (ConstantOfShape, 1 of 2), expected at most 1073741824',
    ],
    'numbers that are missing': [
      product({ weights: {}, tensors: [{ name: 'W', dataType: 1, dims: [3n, 2n], rawData: new Uint8Array(23) }] }),
      'has 23 bytes for the initializer "W" of [3, 2], expected 24',
    ],
  };

  test.each(Object.entries(cases))('%s', async (name, [graph, expected]) => {
    const path = join(folder.path, `${name.replaceAll(' ', '-')}.onnx`);
    writeOnnxFile(path, graph);
    expect(await messageOf(importModel(path))).toBe(`importModel: ${path} ${expected}`);
  });
});

test('a free extent has the size that is given, and its answers are those of the operators', async () => {
  const { model, difference } = await imported('sized', product({ inputs: { x: ['N', 'T', 3] } }), { sizes: { T: 5 } });
  expect(model.spec.input).toEqual([5, 3]);
  expect(difference).toBeLessThan(1e-6);
});

describe('weights in another file', () => {
  const external = (location: string, offset = 0): GraphOfTest => {
    const externalData = [
      { key: 'location', value: location },
      { key: 'offset', value: String(offset) },
    ];
    return product({
      weights: {},
      tensors: [{ name: 'W', dataType: 1, dims: [3n, 2n], dataLocation: 1, externalData }],
    });
  };
  const outside = join(folder.path, 'outside.bin');
  writeFileSync(outside, new Uint8Array(32));
  const inside = join(folder.path, 'inside');
  mkdirSync(inside);
  writeFileSync(join(inside, 'weights.bin'), new Uint8Array(Float32Array.of(9, 1, 2, 3, 4, 5, 6).buffer));
  symlinkSync(outside, join(inside, 'link.bin'));

  test('are read from beside the model', async () => {
    const path = join(inside, 'model.onnx');
    writeOnnxFile(path, external('weights.bin', 4));
    const model = await importModel(path);
    expect(model.outputs([[1, 10, 100]])).toEqual([[531, 642]]);
  });

  test.each([
    ['../outside.bin', 0, 'a file in the folder of the model'],
    [outside, 0, 'a file in the folder of the model'],
    ['link.bin', 0, '24 bytes there: a link that leads out of the folder'],
    ['weights.bin', 8, '24 bytes there: only 28 bytes'],
    ['weights.bin', -4, 'an offset of at least 0'],
  ])('are refused in %s from byte %d on', async (location, offset, expected) => {
    const path = join(inside, 'refused.onnx');
    writeOnnxFile(path, external(location, offset));
    expect(await messageOf(importModel(path))).toBe(
      `importModel: ${path} has the initializer "W" in "${location}" from byte ${offset} on, expected ${expected}`,
    );
  });
});

test('a damaged file is a model or one sentence', async () => {
  const bytes = onnxBytes(convnet);
  const path = join(folder.path, 'damaged.onnx');
  for (let n = 0; n < counted(100, 10_000); n++) {
    const damaged = bytes.slice(0, random.integer(4) === 0 ? random.integer(bytes.length) : bytes.length);
    // The graph stands before the weights and after them.
    for (let k = random.integer(4); k >= 0 && damaged.length > 0; k--) {
      const at =
        random.integer(2) === 0 ? random.integer(Math.min(700, damaged.length)) : random.integer(damaged.length);
      damaged[at] = random.integer(256);
    }
    writeFileSync(path, damaged);
    const outcome = await importModel(path).then(
      () => '',
      (error: Error) => error.message,
    );
    if (outcome !== '') expect(outcome).toMatch(/^importModel: [^\n]* (has|is) [^\n]*, expected [^\n]*$/);
  }
});

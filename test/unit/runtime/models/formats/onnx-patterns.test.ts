import { join } from 'node:path';
import { createRandom } from '@gradloom/core';
import { exportModel, type ImportComparison, importModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { type GraphOfTest, type Node, writeOnnxFile } from '../../../../support/onnx-file.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(50, 'patterns');
const normals = (...dims: number[]): [number[], number[]] => [
  dims,
  Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal()),
];
const number = (value: number): [number[], number[]] => [[], [value]];

const numbers = {
  half: number(0.5),
  one: number(1),
  two: number(2),
  three: number(3),
  root2: number(1.4142135381698608),
  inverse: number(Math.SQRT1_2),
  tanh1: number(0.7978845834732056),
  tanh3: number(0.044714998453855515),
  epsilon: number(1e-5),
};

/** A graph of x [N, 5, 6] whose last node makes y. */
const graphOf = (
  nodes: readonly Node[],
  weights: GraphOfTest['weights'] = {},
  outputs: readonly string[] = ['y'],
): GraphOfTest => ({ inputs: { x: ['batch', 5, 6] }, outputs, nodes, weights: { ...numbers, ...weights } });

const vectors = { 'norm.weight': normals(6), 'norm.bias': normals(6) };

/** The nodes of a layer-norm as PyTorch writes them. */
const layerNorm = (axis = -1, keepdims = 1): Node[] => [
  ['ReduceMean', ['x'], ['mean'], { axes: [axis], keepdims }],
  ['Sub', ['x', 'mean'], ['centered']],
  ['Pow', ['centered', 'two'], ['square']],
  ['ReduceMean', ['square'], ['variance'], { axes: [axis] }],
  ['Add', ['variance', 'epsilon'], ['sum']],
  ['Sqrt', ['sum'], ['deviation']],
  ['Div', ['centered', 'deviation'], ['normal']],
  ['Mul', ['normal', 'norm.weight'], ['scaled']],
  ['Add', ['scaled', 'norm.bias'], ['y']],
];

const gelu: Node[] = [
  ['Div', ['x', 'root2'], ['a']],
  ['Erf', ['a'], ['b']],
  ['Add', ['b', 'one'], ['c']],
  ['Mul', ['x', 'c'], ['d']],
  ['Mul', ['d', 'half'], ['y']],
];

const tanhGelu: Node[] = [
  ['Pow', ['x', 'three'], ['a']],
  ['Mul', ['tanh3', 'a'], ['b']],
  ['Add', ['x', 'b'], ['c']],
  ['Mul', ['tanh1', 'c'], ['d']],
  ['Tanh', ['d'], ['e']],
  ['Add', ['one', 'e'], ['f']],
  ['Mul', ['half', 'x'], ['g']],
  ['Mul', ['g', 'f'], ['y']],
];

const silu: Node[] = [
  ['Sigmoid', ['x'], ['a']],
  ['Mul', ['x', 'a'], ['y']],
];

/** Replaces the node that makes a value. */
const replaced = (nodes: readonly Node[], value: string, ...others: Node[]): Node[] =>
  nodes.flatMap((node) => (node[2][0] === value ? others : [node]));

let count = 0;
async function imported(graph: GraphOfTest) {
  const path = join(folder.path, `${count++}.onnx`);
  writeOnnxFile(path, graph);
  const comparisons: ImportComparison[] = [];
  const model = await importModel(path, { onCompare: (comparison) => comparisons.push(comparison) });
  const kinds = model.spec.layers.map((layer) => (layer.kind === 'activation' ? layer.fn : layer.kind));
  return { path, model, kinds, difference: comparisons[0].difference };
}

const rms: Node[] = [
  ['Mul', ['x', 'x'], ['square']],
  ['ReduceMean', ['square'], ['mean'], { axes: [2] }],
  ['Add', ['epsilon', 'mean'], ['sum']],
  ['Sqrt', ['sum'], ['root']],
  ['Reciprocal', ['root'], ['inverse root']],
  ['Mul', ['x', 'inverse root'], ['normal']],
  ['Mul', ['norm.weight', 'normal'], ['y']],
];

const wholes: readonly (readonly [layer: string, of: string, graph: GraphOfTest])[] = [
  ['layer-norm', 'its pieces', graphOf(layerNorm(), vectors)],
  ['layer-norm', 'pieces over axis 2 of 3', graphOf(layerNorm(2), vectors)],
  [
    'layer-norm',
    'a product in place of a power',
    graphOf(replaced(layerNorm(), 'square', ['Mul', ['centered', 'centered'], ['square']]), vectors),
  ],
  [
    'layer-norm',
    'pieces without a bias',
    graphOf([...layerNorm().slice(0, -2), ['Mul', ['norm.weight', 'normal'], ['y']]], vectors),
  ],
  [
    'layer-norm',
    'pieces of which one is written twice',
    graphOf(
      replaced(layerNorm(), 'square', ['Sub', ['x', 'mean'], ['twin']], ['Pow', ['twin', 'two'], ['square']]),
      vectors,
    ),
  ],
  ['rms-norm', 'its pieces', graphOf(rms, vectors)],
  [
    'rms-norm',
    'pieces with 1 / √m',
    graphOf(replaced(rms, 'inverse root', ['Div', ['one', 'root'], ['inverse root']]), vectors),
  ],
  ['gelu', 'its pieces', graphOf(gelu)],
  [
    'gelu',
    'another order of products',
    graphOf([
      ['Mul', ['inverse', 'x'], ['a']],
      ['Erf', ['a'], ['b']],
      ['Add', ['one', 'b'], ['c']],
      ['Mul', ['half', 'c'], ['d']],
      ['Mul', ['d', 'x'], ['y']],
    ]),
  ],
  ['gelu-tanh', 'its pieces', graphOf(tanhGelu)],
  [
    'gelu-tanh',
    'products in place of a power',
    graphOf(replaced(tanhGelu, 'a', ['Mul', ['x', 'x'], ['a2']], ['Mul', ['a2', 'x'], ['a']])),
  ],
  ['silu', 'its pieces', graphOf(silu)],
  [
    'silu',
    'pieces with a factor of 1',
    graphOf(replaced(silu, 'a', ['Mul', ['x', 'one'], ['x1']], ['Sigmoid', ['x1'], ['a']])),
  ],
];

describe('an imported layer in pieces', () => {
  for (const [layer, of, graph] of wholes) {
    test(`${layer} of ${of} is one layer again, with the same answers`, async () => {
      const { model, kinds, difference, path } = await imported(graph);
      expect(kinds).toEqual([layer]);
      expect(difference).toBeLessThan(2e-6);
      if (graph.weights?.['norm.weight'] !== undefined) expect(Object.keys(model.weights)[0]).toBe('norm.gamma');
      await exportModel(path, model);
      const again = await importModel(path);
      const row = Array.from({ length: 30 }, (_, k) => Math.sin(k));
      const [a, b] = [again, model].map((one) => one.outputs([row])[0]);
      for (const [k, answer] of a.entries()) expect(answer).toBeCloseTo(b[k], 5);
    });
  }

  const misses: readonly (readonly [what: string, graph: GraphOfTest])[] = [
    ['a norm over another axis', graphOf(layerNorm(1), { 'norm.weight': normals(5, 1), 'norm.bias': normals(5, 1) })],
    ['a norm over another axis whose weights are of the last', graphOf(layerNorm(1), vectors)],
    [
      'means over different axes',
      graphOf(replaced(layerNorm(), 'variance', ['ReduceMean', ['square'], ['variance'], { axes: [1] }]), vectors),
    ],
    ['a weight for each position', graphOf(layerNorm(), { ...vectors, 'norm.weight': normals(5, 6) })],
    ['a weight of one number', graphOf(layerNorm(), { ...vectors, 'norm.weight': normals(1) })],
    ['another exponent', graphOf(layerNorm(), { ...vectors, two: number(4) })],
    [
      'the squares of another value',
      graphOf(replaced(layerNorm(), 'square', ['Mul', ['x', 'centered'], ['square']]), {
        ...vectors,
        epsilon: number(9),
      }),
    ],
    ['a variance below an ε of 0', graphOf(layerNorm(), { ...vectors, epsilon: number(-1e-9) })],
    ['a gelu with another constant', graphOf(gelu, { root2: number(1.4143) })],
    ['a gelu without its half', graphOf(gelu, { half: number(0.4999) })],
    ['a tanh-gelu with another constant', graphOf(tanhGelu, { tanh3: number(0.0447) })],
    [
      'a product with the sigmoid of another value',
      graphOf([
        ['Neg', ['x'], ['z']],
        ['Sigmoid', ['z'], ['a']],
        ['Mul', ['x', 'a'], ['y']],
      ]),
    ],
  ];
  for (const [what, graph] of misses) {
    test(`${what} stays in pieces, with the same answers`, async () => {
      const { kinds, difference } = await imported(graph);
      for (const kind of ['layer-norm', 'rms-norm', 'gelu', 'gelu-tanh', 'silu']) expect(kinds).not.toContain(kind);
      expect(kinds.length).toBeGreaterThan(1);
      expect(difference).toBeLessThan(2e-6);
    });
  }

  test('makes the values that something else reads, too', async () => {
    const { kinds, difference } = await imported(graphOf(layerNorm(), vectors, ['y', 'variance']));
    expect(kinds).toContain('layer-norm');
    expect(kinds).toContain('mean');
    expect(difference).toBeLessThan(2e-6);
    const inside = await imported(
      graphOf([...replaced(silu, 'y', ['Mul', ['x', 'a'], ['s']]), ['Sub', ['s', 'a'], ['y']]]),
    );
    expect(inside.kinds).toEqual(expect.arrayContaining(['silu', 'sigmoid', 'minus']));
    expect(inside.difference).toBeLessThan(2e-6);
  });

  test('is found in the branch of an If, too', async () => {
    const { nodes } = graphOf(silu);
    const { kinds, difference } = await imported(
      graphOf([
        ['If', ['one'], ['y'], { then_branch: { nodes, outputs: ['y'] }, else_branch: { nodes, outputs: ['a'] } }],
      ]),
    );
    expect(kinds).toEqual(['silu']);
    expect(difference).toBeLessThan(2e-6);
  });
});

/** Attention of x [N, 5, 6] to itself, in 2 heads of 3 numbers. */
function attention(
  { scores = [], to = 'dots', softmax = { axis: -1 } }: { scores?: Node[]; to?: string; softmax?: Node[3] } = {},
  weights: GraphOfTest['weights'] = {},
  q = 'q',
): GraphOfTest {
  const heads = (name: string, perm: number[]): Node[] => [
    ['MatMul', ['x', `${name}.weight`], [`${name}s`]],
    ['Reshape', [`${name}s`, 'heads'], [`${name}h`]],
    ['Transpose', [`${name}h`], [name], { perm }],
  ];
  const nodes: Node[] = [
    ...heads('q', [0, 2, 1, 3]),
    ...heads('k', [0, 2, 3, 1]),
    ...heads('v', [0, 2, 1, 3]),
    ['Mul', ['q', 'root'], ['scaled q']],
    ['MatMul', [q, 'k'], ['dots']],
    ...scores,
    ['Softmax', [to], ['p'], softmax],
    ['MatMul', ['p', 'v'], ['a']],
    ['Transpose', ['a'], ['b'], { perm: [0, 2, 1, 3] }],
    ['Reshape', ['b', 'joined'], ['y']],
  ];
  const matrices = Object.fromEntries(['q', 'k', 'v'].map((name) => [`${name}.weight`, normals(6, 6)]));
  return graphOf(nodes, { ...matrices, heads: [0, 5, 2, 3], joined: [0, 5, 6], root: number(3 ** -0.5), ...weights });
}

/** A mask of 5 queries and keys. */
const maskOf = (of: (t: number, u: number) => number): [number[], number[]] => [
  [1, 1, 5, 5],
  Array.from({ length: 25 }, (_, k) => of(Math.floor(k / 5), k % 5)),
];
const root3 = { root3: number(3 ** 0.5) };
const divided: Node = ['Div', ['dots', 'root3'], ['scores']];
const masked: Node = ['Add', ['mask', 'scores'], ['masked']];

describe('imported attention', () => {
  const wholeGraphs: readonly (readonly [of: string, causal: boolean, graph: GraphOfTest])[] = [
    ['a quotient', false, attention({ scores: [divided], to: 'scores' }, root3)],
    ['scaled queries', false, attention({}, {}, 'scaled q')],
    ['another scale', false, attention()],
    [
      'a mask of -infinity',
      true,
      attention(
        { scores: [divided, masked], to: 'masked' },
        { ...root3, mask: maskOf((t, u) => (u > t ? -Infinity : 0)) },
      ),
    ],
    [
      'a mask that chooses',
      true,
      attention(
        { scores: [divided, ['Where', ['mask', 'scores', 'low'], ['masked']]], to: 'masked' },
        { ...root3, low: number(-1e9), mask: maskOf((t, u) => (u > t ? 0 : 1)) },
      ),
    ],
    [
      'a mask that leaves out',
      true,
      attention(
        { scores: [divided, ['Where', ['mask', 'low', 'scores'], ['masked']]], to: 'masked' },
        { ...root3, low: number(-1e9), mask: maskOf((t, u) => (u > t ? 1 : 0)) },
      ),
    ],
  ];
  for (const [of, causal, graph] of wholeGraphs) {
    test(`of ${of} is one layer again, with the same answers`, async () => {
      const { model, kinds, difference, path } = await imported(graph);
      expect(kinds).not.toContain('softmax');
      const [layer] = model.spec.layers.filter(({ kind }) => kind === 'cross-attention');
      expect(layer).toMatchObject({ heads: 2, causal, projections: false });
      expect(difference).toBeLessThan(2e-6);
      await exportModel(path, model);
      const again = await importModel(path);
      expect(again.spec.layers.filter(({ kind }) => kind === 'cross-attention')).toHaveLength(1);
      const row = Array.from({ length: 30 }, (_, k) => Math.sin(k));
      const [a, b] = [again, model].map((one) => one.outputs([row])[0]);
      for (const [k, answer] of a.entries()) expect(answer).toBeCloseTo(b[k], 5);
    });
  }

  const pieces: readonly (readonly [what: string, graph: GraphOfTest])[] = [
    ['a softmax over queries', attention({ softmax: { axis: 2 } })],
    ['a bias of scores', attention({ scores: [divided, masked], to: 'masked' }, { ...root3, mask: maskOf(Math.sin) })],
    [
      'scores that are added to, not left out',
      attention({ scores: [divided, masked], to: 'masked' }, { ...root3, mask: maskOf((t, u) => (u > t ? -9 : 0)) }),
    ],
    [
      'a mask of other keys',
      attention(
        { scores: [divided, masked], to: 'masked' },
        { ...root3, mask: maskOf((t, u) => (u > t + 1 ? -1e9 : 0)) },
      ),
    ],
    [
      'a bias of zeros, which may learn',
      attention({ scores: [divided, masked], to: 'masked' }, { ...root3, mask: maskOf(() => 0) }),
    ],
  ];
  for (const [what, graph] of pieces) {
    test(`with ${what} stays in pieces, with the same answers`, async () => {
      const { kinds, difference } = await imported(graph);
      expect(kinds).toContain('softmax');
      expect(kinds).not.toContain('cross-attention');
      expect(difference).toBeLessThan(2e-6);
    });
  }
});

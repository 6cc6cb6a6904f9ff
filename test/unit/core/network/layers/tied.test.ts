import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  createTrainStep,
  type LayerSpec,
  type NetworkSpec,
  referenceKernels,
  sequential,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createWorkspace,
  gradientLength,
  leafRowsOf,
  nodeGradient,
  tiesWithin,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../../support/bits.ts';

const [V, WIDTH, T, B] = [7, 4, 3, 37];
const embedding: LayerSpec = { kind: 'embedding', vocabulary: V, width: WIDTH };
const middle = (tying: object): LayerSpec[] => [
  {
    kind: 'residual',
    layers: [
      { kind: 'dense', out: V, bias: false, ...tying },
      { kind: 'dense', out: WIDTH },
    ],
  },
  { kind: 'last-position' },
];
const network = (tying: object): NetworkSpec =>
  sequential(T, embedding, ...middle(tying), { kind: 'dense', out: V, bias: false, ...tying });
const [tied, untied] = [network({ tiedTo: '0' }), network({})].map((spec) => buildNetwork(spec));
const LAST = tied.layers.length - 1;
const leaf = leafRowsOf(tied, B);
const random = createRandom(2, 'rows');
const x = Float64Array.from({ length: B * T }, () => random.integer(V));
const t = Float64Array.from({ length: B }, () => random.integer(V));
const theta = Float64Array.from({ length: tied.parameterCount }, () => random.normal());

/** [V, width] as [width, V]. */
const transposed = (E: Float64Array) => Float64Array.from(E, (_, at) => E[(at % V) * WIDTH + Math.floor(at / V)]);

/** The weights of the other network with copies of the table. */
function copies(): Float64Array {
  const parameters = new Float64Array(untied.parameterCount);
  const [E] = bindTensors(tied, theta)[0];
  const from = bindTensors(tied, theta).flat();
  for (const [k, to] of bindTensors(untied, parameters).flat().entries()) {
    to.set(k > 0 && from[k].length === E.length && from[k][0] === E[0] ? transposed(E as Float64Array) : from[k]);
  }
  return parameters;
}

/** Loss and gradients of one pass over all rows. */
function gradientsOf(network: typeof tied, parameters: Float64Array) {
  const loss = createLoss('softmax-cross-entropy');
  const workspace = createWorkspace(network, loss, B, (length) => new Float64Array(length));
  workspace.x.set(x);
  workspace.t.set(t);
  const g = new Float64Array(gradientLength(network)).fill(Number.NaN);
  const sums = new Float64Array(B);
  const settings = {
    kernels: referenceKernels,
    training: true,
    seed: 1,
    step: 0,
    firstRow: 0,
    leafRows: leaf,
    accumulate: false,
  };
  nodeGradient(sums, network, workspace, bindTensors(network, parameters), bindGradients(network, g), B, settings);
  return {
    sums,
    gradients: bindGradients(network, g).map((tensors) => (tensors ?? []).map((one) => one as Float64Array)),
  };
}

test('a table that layers share is drawn and counted once', () => {
  expect(tied.parameterCount).toBe(untied.parameterCount - 2 * V * WIDTH);
  expect(tied.tensors.map(({ name }) => name)).toEqual(['E', 'W', 'b']);
  expect(tied.ties.map(({ offset, gradientOffset: at }) => [offset, at - tied.parameterCount])).toEqual([
    [0, 0],
    [0, V * WIDTH],
  ]);
  expect(tied.layers[LAST].label).toBe(`dense(${WIDTH}->${V}, tied to 0)`);
});

test('outputs and the gradient of each use have the bits of layers with copies of the table', () => {
  const [one, other] = [gradientsOf(tied, theta), gradientsOf(untied, copies())];
  expect(firstDifference(one.sums, other.sums)).toBeNull();
  expect(firstDifference(one.gradients[0][0], other.gradients[0][0])).toBeNull();
  expect(firstDifference(transposed(one.gradients[1][0]), other.gradients[1][0])).toBeNull();
  expect(firstDifference(transposed(one.gradients[LAST][0]), other.gradients[LAST][0])).toBeNull();
});

test('an update adds the gradients of all uses in the order of the layers, before 1 / rows', () => {
  const { gradients } = gradientsOf(tied, theta);
  const step = createTrainStep({
    network: tied,
    loss: createLoss('softmax-cross-entropy'),
    optimizer: createOptimizer('sgd'),
    kernels: referenceKernels,
    batch: B,
    seed: 1,
  });
  step.parameters.set(theta);
  step.step(x, t, B, 1);
  const [dE, inner, last] = [gradients[0][0], gradients[1][0], gradients[LAST][0]];
  const expected = theta.slice(0, V * WIDTH).map((value, i) => value - (dE[i] + inner[i] + last[i]) * (1 / B));
  expect(firstDifference(step.parameters.slice(0, V * WIDTH), expected)).toBeNull();
});

test('the gradients of a block are the parts of each use that belong to it', () => {
  const ties = [
    { offset: 10, length: 20, gradientOffset: 100 },
    { offset: 10, length: 20, gradientOffset: 120 },
  ];
  expect(tiesWithin(ties, 0, 10)).toEqual([]);
  expect(tiesWithin(ties, 25, 10)).toEqual([
    { offset: 25, length: 5, gradientOffset: 115 },
    { offset: 25, length: 5, gradientOffset: 135 },
  ]);
});

describe('is refused in one sentence:', () => {
  const none = 'expected the path of an embedding before this layer';
  test.each<[string, LayerSpec[], string]>([
    ['a path of no layer', [embedding, { kind: 'dense', out: V, tiedTo: '4' }], `tiedTo has "4", ${none}: "0"`],
    ['the layer itself', [embedding, { kind: 'dense', out: V, tiedTo: '1' }], `tiedTo has "1", ${none}: "0"`],
    ['a number', [embedding, { kind: 'dense', out: V, tiedTo: 0 as never }], `tiedTo has 0, ${none}`],
    [
      'another kind',
      [embedding, { kind: 'rms-norm' }, { kind: 'dense', out: V, tiedTo: '1' }],
      `tiedTo has "1", which is rms-norm(${WIDTH}), ${none}: "0"`,
    ],
    ['no embedding', [{ kind: 'dense', out: V, tiedTo: '0' }], `tiedTo has "0", ${none}, but there is none`],
    [
      'another vocabulary',
      [embedding, { kind: 'dense', out: 9, tiedTo: '0' }],
      `out has 9, expected ${V}, the vocabulary of embedding(${V}x${WIDTH}) at layer 0`,
    ],
    [
      'another width',
      [embedding, { kind: 'dense', out: 5 }, { kind: 'dense', out: V, tiedTo: '0' }],
      `in has 5, expected ${WIDTH}, the width of embedding(${V}x${WIDTH}) at layer 0`,
    ],
    [
      'an initializer',
      [embedding, { kind: 'dense', out: V, tiedTo: '0', init: 'zeros' }],
      'init has "zeros", expected none: the weights are those of embedding',
    ],
  ])('%s', (_what, layers, problem) => {
    expect(() => buildNetwork({ input: T, layers })).toThrow(problem);
  });
});

import {
  buildNetwork,
  type CustomParts,
  createLoss,
  createRandom,
  defineLayer,
  dense,
  type FormulaValue,
  initializeParameters,
  input,
  type LayerSpec,
  type Network,
  network as networkOf,
  referenceKernels,
  type ScalarName,
  type Shape,
  shared,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  collectParts,
  createList,
  createWorkspace,
  forward,
  NO_BATCH,
  NO_PARTS,
  NO_TEAM_MEMORY,
  nodeGradient,
  noMemory,
  type PassSettings,
  runCalls,
} from '@gradloom/core/internal';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { wrongSlope } from '../../../../packages/core/src/custom/check-gradients.ts';
import type { Expression } from '../../../../packages/core/src/families/scalars/expression.ts';
import { tanh } from '../../../../packages/core/src/math/index.ts';
import { formulaLayer } from '../../../../packages/core/src/network/layers/formula.ts';
import { arithmetics } from '../../../support/arithmetic.ts';
import { drawnExpression } from '../../../support/drawn-expression.ts';
import { lanes, overLeaves, overRows, upTo } from '../kernels/definitions/sums.ts';

const pass: PassSettings = {
  kernels: referenceKernels,
  training: true,
  seed: 1,
  step: 0,
  firstRow: 0,
  leafRows: 2,
  accumulate: false,
};

const collect = (part: object): CustomParts => collectParts([{ source: 'parts.js', exports: { part } }]);
const allocate = (length: number): Float64Array => new Float64Array(length);
const custom = (spec: object): LayerSpec => spec as LayerSpec;

/** Parts with a layer of an expression, whose tensors w0, w1, … start with small numbers. */
const partsOf = (expression: Expression, tensors: readonly Shape[]): CustomParts => ({
  ...NO_PARTS,
  layers: {
    drawn: (_options, { inputs }) =>
      formulaLayer(
        'drawn',
        inputs,
        expression,
        tensors.map((shape, k) => ({
          name: `w${k}`,
          shape,
          initialize: (out, random) => out.set(out.map(() => 0.5 * random.normal())),
        })),
      ),
  },
});

/** The loss of B rows, Σ c · y, by the parameters; and its gradient. */
function lossOf(network: Network, B: number, seed: number) {
  const workspace = createWorkspace(network, createLoss('mse'), B, allocate);
  const random = createRandom(seed, 'loss');
  const x = Float64Array.from({ length: B * network.inputs }, () => random.normal());
  workspace.t.set(Float64Array.from(workspace.t, () => random.normal()));
  const sums = new Float64Array(B);
  const theta = allocate(network.parameterCount);
  initializeParameters(network, theta, seed);
  const gradients = allocate(network.parameterCount);
  const evaluate = (): number => {
    workspace.x.set(x);
    const bound = bindTensors(network, theta);
    nodeGradient(sums, network, workspace, bound, bindGradients(network, gradients), B, pass);
    return sums.reduce((sum, loss) => sum + loss, 0);
  };
  return { theta, gradients, evaluate };
}

/** A shape that meets a row of `shape` from the right: some of its last axes, some of which have length 1. */
function drawShape(shape: Shape, random: ReturnType<typeof createRandom>): Shape {
  const rank = 1 + random.integer(shape.length);
  return shape.slice(-rank).map((extent) => (random.integer(3) === 0 ? 1 : extent));
}

test('the gradients of drawn formulas by values and tensors are those that central differences find', () => {
  let checked = 0;
  for (let seed = 0; seed < 40; seed++) {
    const random = createRandom(seed, 'shapes');
    const shape = [[5], [3, 4], [2, 3, 5], [70, 3]][seed % 4];
    const tensors = [drawShape(shape, random), drawShape(shape, random)];
    const axis = random.integer(shape.length);
    const layers: LayerSpec[] = [
      dense(shape[shape.length - 1], { name: 'a' }),
      { kind: 'mean', axis, keepdims: true, name: 'b' }, // which is spread over an axis of a
      custom({ kind: 'drawn', of: ['a', 'b'] }),
    ];
    const network = buildNetwork({ input: [...shape], layers }, partsOf(drawnExpression(seed, 4, 6, 'tame'), tensors));
    const { theta, gradients, evaluate } = lossOf(network, 3, seed);
    evaluate();
    const derived = gradients.slice();
    for (let i = 0; i < theta.length; i += 1 + Math.floor(theta.length / 24)) {
      const original = theta[i];
      const problem = wrongSlope(
        (value) => {
          theta[i] = value;
          const loss = evaluate();
          theta[i] = original;
          return loss;
        },
        original,
        derived[i],
      );
      expect(problem, `formula ${seed}, parameter ${i} of ${shape} and ${tensors.join(' and ')}`).toBeUndefined();
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(600);
});

describe('the gradient by a tensor is added in the order that docs/numerics.md states', () => {
  const [B, leafRows] = [5, 2];
  const A = arithmetics.float64;
  const one: Expression = {
    steps: [
      ['input', 0],
      ['input', 1],
      ['times', 0, 1],
    ],
    results: [2],
  };
  const numbers = (length: number, seed: number): Float64Array => {
    const random = createRandom(seed, 'numbers');
    return Float64Array.from({ length }, () => random.normal());
  };
  const [T, C] = [70, 3];
  type Terms = (n: number, t: number, c: number) => number;
  /** Over channels in four lanes, where a row has a number for each. */
  const ofRow = (at: Terms, n: number, t: number): number =>
    lanes(
      A,
      upTo(C).map((c) => at(n, t, c)),
    );
  const ofPositions = (term: (n: number, t: number) => number): number =>
    overRows(A, B, leafRows, T, (p) => term(Math.floor(p / T), p % T));
  const cases: readonly [shape: Shape, expected: (at: Terms) => number[]][] = [
    [[C], (at) => upTo(C).map((c) => ofPositions((n, t) => at(n, t, c)))],
    [[1, C], (at) => upTo(C).map((c) => ofPositions((n, t) => at(n, t, c)))],
    [[1], (at) => [ofPositions((n, t) => ofRow(at, n, t))]],
    [[T, 1], (at) => upTo(T).map((t) => overLeaves(A, B, leafRows, (n) => ofRow(at, n, t)))],
    [[T, C], (at) => upTo(T * C).map((i) => overLeaves(A, B, leafRows, (n) => at(n, Math.floor(i / C), i % C)))],
  ];

  test.each(cases)('a tensor %j of rows [70, 3]', (shape, expected) => {
    const layer = formulaLayer('product', [[T, C]], one, [{ name: 'w', shape, initialize: () => {} }]);
    const size = B * T * C;
    const [x, dy] = [numbers(size, 1), numbers(size, 2)];
    const w = numbers(
      shape.reduce((product, extent) => product * extent, 1),
      3,
    );
    const [y, dx, dW] = [allocate(size), allocate(size), allocate(w.length)];
    const memory = layer.createMemory?.(B, (length) => new Float64Array(length).fill(Number.NaN), NO_TEAM_MEMORY);
    const { calls, emit } = createList();
    const settings = { ...pass, emit, batch: NO_BATCH, stepAndRow: new Float64Array(2), lengths: [] };
    layer.backward([dx], dy, [x], y, [w], [dW], B, { ...settings, leafRows }, memory ?? noMemory);
    runCalls(calls, referenceKernels);
    expect([...dW]).toEqual(expected((n, t, c) => x[(n * T + t) * C + c] * dy[(n * T + t) * C + c]));
  });
});

const film = defineLayer({
  name: 'film',
  options: { start: 1 },
  tensors: ({ start }, shape) => ({ gamma: { shape: shape.slice(-1), start }, beta: { shape: shape.slice(-1) } }),
  formula: ({ x, gamma, beta }) => x.times(gamma).plus(beta).tanh(),
});

const mixed = defineLayer({
  name: 'mixed',
  values: ['a', 'b'],
  tensors: () => ({ share: { shape: [1], start: 'normal' } }),
  formula: ({ a, b, share }) => a.times(share.sigmoid()).plus(b.times(share.negate().sigmoid())),
});

test('values have every function of the table', () => {
  expectTypeOf<keyof FormulaValue>().toEqualTypeOf<Exclude<ScalarName, 'flush'>>();
});

describe('a layer that is a formula', () => {
  test('has its tensors, their starting values and the steps of its formula', () => {
    const network = buildNetwork({ input: [2, 3], layers: [film.spec({ start: 0.5 })] }, collect(film));
    const [{ layer }] = network.allLayers;
    expect(layer.label).toBe('film([2, 3])');
    expect(layer.tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['gamma', [3]],
      ['beta', [3]],
    ]);
    const theta = allocate(network.parameterCount);
    initializeParameters(network, theta, 1);
    expect([...theta]).toEqual([0.5, 0.5, 0.5, 0, 0, 0]);
    expect(layer.expression?.steps.map(([name]) => name)).toEqual(['input', 'input', 'input', 'times', 'plus', 'tanh']);
    const workspace = createWorkspace(network, createLoss('mse'), 1, allocate);
    workspace.x.set([1, 2, 3, 4, 5, 6]);
    const y = forward(network, workspace, bindTensors(network, theta), 1, pass);
    expect([...y]).toEqual([1, 2, 3, 4, 5, 6].map((x) => tanh(0.5 * x)));
  });

  test('reads values, and shares its tensors, before any module is loaded', () => {
    const branch = shared(dense(4), film.spec());
    const [a, b] = [input(3, 'one'), input(3, 'other')];
    const spec = networkOf(mixed.of([branch(a), branch(b)], {}).through(dense(1)));
    expect(spec.layers.slice(2).map(({ kind }) => kind)).toEqual(['dense', 'film', 'like', 'like', 'mixed', 'dense']);
    const parts = collectParts([{ source: 'parts.js', exports: { film, mixed } }]);
    expect(buildNetwork(JSON.parse(JSON.stringify(spec)), parts).parameterCount).toBe(16 + 8 + 1 + 5);
    expect(() => mixed.of([a.through(dense(4)), b])).toThrow(
      'mixed: of has values of 4 and 3 and share of 1, expected axes that',
    );
  });

  type Scope = Readonly<Record<string, { times(x: unknown): never; power(x: unknown): never } & number>>;
  const drawn = (formula: (scope: Scope) => unknown, more: object = {}) =>
    collect({ part: 'layer', name: 'own', options: { rate: 0.5 }, formula, ...more });
  test.each<[problem: string, formula: (scope: Scope) => unknown, more?: object]>([
    [
      'formula compares or converts a value, expected methods of values',
      ({ x }) => ((x as never) > 0 ? x : x.times(2)),
    ],
    [
      'formula fails: x.tmies is not a function, expected methods of values',
      ({ x }) => (x as never as { tmies(): never }).tmies(),
    ],
    ['gama is read by the formula, expected one of rate, x', ({ x, gama }) => x.times(gama)],
    ['times has "2", expected a finite number, or a value of this formula', ({ x }) => x.times('2')],
    ['times is missing, expected a finite number, or a value of this formula', ({ x }) => x.times(undefined)],
    ['power has null, expected a finite number', ({ x }) => x.power(null)],
    ['formula returns 0.5, expected a value: x, or what its methods return', ({ rate }) => rate],
    ['rate names two of its inputs, tensors and options', ({ x }) => x, { tensors: () => ({ rate: { shape: [1] } }) }],
    ['w is read by the formula', ({ x, w }) => x.times(w), { tensors: () => ({}) }],
    ['the shape of w has 2, expected a list of whole numbers', ({ x }) => x, { tensors: () => ({ w: { shape: 2 } }) }],
    ['the shape of w has 0, expected a whole number', ({ x }) => x, { tensors: () => ({ w: { shape: [0] } }) }],
    [
      'of has values of 3 and w of 4, expected axes that are equal or 1',
      ({ x, w }) => x.times(w),
      { tensors: () => ({ w: { shape: [4] } }) },
    ],
  ])('is refused in a sentence: %s', (problem, formula, more) => {
    const build = () => buildNetwork({ input: 3, layers: [custom({ kind: 'own' })] }, drawn(formula, more));
    expect(build).toThrow(`buildNetwork: layer 0: own: ${problem}`);
  });

  test('is incomplete without a formula or a build', () => {
    expect(() => collect({ part: 'layer', name: 'own' })).toThrow(
      'export part (layer own) is incomplete, expected the functions formula, or build',
    );
  });
});

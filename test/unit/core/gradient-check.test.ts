import {
  type ActivationName,
  above,
  abs,
  activations,
  argmax,
  avgPool,
  batchNorm,
  below,
  buildNetwork,
  ceil,
  channelDropout,
  clip,
  concat,
  conv1d,
  conv2d,
  conv2dTranspose,
  cos,
  createLoss,
  createRandom,
  dense,
  dropout,
  type Elements,
  type ElementsOf,
  type ElementType,
  equal,
  erf,
  exp,
  expand,
  flatten,
  floor,
  gaussian,
  globalAvgPool,
  groupNorm,
  gru,
  heads,
  initializeParameters,
  input,
  instanceNorm,
  type Kernels,
  type Loss,
  type LossName,
  lastPosition,
  layerNorm,
  layers,
  like,
  log,
  logSoftmax,
  logSumExp,
  losses,
  lstm,
  matmul,
  max,
  maximum,
  maxPool,
  mean,
  minimum,
  minus,
  type Network,
  type NetworkSpec,
  negate,
  network,
  over,
  pad,
  parameter,
  plus,
  positionEmbedding,
  power,
  referenceKernels,
  reshape,
  residual,
  resize,
  rmsNorm,
  round,
  selfAttention,
  sequential,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  sum,
  take,
  tanh,
  times,
  transpose,
  upsample,
  type Value,
  where,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createList,
  createWorkspace,
  emitNode,
  forward,
  gradientLength,
  leafCount,
  link,
  nodeGradient,
  type PassSettings,
  targetPositions,
  weighPositions,
  writeLengths,
} from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { createElements } from '../../../packages/core/src/math/element-type.ts';
import { allocateEach } from '../../../packages/core/src/math/scratch.ts';
import { counted } from '../../support/count.ts';
import { maxError } from '../../support/errors.ts';
import { numericGradient } from '../../support/numeric-gradient.ts';
import { roundingBound } from '../../support/rounding-bound.ts';
import { definitionKernels } from './kernels/definitions/index.ts';
import { documentedLosses } from './kernels/definitions/losses.ts';

const B = 3;
const H = 1e-4; // the numbers that a kink could meet move by less than 1e-3, five times less than MARGIN
const MARGIN = 5e-3;

// `step` passes no gradient: its derivative is 0 by convention.
const fns = (Object.keys(activations) as ActivationName[]).filter((fn) => activations[fn].maxSlope > 0);
const lossNames = Object.keys(losses) as LossName[];

let turn = 0;

/** The losses of a network's checks: few in turn, since no layer knows the loss; all of them in `npm run test:all`. */
const lossesInTurn = (): LossName[] =>
  Array.from({ length: counted(2, lossNames.length) }, () => lossNames[turn++ % lossNames.length]);
const allocate = (length: number): Float64Array => new Float64Array(length);
const pass: PassSettings = {
  kernels: referenceKernels,
  training: true,
  seed: 1,
  step: 2,
  firstRow: 4,
  leafRows: 2,
  accumulate: false,
};

/** Widths of all layers. The bound of floats takes the square of a network's operations: theirs are small. */
interface Widths {
  readonly dense: readonly [input: number, first: number, second: number, output: number];
  readonly nested: { readonly embedding: number; readonly swiglu: number };
  readonly image: readonly [H: number, V: number];
}
const wide: Widths = { dense: [3, 5, 4, 3], nested: { embedding: 3, swiglu: 5 }, image: [2, 3] };
const narrow: Widths = { dense: [2, 3, 2, 2], nested: { embedding: 2, swiglu: 3 }, image: [1, 2] };

const networkWith = (fn: ActivationName, { dense: [input, first, second, output] }: Widths): NetworkSpec => ({
  input,
  layers: [
    { kind: 'dense', out: first, biasInit: 'normal' },
    { kind: 'activation', fn },
    { kind: 'dropout', rate: 0.3 },
    { kind: 'dense', out: second },
    { kind: 'activation', fn },
    { kind: 'dense', out: output },
  ],
});

/** Two indices a row, and every way in which layers stand inside of others. */
const nestedOf = ({ dense, nested: { embedding, swiglu } }: Widths): NetworkSpec =>
  sequential(
    2,
    { kind: 'embedding', vocabulary: 5, width: embedding },
    flatten(),
    residual(
      tanh(), // in place it would overwrite the x that the sum reads
      layerNorm(),
      residual(
        dropout(0.3),
        batchNorm(), // its statistics are of all rows, in two leaves
        { kind: 'dense', out: 2 * embedding },
      ),
      sigmoid(),
    ),
    tanh(),
    { kind: 'swiglu', out: swiglu, biasInit: 'normal' },
    rmsNorm(),
    layerNorm(),
    batchNorm(),
    { kind: 'dense', out: dense[3] },
  );

/** Layers that act at every position of a row, and windows over positions. */
const positionsOf = ({ dense, nested: { swiglu } }: Widths): NetworkSpec =>
  sequential(
    [2, dense[3], 1],
    conv2d(dense[3], [2, dense[3]], { padding: 'same' }),
    batchNorm(),
    residual({ kind: 'swiglu', out: swiglu, bias: false }, layerNorm({ bias: false }), {
      kind: 'dense',
      out: dense[3],
      bias: false,
    }),
    conv2d(2, 2),
    flatten(),
    tanh(),
    { kind: 'dense', out: dense[3] },
  );

/** Steps of an embedding, read by windows. */
const sequencesOf = ({ dense, nested: { embedding } }: Widths): NetworkSpec =>
  sequential(
    4,
    { kind: 'embedding', vocabulary: 5, width: embedding },
    conv1d(3, 3, { padding: 1, bias: false }),
    rmsNorm(),
    { kind: 'dense', out: 2 },
    flatten(),
    { kind: 'dense', out: dense[3] },
  );

/** The last of the places that windows make. */
const placesOf = ({ dense, nested: { embedding } }: Widths): NetworkSpec =>
  sequential(
    4,
    { kind: 'embedding', vocabulary: 5, width: embedding },
    positionEmbedding(),
    conv1d(2, 3),
    positionEmbedding({ init: 'normal' }),
    lastPosition(),
    { kind: 'dense', out: dense[3] },
  );

/** Attention to positions before, and to all of them. */
const attentionOf = ({ dense, nested: { embedding } }: Widths): NetworkSpec =>
  sequential(
    2 * embedding - 2,
    { kind: 'embedding', vocabulary: 5, width: 2 * embedding - 2 },
    selfAttention(embedding - 1, { causal: true, rotary: true, biasInit: 'normal' }),
    selfAttention(1, { causal: false, dropout: 0.3, biasInit: 'normal' }),
    flatten(),
    { kind: 'dense', out: dense[3] },
  );

/** Heads that share their keys and are wider than the width of the sequence says. */
const groupedAttentionOf = ({ dense }: Widths): NetworkSpec =>
  sequential(
    2,
    { kind: 'embedding', vocabulary: 5, width: 4 },
    selfAttention(2, { keyHeads: 1, headSize: 4, causal: true, rotary: true, theta: 9, outBias: false }),
    flatten(),
    { kind: 'dense', out: dense[3] },
  );

/** Two texts of a row, each with padding of its own: the positions of one read those of the other. */
function crossAttentionOf({ dense: [, , , outputs], nested: { embedding } }: Widths): NetworkSpec {
  const of = (name: string, width: number): Value =>
    input([2], name).through({ kind: 'embedding', vocabulary: 5, width }, layerNorm());
  const [x, memory] = [of('x', 2 * embedding - 2), of('memory', embedding)];
  const y = x.plus(x.crossAttention(memory, embedding - 1, { dropout: 0.3, biasInit: 'normal' }));
  return network(y.crossAttention(y, 1, { causal: true, bias: false }).through(flatten(), dense(outputs)));
}

/** Outputs that keep the positions of a sequence of four words. */
const textOf = ({ dense, nested }: Widths): NetworkSpec =>
  sequential(4, { kind: 'embedding', vocabulary: 5, width: nested.embedding }, layerNorm(), {
    kind: 'dense',
    out: dense[3],
  });

/** Recurrent layers in both directions. */
const recurrentOf = ({ dense: [positions, , , out] }: Widths): NetworkSpec =>
  sequential(
    positions,
    { kind: 'embedding', vocabulary: 5, width: 1 },
    gru(positions - 1),
    lstm(1, { reverse: true }),
    gru(out, { returns: 'last' }),
  );

/** Layers that share the table of an embedding, one inside of another. */
const tiedOf = ({ nested: { embedding } }: Widths): NetworkSpec =>
  sequential(
    2,
    { kind: 'embedding', vocabulary: 5, width: embedding },
    residual({ kind: 'dense', out: 5, tiedTo: '0' }, { kind: 'dense', out: embedding }),
    lastPosition(),
    { kind: 'dense', out: 5, bias: false, tiedTo: '0' },
  );

/** The gradient by the parameters: the sum of those of all uses. */
function summed(network: Network, g: Elements): Elements {
  const sum = g.slice(0, network.parameterCount);
  for (const { offset, gradientOffset: at, length } of network.ties)
    for (let i = 0; i < length; i++) sum[offset + i] += g[at + i];
  return sum;
}

/** Values that several layers read, one of them twice, and additions in place. */
const branchesOf = ({ dense: [input, first, second, output] }: Widths): NetworkSpec =>
  sequential(
    input,
    dense(first, { name: 'a', biasInit: 'normal' }),
    sigmoid({ name: 's' }),
    dense(first),
    plus(['a', '2']),
    plus(['3', 's'], { name: 'b' }),
    layerNorm(),
    plus(['5', 'b']),
    dense(second, { of: 'b', name: 'd' }),
    dense(second, { of: '6' }),
    plus(['d', '8']),
    like('8', { of: 'b' }),
    plus(['9', '10']),
    dense(output),
  );

/** Attention in its parts, norms of groups, and reductions. */
const reducedOf = ({ dense: [, , width, output] }: Widths): NetworkSpec =>
  sequential(
    [3, 2],
    dense(width, { name: 'keys', biasInit: 'normal' }),
    groupNorm(2),
    matmul(['1', 'keys'], { transposeB: true }),
    softmax(),
    matmul(['3', 'keys'], { name: 'y' }),
    instanceNorm({ affine: true }),
    logSoftmax({ axis: 0 }),
    max({ axis: 0, name: 'maxima' }),
    mean({ of: 'y', axis: 0 }),
    plus(['8', 'maxima'], { name: 'a' }),
    logSumExp({ of: 'y', axis: -1, keepdims: true }),
    sum(),
    dense(width),
    plus(['12', 'a'], { name: 'b' }),
    argmax({ of: 'y', axis: 0 }),
    plus(['14', 'b']),
    dense(output),
  );

/** Functions of values, some of which are spread over axes of others. */
const formulasOf = ({ dense: [, first, , out], image: [H, V] }: Widths): NetworkSpec =>
  sequential(
    [H, V, 1],
    conv2d(first, 1, { name: 'a', biasInit: 'normal' }), // [H, V, first]
    tanh({ name: 't' }),
    square(),
    plus(1),
    sqrt({ name: 'r' }),
    log(),
    times(['t', '5']),
    abs(),
    plus(0.25),
    power(1.5, { name: 'p' }),
    globalAvgPool({ of: 'a' }),
    { kind: 'dense', out: first, name: 'gate', biasInit: 'normal' }, // [first]: spread over both axes of positions
    over(['p', 'r']),
    times(['12', 'gate'], { name: 'w' }),
    { kind: 'dense', out: 1, of: 'w', biasInit: 'normal' }, // [H, V, 1]: spread over channels
    clip({ min: -8, max: 8 }),
    exp({ name: 'one' }),
    minus(['gate', 'one']), // both are spread
    maximum(['17', 'w']),
    minimum(['18', 'a'], { name: 'm' }),
    above(['m', 'one']),
    where(['20', 'one', 'm']),
    negate({ name: 'n' }),
    below(0.5),
    equal(['23', '23']),
    plus(['24', 'n']),
    sin({ name: 'u' }),
    erf(),
    cos({ name: 'v' }),
    floor({ of: 'u' }),
    ceil(),
    round(),
    sign({ name: 'z' }),
    plus(['v', 'z']),
    flatten(),
    { kind: 'dense', out },
  );

/** Images whose numbers move. */
const movedOf = ({ dense: [, , , out] }: Widths): NetworkSpec =>
  sequential(
    [2, 3, 1],
    conv2d(2, [1, 2], { padding: 'same', name: 'a' }),
    pad([1, [0, 1], 0], { mode: 'reflect' }),
    slice([1, 0], [4, 4], { step: [2, 1] }),
    resize([3, 3], { mode: 'linear' }),
    transpose({ axes: [1, 0, 2] }),
    take([0, 2, 0], { axis: 0 }),
    resize([2, 3]),
    concat(['a', '6']),
    slice([0, 0, 1], [2, 2, 3]),
    reshape([4, 1, 2]),
    expand([2, 4, 2, 2]),
    reshape([-1]),
    { kind: 'dense', out },
  );

/** Several outputs, one after the other. */
const headsOf = ({ dense: [, , , out] }: Widths): NetworkSpec =>
  sequential(3, { kind: 'dense', out, name: 'a' }, tanh(), heads({ some: '1', all: 'a' }), { kind: 'dense', out });

/** A variational autoencoder: a draw about a mean, and beside its reconstruction how far it is from the prior. */
const drawnOf = ({ dense: [, first, , out] }: Widths): NetworkSpec => {
  const h = input([6]).through({ kind: 'dense', out: first, biasInit: 'normal' }, tanh());
  const [mean, logVariance] = [h.through(dense(3)), h.through(dense(3))];
  const z = mean.plus(logVariance.times(0.5).exp().times(logVariance.through(gaussian())));
  const kl = logVariance.plus(1).minus(mean.square()).minus(logVariance.exp()).sum().times(-0.5);
  const noisy = z.through({ kind: 'dense', out: 4 }).plus(h.through(gaussian(4)));
  const scaled = noisy.through(tanh()).times(noisy.through(parameter([4], { init: 'normal' })));
  return network(scaled.concat(kl).through({ kind: 'dense', out }));
};

/** Images that grow and shrink. */
const pooledOf = ({ dense: [, , , out] }: Widths): NetworkSpec =>
  sequential(
    [2, 3, 1],
    conv2dTranspose(out - 1, [2, 3], { stride: [2, 1], padding: [0, 1], biasInit: 'normal' }),
    channelDropout(0.3),
    residual([maxPool([2, 1]), { kind: 'dense', out }], {
      shortcut: [conv2d(out, [2, 1], { stride: [2, 1] }), batchNorm()],
    }),
    avgPool(2, { stride: 1, padding: [0, 1] }),
    upsample([2, 1]),
    maxPool(2, { stride: 1 }),
    globalAvgPool(),
    { kind: 'dense', out },
  );

test('the checked networks have layers of every kind', () => {
  const specsOf = [
    nestedOf,
    positionsOf,
    sequencesOf,
    placesOf,
    attentionOf,
    groupedAttentionOf,
    crossAttentionOf,
    recurrentOf,
    tiedOf,
    branchesOf,
    reducedOf,
    formulasOf,
    pooledOf,
    movedOf,
    headsOf,
    drawnOf,
  ];
  const others = specsOf.map((specOf) => specOf(wide));
  const specs = [networkWith('tanh', wide), ...others];
  const kinds = specs.flatMap((spec) => spec.layers).map((layer) => layer.kind);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(layers)));
});

/** Parameters and rows that leave every input of an activation more than MARGIN away from 0, where kinks lie. */
function start(network: Network): { theta: Float64Array; x: Float64Array } {
  const workspace = createWorkspace(network, createLoss('mse'), B, allocate);
  const dense = new Set(network.layers.filter((_, l) => network.spec.layers[l].kind === 'dense'));
  for (let seed = 0; seed < 1000; seed++) {
    const theta = allocate(network.parameterCount);
    initializeParameters(network, theta, seed);
    const random = createRandom(seed, 'rows');
    const x = Float64Array.from({ length: B * network.inputs }, () => random.normal());
    workspace.x.set(x);
    let closest = Number.POSITIVE_INFINITY;
    forward(network, workspace, bindTensors(network, theta), B, pass, (_phase, layer, rows, n) => {
      if (!dense.has(layer)) return;
      for (let i = 0; i < n; i++) closest = Math.min(closest, Math.abs(rows[i]));
    });
    if (closest > MARGIN) return { theta, x };
  }
  throw new Error('no seed keeps the activations off their kinks');
}

/** B rows of n numbers. */
function pixels(n: number): number[] {
  const random = createRandom(3, 'pixels');
  return Array.from({ length: B * n }, () => random.normal());
}

/** Gains and shifts of their own, so that a gradient that forgot them would differ. */
function nestedStart(network: Network): Float64Array {
  const theta = allocate(network.parameterCount);
  initializeParameters(network, theta, 5);
  const random = createRandom(5, 'gains');
  return theta.map((value) => value + 0.3 * random.normal());
}

/** Targets for the outputs y that keep off the kinks of mae and huber. Some positions do not count. */
function targetsFor(lossName: LossName, y: Float64Array, network: Network): Float64Array {
  const random = createRandom(1, lossName);
  const loss = createLoss(lossName);
  const R = targetPositions(network, loss);
  const O = network.outputs;
  if (loss.targets === 'classes') {
    return Float64Array.from({ length: B * R }, (_, p) => (R > 1 && p % 3 === 1 ? -1 : random.integer(O / R)));
  }
  if (loss.targets === 'none') return new Float64Array(0);
  if (lossName === 'binary-cross-entropy') return Float64Array.from({ length: B * O }, () => random.uniform());
  return y.slice(0, B * O).map((value) => value + [-1.5, -0.5, 0.5, 1.5][random.integer(4)]);
}

/** A pass of B rows of its own parameters, linked once: it runs for each of some thousand differences. */
function linkPass<T extends ElementType>(type: T, kernels: Kernels, network: Network, loss: Loss) {
  const workspace = createWorkspace(network, loss, B, allocateEach(type));
  const [theta, gradients] = [network.parameterCount, gradientLength(network)].map((n) => createElements(type, n));
  const sums = new Float64Array(2); // of leaves of 2 rows and 1
  const { calls, emit } = createList();
  const { kernels: _, step, firstRow, ...settings } = pass;
  const batch = { rows: B, leaves: leafCount(B, settings.leafRows), firstLeaf: 0 };
  const node = { ...settings, emit, batch, stepAndRow: Float64Array.of(step, firstRow), lengths: workspace.lengths };
  emitNode(sums, network, workspace, bindTensors(network, theta), bindGradients(network, gradients), B, node);
  const program = link(calls, kernels);
  return {
    theta,
    lengths: workspace.lengths,
    /** The gradient by the parameters, all uses of each summed. */
    gradient: () => summed(network, gradients) as ElementsOf<T>,
    /** The sum of the losses of rows x with targets t. */
    run(x: ArrayLike<number>, t: ArrayLike<number>): number {
      workspace.x.set(x);
      workspace.t.set(t);
      weighPositions(workspace, B, targetPositions(network, loss), false);
      program.run();
      return sums[0] + sums[1];
    },
  };
}

interface Start {
  readonly theta: Float64Array;
  readonly x: Float64Array;
  readonly lengths?: readonly number[] | undefined;
}

/** Targets for the outputs of a start. */
function targetsAt(network: Network, lossName: LossName, { theta, x, lengths }: Start): Float64Array {
  const workspace = createWorkspace(network, createLoss(lossName), B, allocate);
  workspace.x.set(x);
  writeLengths(workspace.lengths, network, lengths, 0, B);
  const y = forward(network, workspace, bindTensors(network, theta), B, pass);
  return targetsFor(lossName, Float64Array.from(y), network);
}

function checkDoubles(network: Network, lossName: LossName, start: Start): void {
  const { theta, lengths, gradient, run } = linkPass('float64', referenceKernels, network, createLoss(lossName));
  const t = targetsAt(network, lossName, start);
  theta.set(start.theta);
  writeLengths(lengths, network, start.lengths, 0, B);
  const expected = numericGradient(() => run(start.x, t), theta, H);
  run(start.x, t);
  expect(maxError(gradient(), expected)).toBeLessThan(1e-8);
  expect(gradient().every((value) => value === 0)).toBe(false);
}

/**
 * The gradient of floats against differences of doubles at the same weights: they differ by no more than the roundings
 * of floats can move the gradient (see roundingBound), and the error of the differences, 1e-8 as above.
 */
function checkFloats(network: Network, lossName: LossName, start: Start): void {
  const { spec } = documentedLosses[lossName];
  const loss = createLoss(spec);
  const [theta, x, t] = [start.theta, start.x, targetsAt(network, lossName, start)].map((a) => a.map(Math.fround));
  function gradientOf<T extends ElementType>(type: T, kernels: Kernels): () => ElementsOf<T> {
    const linked = linkPass(type, kernels, network, loss);
    return () => {
      linked.theta.set(theta);
      linked.run(x, t);
      return linked.gradient();
    };
  }
  const bound = roundingBound((A) => gradientOf('float64', definitionKernels(A)));
  const inDoubles = linkPass('float64', referenceKernels, network, loss);
  inDoubles.theta.set(theta);
  const expected = numericGradient(() => inDoubles.run(x, t), inDoubles.theta, H);
  const g = gradientOf('float32', referenceKernels)();
  const beyond = [...g].filter((value, p) => !(Math.abs(value - expected[p]) <= bound[p] + 1e-8));
  expect(beyond).toEqual([]);
  // The bound is one: a wrong term would show.
  const largest = (array: Float64Array): number => array.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest(bound)).toBeLessThan(1e-3 * largest(expected));
}

describe.each(fns)('dense, %s and dropout', (fn) => {
  const network = buildNetwork(networkWith(fn, wide));
  const drawn = start(network);

  test.each(lossNames)('have the gradient that central differences find, under %s', (lossName) => {
    checkDoubles(network, lossName, drawn);
  });
});

// Neither knows the other: each activation with a loss, and each loss with an activation.
test.each(
  Array.from({ length: Math.max(fns.length, lossNames.length) }, (_, k) => ({
    fn: fns[k % fns.length],
    lossName: lossNames[k % lossNames.length],
  })),
)('dense, $fn and dropout have it in floats but for rounding, under $lossName', ({ fn, lossName }) => {
  const network = buildNetwork(networkWith(fn, narrow));
  checkFloats(network, lossName, start(network));
});

/** Two indices a row: one row has an index twice, 1 and 3 never occur. */
const indices = [0, 4, 4, 4, 2, 0];

describe.each([
  ['embedding, residual, swiglu, layer-norm and batch-norm, one in the other', nestedOf, indices],
  ['conv2d, batch-norm, residual, swiglu, layer-norm and dense at the positions of images', positionsOf, pixels(6)],
  ['conv2d-transpose, pools, upsample, channel-dropout and a shortcut', pooledOf, pixels(6)],
  ['functions of values', formulasOf, pixels(6)],
  ['draws about a mean', drawnOf, pixels(6)],
  ['concat, expand, pad, reshape, resize, slice, take and transpose', movedOf, pixels(6)],
  ['several outputs', headsOf, pixels(3)],
  ['conv1d and dense at the positions of sequences', sequencesOf, [...indices, ...indices]],
  ['position-embedding and last-position', placesOf, [...indices, ...indices]],
  ['products of two values, norms of groups, softmax and reductions', reducedOf, pixels(6)],
  ['classes of positions', textOf, [...indices, ...indices]],
  ['gru and lstm', recurrentOf, [...indices, 1, 2, 3]],
  ['dense layers that share the table of an embedding', tiedOf, indices],
  ['values that several layers read', branchesOf, pixels(3)],
  ['self-attention to padded sequences', attentionOf, [...indices, ...indices], [4, 1, 3]],
  ['self-attention whose heads share keys', groupedAttentionOf, [...indices]],
  ['attention of two padded sequences', crossAttentionOf, [...indices, ...indices], [2, 1, 1, 2, 2, 1]],
] as [string, (widths: Widths) => NetworkSpec, number[], number[]?][])('%s', (_title, specOf, inputs, lengths) => {
  const network = buildNetwork(specOf(wide));
  const theta = nestedStart(network);

  test.each(lossesInTurn())('have the gradient that central differences find, under %s', (lossName) => {
    checkDoubles(network, lossName, { theta, x: Float64Array.from(inputs), lengths });
  });

  test('have it in floats but for rounding', () => {
    const network = buildNetwork(specOf(narrow));
    checkFloats(network, 'softmax-cross-entropy', {
      theta: nestedStart(network),
      x: Float64Array.from(inputs.slice(0, B * network.inputs)),
    });
  });

  test('overwrite their gradients with zeros where a pass has no rows', () => {
    const loss = createLoss('mse');
    const g = allocate(gradientLength(network)).fill(Number.NaN);
    const workspace = createWorkspace(network, loss, B, allocate);
    const gradients = bindGradients(network, g);
    nodeGradient(allocate(1), network, workspace, bindTensors(network, theta), gradients, 0, pass);
    expect(g.every((value) => value === 0)).toBe(true);
  });
});

test.each([5, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('index %s of an embedding is refused', (index) => {
  const network = buildNetwork(nestedOf(wide));
  const parameters = bindTensors(network, nestedStart(network));
  const workspace = createWorkspace(network, createLoss('mse'), B, allocate);
  workspace.x.set([0, 1, 2, index]);
  expect(() => forward(network, workspace, parameters, B, pass)).toThrow(
    `row 1: embedding(5x3) at layer 0: index at place 1 has ${index}, expected a whole number from 0 to 4`,
  );
});

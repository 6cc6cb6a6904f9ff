import {
  type ActivationName,
  above,
  abs,
  argmax,
  avgPool,
  batchNorm,
  below,
  ceil,
  channelDropout,
  clip,
  concat,
  conv1d,
  conv2d,
  conv2dTranspose,
  cos,
  createRandom,
  dense,
  dropout,
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
  input,
  instanceNorm,
  lastPosition,
  layerNorm,
  like,
  log,
  logSoftmax,
  logSumExp,
  lstm,
  matmul,
  max,
  maximum,
  maxPool,
  mean,
  minimum,
  minus,
  type NetworkSpec,
  negate,
  network,
  over,
  pad,
  parameter,
  plus,
  positionEmbedding,
  power,
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

/** Rows of every check. */
export const B = 3;

/** B rows of n numbers. */
function pixels(n: number): number[] {
  const random = createRandom(3, 'pixels');
  return Array.from({ length: B * n }, () => random.normal());
}

/** Widths of all layers. The bound of floats takes the square of a network's operations: theirs are small. */
export interface Widths {
  readonly dense: readonly [input: number, first: number, second: number, output: number];
  readonly nested: { readonly embedding: number; readonly swiglu: number };
  readonly image: readonly [H: number, V: number];
}
export const wide: Widths = { dense: [3, 5, 4, 3], nested: { embedding: 3, swiglu: 5 }, image: [2, 3] };
export const narrow: Widths = { dense: [2, 3, 2, 2], nested: { embedding: 2, swiglu: 3 }, image: [1, 2] };

export const networkWith = (fn: ActivationName, { dense: [input, first, second, output] }: Widths): NetworkSpec => ({
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

/** Two indices a row: one row has an index twice, 1 and 3 never occur. */
const indices = [0, 4, 4, 4, 2, 0];

/** A title, the network of these widths, its inputs, and the lengths of padded sequences. */
export const checkedNetworks: readonly [string, (widths: Widths) => NetworkSpec, number[], number[]?][] = [
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
];

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
  createRandom,
  dense,
  dropout,
  elu,
  embedding,
  equal,
  erf,
  exp,
  expand,
  flatten,
  floor,
  gaussian,
  gelu,
  geluTanh,
  globalAvgPool,
  groupNorm,
  gru,
  heads,
  heaviside,
  input,
  instanceNorm,
  type LayerKind,
  type LayerSpec,
  lastPosition,
  layerNorm,
  layers,
  leakyRelu,
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
  relu,
  reshape,
  residual,
  resize,
  rmsNorm,
  round,
  selfAttention,
  sequential,
  shared,
  sigmoid,
  sign,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  sum,
  swiglu,
  take,
  tanh,
  times,
  transpose,
  upsample,
  type Value,
  where,
} from '@gradloom/core';
import { inputsOf } from '@gradloom/core/internal';

/** Two levels: what is seen at the full size meets what is seen at half of it. */
function uNet(): NetworkSpec {
  const two = (channels: number) => [
    ...[conv2d(channels, 3, { padding: 'same' }), tanh()],
    ...[conv2d(channels, 3, { padding: 'same' }), tanh()],
  ];
  const fine = input([6, 8, 2]).through(...two(3));
  const coarse = fine.through(avgPool(2), ...two(4), conv2dTranspose(3, 2, { stride: 2 }));
  return network(fine.concat(coarse).through(...two(3), conv2d(2, 1)));
}

/** [Iandola et al. 2016, fig. 1](https://arxiv.org/abs/1602.07360): few channels see all, and two windows see those. */
function fireModules(): NetworkSpec {
  const fire = (x: Value): Value => {
    const squeezed = x.through(conv2d(2, 1), tanh());
    return squeezed
      .through(conv2d(3, 1))
      .concat(squeezed.through(conv2d(3, 3, { padding: 'same' })))
      .through(tanh());
  };
  return network(fire(fire(input([5, 4, 3]))).through(globalAvgPool(), dense(3)));
}

/** [Hu et al. 2018](https://arxiv.org/abs/1709.01507): the means of channels say how much of each goes on. */
function squeezeAndExcitation(): NetworkSpec {
  const x = input([4, 5, 3]).through(conv2d(6, 3, { padding: 'same' }), batchNorm());
  const shares = x.through(globalAvgPool(), dense(2), tanh(), dense(6), sigmoid());
  return network(x.times(shares).plus(x).through(flatten(), dense(3)));
}

/** [Vaswani et al. 2017, fig. 1](https://arxiv.org/abs/1706.03762): a decoder reads what an encoder makes of a text. */
function encoderAndDecoder(): NetworkSpec {
  const x = input([5], 'source').through(embedding(9, 6), positionEmbedding());
  const memory = x.plus(x.through(layerNorm(), selfAttention(2, { causal: false }))).through(dense(4), tanh());
  let y = input([4], 'target').through(embedding(9, 6), positionEmbedding());
  y = y.plus(y.through(layerNorm(), selfAttention(2, { causal: true })));
  y = y.plus(y.through(layerNorm()).crossAttention(memory, 3));
  y = y.plus(y.crossAttention(memory, 1, { causal: true, bias: false }));
  y = y.crossAttention(memory.through(dense(12)), 2, { projections: false });
  return network(y.through(layerNorm(), dense(3)));
}

/** Two parts of a row go through one tower: how far apart are they? */
function siamese(): NetworkSpec {
  const tower = shared(conv2d(3, 3), tanh(), flatten(), dense(4));
  const apart = tower(input([5, 4, 1], 'one')).minus(tower(input([5, 4, 1], 'other')));
  return network(apart.square().sum().plus(1).sqrt().through(dense(2)));
}

/** [Cheng et al. 2016](https://arxiv.org/abs/1606.07792): numbers as they are, through a layer, and beside a text. */
function wideAndDeep(): NetworkSpec {
  const cells = input([4], 'cells');
  const words = input([5], 'review').through(embedding(9, 6), gru(5, { returns: 'last' }));
  return network(cells.concat([cells.through(dense(6), tanh()), words]).through(dense(2)));
}

/** Networks that together have every kind of layer and every activation, for code that must know all of them. */
export const everyLayer: Readonly<Record<string, NetworkSpec>> = {
  'dense layers and every activation': sequential(
    6,
    ...(Object.keys(activations) as ActivationName[])
      // The jump of step would hide errors of the layers below.
      .filter((fn) => fn !== 'step')
      .flatMap((fn): LayerSpec[] => [{ kind: 'dense', out: 7 }, { kind: 'activation', fn }, { kind: 'layer-norm' }]),
    dropout(0.5),
    leakyRelu({ alpha: 0.3 }),
    dense(8),
    elu({ alpha: 1.7 }),
    dense(3),
  ),
  steps: sequential(4, dense(5), heaviside(), dense(2)),
  norms: sequential(
    5,
    batchNorm({ epsilon: 1e-3 }),
    dense(4),
    batchNorm(),
    layerNorm({ epsilon: 1e-2 }),
    rmsNorm({ epsilon: 1e-3 }),
    dense(1),
  ),
  'residual blocks inside of each other': sequential(
    5,
    residual(
      dense(4),
      tanh(),
      residual(layerNorm({ bias: false }), swiglu(4, { bias: false })),
      dense(5, { bias: false }),
    ),
    batchNorm(),
    swiglu(2),
  ),
  'values that several layers read': sequential(
    5,
    dense(4, { name: 'a' }),
    tanh({ name: 't' }),
    dense(4),
    plus(['a', '2']),
    relu(),
    plus(['t', 'a'], { name: 's' }),
    plus(['4', 's']),
    layerNorm(),
    dense(4, { of: 's', name: 'd' }),
    plus(['7', 'd']),
    like('d', { name: 'e' }),
    plus(['e', 'd']),
    dense(2),
  ),
  'functions of values': sequential(
    [4, 3],
    dense(6, { name: 'a' }),
    tanh({ name: 't' }),
    square(),
    plus(1),
    sqrt({ name: 'r' }),
    log(),
    times(['t', '5'], { name: 's' }),
    abs(),
    power(1.5),
    plus(0.25),
    over(['s', '9'], { name: 'o' }),
    globalAvgPool({ of: 'a' }),
    dense(6, { name: 'gate' }),
    clip({ min: -1, max: 1.5 }),
    minimum(['o', '13'], { name: 'm' }),
    dense(1, { of: 'm' }),
    exp(),
    times(['m', '16'], { name: 'w' }),
    above(['w', 'gate']),
    where(['18', 'w', 'a']),
    negate(),
    maximum(['20', 'gate']),
    minus(['21', 'm'], { name: 'd' }),
    below(0.5, { of: 'd' }),
    plus(['23', 'd'], { name: 'e' }),
    equal(['e', 'e']),
    plus(['25', 'e']),
    plus(['26', 'gate']),
    sin({ name: 'u' }),
    erf(),
    cos({ name: 'v' }),
    floor({ of: 'u' }),
    ceil(),
    round(),
    sign({ name: 'z' }),
    plus(['v', 'z']),
    flatten(),
    dense(3),
  ),
  'a U-Net': uNet(),
  'fire modules': fireModules(),
  'squeeze and excitation': squeezeAndExcitation(),
  'a siamese network': siamese(),
  'an encoder and a decoder': encoderAndDecoder(),
  'wide and deep beside a text': wideAndDeep(),
  'an embedding': sequential(3, embedding(9, 4), flatten(), dense(6), relu(), dense(2)),
  'convolutions of a text': sequential(
    9,
    embedding(7, 6),
    batchNorm(),
    dense(4, { bias: false }),
    conv1d(6, 4, { padding: 'same', groups: 2 }),
    tanh(),
    avgPool(3, { stride: 2, padding: 1 }),
    conv1d(4, 2, { dilation: 2, bias: false }),
    batchNorm(),
    upsample(2),
    maxPool(2),
    flatten(),
    swiglu(3),
  ),
  'images that are cut and joined': sequential(
    [6, 5, 2],
    conv2d(3, 3, { padding: 'same', name: 'a' }),
    resize([3, 7], { mode: 'linear' }),
    conv2d(2, 1),
    resize([6, 5]),
    concat(['a', '3']),
    pad([[1, 0], 2, 0], { mode: 'reflect' }),
    slice([1, 0], [7, 4], { step: [2, 1] }),
    transpose({ axes: [1, 0, 2] }),
    take([0, 2, 2, -1], { axis: 1 }),
    reshape([16, -1]),
    pad([[0, 2], 1], { value: 0.5 }),
    reshape([18, 1, 7]),
    expand([2, -1, 3, 7]),
    reshape([108, 7]),
    resize(7, { mode: 'linear' }),
    flatten(),
    dense(3),
  ),
  'several outputs': sequential(
    [3, 2],
    dense(4, { name: 'a' }),
    tanh(),
    sum({ of: 'a', keepdims: true, name: 'all' }),
    heads({ first: 'a', second: '1', third: 'all' }),
  ),
  'a text whose vectors are cut and joined': sequential(
    9,
    embedding(7, 6, { name: 'e' }),
    slice(0, 4),
    pad([0, 1], { mode: 'edge' }),
    concat(['e', '2']),
    reshape([9, 3, 4]),
    transpose({ axes: [0, 2, 1] }),
    take([2, 0, 0]),
    reshape([9, 12]),
    selfAttention(2, { causal: true }),
    dense(7),
  ),
  'the last place of a text': sequential(
    6,
    embedding(7, 8),
    positionEmbedding(),
    residual(layerNorm({ bias: false }), dense(9, { bias: false }), gelu(), dense(8, { bias: false })),
    rmsNorm(),
    lastPosition(),
    dense(7, { bias: false }),
  ),
  'the last place of a signal': sequential(
    [9, 2],
    positionEmbedding(),
    conv1d(5, 3),
    dense(4),
    swiglu(6, { bias: false }),
    positionEmbedding(),
    dense(5),
    conv1d(5, 1),
    rmsNorm(),
    dense(6),
    avgPool(2),
    conv1d(4, 2),
    lastPosition(),
    layerNorm(),
    dense(3),
  ),
  'recurrent layers of a text': sequential(
    7,
    embedding(7, 5),
    gru(6),
    lstm(4, { reverse: true }),
    residual(gru(4, { reverse: true })),
    lstm(5, { returns: 'last' }),
    dense(3),
  ),
  'a text whose output shares the table of its embedding': sequential(
    5,
    embedding(7, 6),
    gru(6),
    residual(dense(7, { tiedTo: '0' }), tanh(), dense(6)),
    rmsNorm(),
    dense(7, { bias: false, tiedTo: '0' }),
  ),
  'recurrent layers of a signal': sequential(
    [6, 2],
    conv1d(3, 2),
    lstm(6),
    dense(4),
    gru(5, { returns: 'last', reverse: true }),
  ),
  'attention to a text': sequential(
    7,
    embedding(7, 8),
    positionEmbedding(),
    residual(layerNorm(), selfAttention(2, { causal: true })),
    selfAttention(1, { causal: false, bias: false }),
    dense(12),
    selfAttention(3, { causal: true, rotary: true, bias: false }),
    lastPosition(),
    dense(3),
  ),
  'attention by heads that share keys': sequential(
    7,
    embedding(7, 8),
    residual(rmsNorm(), selfAttention(4, { keyHeads: 2, causal: true, rotary: true, theta: 500, outBias: false })),
    geluTanh(),
    selfAttention(3, { keyHeads: 1, headSize: 4, causal: true, rotary: true, rotaryScaling: { factor: 2 } }),
    dense(7),
  ),
  'attention to a signal': sequential(
    [9, 2],
    conv1d(6, 2),
    selfAttention(3, { rotary: true, causal: false }),
    tanh(),
    conv1d(4, 3),
    selfAttention(1, { causal: true }),
    dense(3),
  ),
  'LeNet-5': sequential(
    [28, 28, 1],
    conv2d(6, 5, { padding: 2 }),
    tanh(),
    avgPool(2),
    conv2d(16, 5),
    tanh(),
    avgPool(2),
    flatten(),
    dense(120),
    tanh(),
    dense(84),
    tanh(),
    dense(10),
  ),
  'a convnet': sequential(
    [12, 10, 3],
    conv2d(8, 3),
    relu(),
    maxPool(2),
    channelDropout(0.2),
    conv2d(12, [3, 2], { padding: [1, 0], stride: [2, 1], dilation: [1, 2] }),
    relu(),
    maxPool([2, 1], { padding: [1, 0] }),
    flatten(),
    layerNorm(),
    rmsNorm(),
    batchNorm(),
    residual(tanh(), dense(48), layerNorm()),
    dropout(0.5),
    dense(4),
  ),
  'residual blocks of an image': sequential(
    [8, 8, 3],
    conv2d(4, 3, { padding: 'same', bias: false }),
    batchNorm(),
    relu(),
    residual(
      conv2d(4, 3, { padding: 1, bias: false }),
      batchNorm(),
      relu(),
      conv2d(4, 3, { padding: 1, bias: false }),
      batchNorm(),
    ),
    relu(),
    residual(
      [
        conv2d(6, 3, { stride: 2, padding: 1, bias: false }),
        batchNorm(),
        relu(),
        conv2d(6, 3, { padding: 1, bias: false }),
        batchNorm(),
      ],
      { shortcut: [conv2d(6, 1, { stride: 2, bias: false }), batchNorm()] },
    ),
    relu(),
    globalAvgPool(),
    dense(5),
  ),
  'a decoder': sequential(
    [2, 3, 4],
    dense(6),
    layerNorm(),
    rmsNorm(),
    conv2dTranspose(5, 3, { stride: 2, padding: 1, outputPadding: 1 }),
    batchNorm(),
    leakyRelu(),
    upsample([2, 1]),
    residual(dense(5), tanh(), swiglu(5)),
    conv2dTranspose(3, [3, 4], { stride: [1, 3], outputPadding: [0, 2], bias: false }),
  ),
  'attention in its parts': sequential(
    [5, 4],
    dense(6, { name: 'keys' }),
    dense(6, { of: 'input', name: 'queries' }),
    matmul(['queries', 'keys'], { transposeB: true }),
    softmax({ name: 'weights' }),
    matmul(['weights', 'keys']),
    instanceNorm({ affine: true }),
    matmul(['queries', '5'], { transposeA: true }),
    matmul(['keys', '6'], { transposeB: true }),
    softmax({ axis: 0 }),
    logSumExp({ axis: 1, name: 'sums' }),
    dense(4),
    logSoftmax(),
    dense(3),
  ),
  'reductions of an image': sequential(
    [4, 5, 3],
    conv2d(6, 2),
    groupNorm(3),
    tanh({ name: 'image' }),
    sum({ axis: 1, keepdims: true }),
    max({ axis: [0, 1], name: 'maxima' }),
    argmax({ of: 'image', axis: 2 }),
    sum({ axis: -1 }),
    dense(6, { name: 'places' }),
    mean({ of: 'image', axis: [0, 1] }),
    plus(['8', 'places']),
    plus(['9', 'maxima']),
    logSoftmax({ of: 'image', axis: 1 }),
    instanceNorm(),
    logSumExp({ axis: [0, 1] }),
    plus(['10', '13']),
    dense(3),
  ),
  'noise beside what it blurs': sequential(
    [4, 3, 2],
    conv2d(5, 2, { name: 'image' }),
    residual(gaussian()),
    globalAvgPool({ name: 'means' }),
    gaussian(4, { of: 'image' }),
    dense(5),
    plus(['means', '4']),
    parameter([2, 5], { init: 'normal', name: 'scales' }),
    times(['6', 'scales']),
    flatten(),
    dense(3),
  ),
  'depthwise convolutions': sequential(
    [7, 6, 2],
    conv2d(4, 3, { stride: 2, padding: 1 }),
    conv2d(8, [2, 3], { padding: 'same', groups: 4 }),
    relu(),
    conv2d(6, 1),
    flatten(),
    residual([dense(9), tanh()], { shortcut: [batchNorm(), dense(9)] }),
    dense(3),
  ),
};

/** Inputs for a network of this file: numbers, or the indices of its embedding. */
export function inputsFor(spec: NetworkSpec, rows: number): number[][] {
  const random = createRandom(3, 'inputs');
  const vocabularies = spec.layers.flatMap((layer) => ('vocabulary' in layer ? [layer.vocabulary] : []));
  const vocabulary = vocabularies.length === 0 ? null : Math.min(...vocabularies);
  const draw = () => (vocabulary === null ? 2 * random.normal() : random.integer(vocabulary));
  return Array.from({ length: rows }, () => Array.from({ length: inputsOf(spec) }, draw));
}

/** Weights like those after training: sums of products stay near 1; variances are above 0. */
export function weightsFor(spec: NetworkSpec): Float64Array {
  const { tensors, parameterCount } = buildNetwork(spec);
  const random = createRandom(4, 'weights');
  const parameters = Float64Array.from({ length: parameterCount }, () => random.normal());
  for (const { name, shape, offset, length } of tensors) {
    const terms = /W(g|h|i|v|q|kv|qkv|o)?$/.test(name) ? length / shape[shape.length - 1] : 1;
    for (let i = offset; i < offset + length; i++) {
      if (name.endsWith('runningVariance')) parameters[i] = 0.5 + Math.abs(parameters[i]);
      else parameters[i] /= Math.sqrt(terms);
    }
  }
  return parameters;
}

/** Kinds of layers and activations that none of the networks has. */
export function leftOut(): string[] {
  const kinds = new Set<string>(Object.keys(layers) as LayerKind[]);
  const functions = new Set<string>(Object.keys(activations));
  for (const spec of Object.values(everyLayer)) {
    const network = buildNetwork(spec);
    for (const layer of [...network.spec.layers, ...network.allLayers.map(({ spec }) => spec)]) {
      kinds.delete(layer.kind);
      if ('fn' in layer) functions.delete(layer.fn);
    }
  }
  return [...kinds, ...functions];
}

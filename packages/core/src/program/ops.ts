import {
  add,
  affine,
  affineBackwardInput,
  affineBackwardWeights,
  averageRows,
  scale,
} from '../backends/reference/reference.ts';
import type { Elements } from '../element-type.ts';
import { activate, activateBackward } from '../model/activations/activate.ts';
import { type Activation, type ActivationName, activations } from '../model/activations/index.ts';
import type { Loss } from '../model/losses/loss.ts';
import type { Optimizer, UpdateKernel } from '../train/optimizers/optimizer.ts';
import {
  count,
  defineOp,
  double,
  type Emit,
  flag,
  inout,
  inouts,
  input,
  number,
  type Op,
  output,
  stride,
  text,
} from './op.ts';
import {
  averageWeights,
  batchNormBackwardInput,
  batchNormForward,
  checkIndices,
  copy,
  dropout,
  embeddingBackward,
  embeddingForward,
  fill,
  gateBackward,
  gateForward,
  layerNormBackwardInput,
  layerNormForward,
  leafMean,
  leafProducts,
  leafSums,
  maxNorm,
  movingAverage,
  normBackwardWeights,
  plus,
  subtractRow,
  weighLosses,
} from './reference/index.ts';
import { clip, noteStep, takeHyper } from './step-ops.ts';

/**
 * Every operation that is not one of a family below: what it takes, in order, and the plain code that defines its bits.
 * To add one, write its reference, list it here, and, for a fast one, in backends/wasm/wasm-ops.ts.
 */
export const ops = {
  /** y[B,O] = x[B,I] · W[I,O] + b[O]. */
  affine: defineOp(
    'affine',
    {
      ...{ y: output('B', 'O'), x: input('B', 'I'), W: input('I', 'O'), b: input('O') },
      ...{ B: count, I: count, O: count },
    },
    affine,
    { usesScratch: true },
  ),
  /** dx[B,I] = dy[B,O] · Wᵀ. */
  affineBackwardInput: defineOp(
    'affineBackwardInput',
    { dx: output('B', 'I'), dy: input('B', 'O'), W: input('I', 'O'), B: count, I: count, O: count },
    affineBackwardInput,
    { usesScratch: true },
  ),
  /** dW[I,O] = xᵀ · dy and db[O] = Σₙ dy, by the tree over leaves. */
  affineBackwardWeights: defineOp(
    'affineBackwardWeights',
    {
      ...{ dW: inout('I', 'O'), db: inout('O'), x: input('B', 'I'), dy: input('B', 'O') },
      ...{ B: count, leaf: count, joins: flag, I: count, O: count },
    },
    affineBackwardWeights,
    { usesScratch: true },
  ),
  /** g = the mean of S rows of gradients, and its sum of squares. */
  averageRows: defineOp(
    'averageRows',
    {
      ...{ square: double(output(1)), g: output('n'), first: inout('S', 'row') },
      ...{ S: count, row: stride, n: count, share: number },
    },
    averageRows,
  ),
  /** sum += term. */
  add: defineOp('add', { sum: inout('n'), term: input('n'), n: count }, add),
  /** g *= factor. */
  scale: defineOp('scale', { g: inout('n'), n: count, factor: double(input(1)) }, scale),
  /** y = x. */
  copy: defineOp('copy', { y: output('n'), x: input('n'), n: count }, copy),
  /** y = a + b. */
  plus: defineOp('plus', { y: output('n'), a: input('n'), b: input('n'), n: count }, plus),
  /** Every y = value. */
  fill: defineOp('fill', { y: output('n'), value: number, n: count }, fill),
  /** y = x times a random mask. */
  dropout: defineOp(
    'dropout',
    {
      ...{ y: output('B', 'size'), x: input('B', 'size'), place: double(input(2)), B: count, size: count },
      ...{ key0: count, key1: count, threshold: count, factor: number },
    },
    dropout,
  ),
  /** y = each row of x with a mean of 0 and a variance of 1, times gamma, plus beta. */
  layerNormForward: defineOp(
    'layerNormForward',
    {
      ...{ y: output('B', 'size'), xHat: output('B', 'size'), scales: output('B'), x: input('B', 'size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count, epsilon: number },
    },
    layerNormForward,
  ),
  /** The gradient of gamma and beta. */
  normBackwardWeights: defineOp(
    'normBackwardWeights',
    {
      ...{ dGamma: inout('size'), dBeta: inout('size'), sums: inout('levels', 2, 'size'), dy: input('B', 'size') },
      ...{ xHat: input('B', 'size'), B: count, leaf: count, joins: flag, size: count },
    },
    normBackwardWeights,
  ),
  /** That of the rows. */
  layerNormBackwardInput: defineOp(
    'layerNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), g: inout('size'), dy: input('B', 'size'), xHat: input('B', 'size') },
      ...{ scales: input('B'), gamma: input('size'), B: count, size: count },
    },
    layerNormBackwardInput,
  ),
  /** sums[k] = the sum of the rows of leaf k. */
  leafSums: defineOp(
    'leafSums',
    { sums: output('leaves', 'size'), a: input('B', 'size'), B: count, leaf: count, size: count },
    leafSums,
  ),
  /** sums[k] = that of products. */
  leafProducts: defineOp(
    'leafProducts',
    {
      ...{ sums: output('leaves', 'size'), a: input('B', 'size'), b: input('B', 'size') },
      ...{ B: count, leaf: count, size: count },
    },
    leafProducts,
  ),
  /** mean = the tree's sum of sums of leaves, over the rows. */
  leafMean: defineOp(
    'leafMean',
    {
      ...{ mean: output('size'), levels: inout('levels', 'size'), sums: input('leaves', 'size') },
      ...{ leaves: count, size: count, rows: count },
    },
    leafMean,
  ),
  /** y[n] = x[n] - row. */
  subtractRow: defineOp(
    'subtractRow',
    { y: output('B', 'size'), x: input('B', 'size'), row: input('size'), B: count, size: count },
    subtractRow,
  ),
  /** y = the centered rows over their deviation, times gamma, plus beta. */
  batchNormForward: defineOp(
    'batchNormForward',
    {
      ...{ y: output('B', 'size'), xHat: inout('B', 'size'), scales: output('size'), variance: input('size') },
      ...{ gamma: input('size'), beta: input('size'), B: count, size: count, epsilon: number },
    },
    batchNormForward,
  ),
  /** The gradient of the rows. */
  batchNormBackwardInput: defineOp(
    'batchNormBackwardInput',
    {
      ...{ dx: output('B', 'size'), dy: input('B', 'size'), xHat: input('B', 'size'), scales: input('size') },
      ...{ gamma: input('size'), meanDy: input('size'), meanDyXHat: input('size'), B: count, size: count },
    },
    batchNormBackwardInput,
  ),
  /** running = a moving average of value · factor. */
  movingAverage: defineOp(
    'movingAverage',
    { running: inout('n'), value: input('n'), n: count, momentum: number, factor: number },
    movingAverage,
  ),
  /** y = silu(g) · v. */
  gateForward: defineOp('gateForward', { y: output('n'), g: input('n'), v: input('n'), n: count }, gateForward),
  /** g = dg and v = dv. */
  gateBackward: defineOp('gateBackward', { g: inout('n'), v: inout('n'), dy: input('n'), n: count }, gateBackward),
  /** Refuses a row with an index that the vocabulary does not have. Only plain code: it ends the program. */
  checkIndices: defineOp('checkIndices', { x: input('n'), n: count, k: count, V: count, where: text }, checkIndices),
  /** y = the rows x of E. */
  embeddingForward: defineOp(
    'embeddingForward',
    { y: output('n', 'width'), x: input('n'), E: input('V', 'width'), n: count, width: count },
    embeddingForward,
  ),
  /** The gradient of E. */
  embeddingBackward: defineOp(
    'embeddingBackward',
    {
      ...{ dE: inout('V', 'width'), firstPlace: double(inout('V')), nextPlace: double(inout('B', 'k')) },
      ...{
        sums: inout('levels', 'width'),
        leafOf: double(inout('levels')),
        x: input('B', 'k'),
        dy: input('B', 'k', 'width'),
      },
      ...{ B: count, k: count, leaf: count, joins: flag, V: count, width: count },
    },
    embeddingBackward,
  ),
  /** The losses of rows as sums of leaves, and their gradients, times a weight of each row. */
  weighLosses: defineOp(
    'weighLosses',
    {
      ...{ lossSums: double(output('leaves')), dy: inout('B', 'O'), losses: double(input('B')), w: double(input('B')) },
      ...{ B: count, leaf: count, O: count },
    },
    weighLosses,
  ),
  /** average = a moving average of the weights theta. */
  averageWeights: defineOp(
    'averageWeights',
    { average: inout('n'), theta: input('n'), n: count, share: double(input(1)) },
    averageWeights,
  ),
  /** W with no column of its first n longer than a limit. */
  maxNorm: defineOp(
    'maxNorm',
    { W: inout('I', 'row'), factors: double(output('n')), I: count, row: stride, n: count, limit: number },
    maxNorm,
  ),
  /** factor = what clipping multiplies the gradient by. */
  clip: defineOp(
    'clip',
    { factor: double(output(1)), squares: double(input('blocks')), blocks: count, clipNorm: number },
    clip,
  ),
  /** hyper = those of the next step. */
  takeHyper: defineOp(
    'takeHyper',
    { hyper: double(output('H')), hypers: double(input('H')), next: double(inout(1)), H: count },
    takeHyper,
  ),
  /** Notes a step's loss and norm, and whether they are finite. */
  noteStep: defineOp(
    'noteStep',
    {
      ...{ note: double(inout(2)), losses: double(inout(1)), norms: double(inout(1)) },
      ...{ lossSums: double(inout('leaves')), squares: double(input('blocks')) },
      ...{ leaves: count, blocks: count, rows: count },
    },
    noteStep,
  ),
};

/** 'softmax-cross-entropy' as softmaxCrossEntropy, the name of a function. */
const functionName = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** a[n] = f(z), and dz[n] = da · f′; `za` is what the activation reads. */
export interface ActivationOps {
  readonly forward: Op<[a: Elements, z: Elements, n: number, alpha: number]>;
  readonly backward: Op<[dz: Elements, da: Elements, za: Elements, n: number, alpha: number]>;
}

/** The name of a user's own operations: no backend has one under it. */
export const ownName = (name: string): string => `own:${name}`;

/** The operations of each activation. Only one with a parameter of its own takes alpha. */
export const activationOps = Object.fromEntries(
  Object.entries(activations).map(([name, f]) => [name, activationOpsOf(functionName(name), f)]),
) as Readonly<Record<ActivationName, ActivationOps>>;

/** Those of a user's own. */
export const ownActivationOps = (name: string, f: Activation): ActivationOps => activationOpsOf(ownName(name), f);

function activationOpsOf(name: string, f: Activation): ActivationOps {
  const alpha = f.alpha === 0 ? {} : { alpha: number };
  return {
    forward: defineOp(`${name}Forward`, { a: output('n'), z: input('n'), n: count, ...alpha }, (a, z, n, alpha) =>
      activate(f, a, z, n, alpha),
    ),
    backward: defineOp(
      `${name}Backward`,
      { dz: output('n'), da: input('n'), za: input('n'), n: count, ...alpha },
      (dz, da, za, n, alpha) => activateBackward(f, dz, da, za, n, alpha),
    ),
  };
}

/** The loss of the leaves of B rows, and its gradient. Only a variant takes its parameter. */
export const lossOp = ({ name, targets, evaluate, own, variant }: Loss) =>
  defineOp(
    own === undefined ? functionName(variant?.name ?? name) : ownName(own),
    {
      ...{ lossSums: double(output('leaves')), dy: output('B', 'O'), y: input('B', 'O') },
      ...{ t: targets === 'classes' ? input('B') : input('B', 'O') },
      ...{ B: count, leaf: count, O: count },
      ...(variant === undefined ? {} : { parameter: number }),
    },
    evaluate,
  );

/** The call of `lossOp`. */
export function emitLossOf(
  emit: Emit,
  loss: Loss,
  ...args: [lossSums: Float64Array, dy: Elements, y: Elements, t: Elements, B: number, leaf: number, O: number]
): void {
  const { variant } = loss;
  if (variant === undefined) emit(lossOp(loss), ...args);
  else emit(lossOp(loss), ...args, variant.parameter);
}

/** An optimizer's name as that of a function; with momentum it is another one. */
const updateName = ({ name, slots }: Optimizer): string =>
  `${functionName(name)}${slots.includes('momentum') ? 'Momentum' : ''}`;

/** One update of n parameters by their mean gradient. */
export const updateOp = (optimizer: Optimizer) =>
  defineOp(
    updateName(optimizer),
    { theta: inout('n'), g: input('n'), state: inouts('n'), n: count, hyper: double(input('H')) },
    optimizer.update,
  );

/** `averageRows`, and an update by what it would have written, which is left nowhere: see fuse.ts. */
export const meanUpdateOp = (name: string, update: UpdateKernel) =>
  defineOp(
    `${name}OfMean`,
    {
      ...{ square: double(output(1)), theta: inout('n'), state: inouts('n'), n: count, hyper: double(input('H')) },
      ...{ first: inout('S', 'row'), row: stride, S: count, share: number },
    },
    (
      square: Float64Array,
      theta: Elements,
      state: readonly Elements[],
      n: number,
      hyper: Float64Array,
      first: Elements,
      row: number,
      S: number,
      share: number,
    ) => {
      averageRows(square, first, first, S, row, n, share);
      update(theta, first, state, n, hyper);
    },
  );

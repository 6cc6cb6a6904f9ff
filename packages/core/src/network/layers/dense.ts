import { OptionError } from '../../checks/option-error.ts';
import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
  text,
} from '../../checks/options/index.ts';
import { listed, show } from '../../checks/show.ts';
import { initializer } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
import type { ProductShape } from '../../math/scratch.ts';
import { type ConvolutionGeometry, ONE_POSITION } from '../../math/windows.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { sumLevels } from '../../program/reference/sum-rows.ts';
import { channelsOf, positionsOf, type Shape } from '../shape.ts';
import { atEachPosition } from './at-each-position.ts';
import { initializedTensor, rowOf, spreadMatrix } from './initialized-tensor.ts';
import type { Layer, TensorSpec } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const denseOptions = defineOptions('dense', {
  /** Inputs I, the last axis. @default that of the layer before */
  in: positiveInteger(),
  /** Outputs O. */
  out: required(positiveInteger),
  /**
   * Path of an embedding before this layer, such as '0', whose table E is shared: W = Eᵀ. Then `in` is the width of the
   * embedding and `out` its vocabulary. @default none
   */
  tiedTo: text('the path of an embedding before this layer')(),
  /** Whether to add b [O]. @default true */
  bias: flag(true),
  /** Initializer of the weights W [I, O]. @default 'glorot-uniform', as in Keras */
  init: initializer('glorot-uniform'),
  /** Initializer of the biases b [O]. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of a dense layer. */
export interface DenseOptions extends OptionsOf<typeof denseOptions.table>, Named {}

/**
 * y = x · W + b with W [I, O], b [O], on the last axis of each position of a row. With `tiedTo` W is the transposed
 * table of an embedding, as in [Press and Wolf 2017](https://arxiv.org/abs/1608.05859), and b is added at last.
 */
export function dense(options: DenseOptions, context: LayerContext): Layer {
  const { in: chosenInputs, out: O, bias, tiedTo, init, biasInit } = denseOptions.read(options);
  const { input, customParts } = context;
  const I = chosenInputs ?? channelsOf(input);
  const positions = input.slice(0, -1);
  const R = positionsOf(input);
  const W = spreadMatrix('W', [I, O], init, [I, O], customParts);
  const b = initializedTensor('b', [O], biasInit, [I, O], customParts);
  const inputShape = [...positions, I];
  const shape = { in: [inputShape], out: [...positions, O], elementwise: false, reads: { x: true, y: false } };
  if (tiedTo !== undefined) {
    const isTrained = checkTie(options, tiedTo, I, context);
    const E: TensorSpec = { name: 'W', shape: [O, I], tiedTo: `${tiedTo}.E`, isTrained, initialize: () => undefined };
    return {
      ...shape,
      ...tiedPasses(inputShape, O, isTrained),
      label: `dense(${I}->${O}, tied to ${tiedTo})`,
      tensors: bias ? [E, b] : [E],
    };
  }
  return {
    ...shape,
    label: `dense(${I}->${O})`,
    tensors: bias ? [W, b] : [W],
    products: positionProducts(R, I, O),
    // Without a bias: zeros in its place, and its unused gradient.
    createMemory: (_rows, allocate) => ({ arrays: bias ? [] : [allocate(O), allocate(O)] }),
    ...atEachPosition(inputShape, (y, x, [W, b], N, { emit }, { arrays: [zeros] }) => {
      if (!bias) emit(ops.fill, zeros, 0, O);
      emit(ops.affine, y, x, W, bias ? b : zeros, N, I, O, rowOf(W, I));
    }),
    backward([dx], dy, [x], _y, [W], gradients, B, { emit, leafRows, accumulate }, { arrays: [, unused] }) {
      if (gradients !== null) {
        const [dW, db = unused] = gradients;
        emitBackwardWeights(emit, dW, db, x, dy, B, leafRows, accumulate, R, I, O);
      }
      if (dx !== null) emit(ops.affineBackwardInput, dx, dy, W, B * R, I, O);
    },
  };
}

/** Whether the table of the embedding at `tiedTo` learns. @throws OptionError if the layer cannot share it. */
function checkTie(options: DenseOptions, tiedTo: string, I: number, { before, isFrozen }: LayerContext): boolean {
  const { kind, layer } = before.get(tiedTo) ?? {};
  if (layer === undefined || kind !== 'embedding') {
    const embeddingPaths = [...before].filter(([, { kind }]) => kind === 'embedding').map(([path]) => show(path));
    const actual = layer === undefined ? '' : `, which is ${layer.label}`;
    const hint = embeddingPaths.length === 0 ? ', but there is none' : `: ${listed(embeddingPaths)}`;
    const problem = `has ${show(tiedTo)}${actual}, expected the path of an embedding before this layer${hint}`;
    throw new OptionError('dense', 'tiedTo', problem);
  }
  const [{ shape, isTrained = true }] = layer.tensors;
  const [V, width] = shape;
  const refuse = (name: string, value: unknown, expected: string) => {
    const problem = `has ${show(value)}, expected ${expected} of ${layer.label} at layer ${tiedTo}`;
    throw new OptionError('dense', name, problem);
  };
  if (options.init !== undefined) refuse('init', options.init, 'none: the weights are those');
  if (options.out !== V) refuse('out', options.out, `${V}, the vocabulary`);
  if (I !== width) refuse('in', I, `${width}, the width`);
  if (isFrozen === true && isTrained) refuse('freeze', true, 'false, since W is the trained table');
  return isTrained;
}

/** The passes with the table E [O, I] of an embedding for Wᵀ. */
function tiedPasses(
  shape: Shape, // of the inputs
  O: number,
  isTableTrained: boolean,
): Pick<Layer, 'products' | 'createMemory' | 'forward' | 'forwardNext' | 'backward'> {
  const [R, I] = [positionsOf(shape), channelsOf(shape)];
  return {
    products: positionProducts(R, O, I),
    // Zeros in place of a bias, its unused gradient, and partial sums of db.
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [allocateForBackward(I), allocateForBackward(I), allocateForBackward(sumLevels(rows, R) * O)],
    }),
    ...atEachPosition(shape, (y, x, [E, b], N, { emit }) => {
      emit(ops.affineBackwardInput, y, x, E, N, O, I);
      if (b !== undefined) emit(ops.addRow, y, b, N, O);
    }),
    backward([dx], dy, [x], _y, [E], gradients, B, { emit, leafRows, accumulate }, { arrays: [zeros, unused, sums] }) {
      if (gradients !== null) {
        const [dE, db] = gradients;
        if (isTableTrained) emitBackwardWeights(emit, dE, unused, dy, x, B, leafRows, accumulate, R, O, I);
        if (db !== undefined) emit(ops.positionSums, db, sums, dy, B, leafRows, accumulate, R, O);
      }
      if (dx === null) return;
      emit(ops.fill, zeros, 0, I);
      emit(ops.affine, dx, dy, E, zeros, B * R, O, I, I);
    },
  };
}

/** A product at each position is a convolution with a window of one position. */
export const geometryOf = (R: number, I: number, O: number): ConvolutionGeometry => ({
  height: ONE_POSITION,
  width: { ...ONE_POSITION, inputs: R, outputs: R },
  C: I,
  O,
  groups: 1,
});

/** Shapes of the products of I x O weights at R positions of a row. */
export const positionProducts = (R: number, I: number, O: number): readonly ProductShape[] =>
  R === 1
    ? [[I, O]]
    : [
        [I, O],
        [I, O, geometryOf(R, I, O)],
      ];

/** Emits dW = Σ xᵀ · dy and db = Σ dy over the R positions of B rows. Overwrites them, or adds if `accumulate`. */
export function emitBackwardWeights(
  emit: Emit,
  dW: Elements, // [I, O] out
  db: Elements, // [O] out
  x: Elements, // [B, R, I]
  dy: Elements, // [B, R, O]
  B: number,
  leafRows: number,
  accumulate: boolean,
  R: number,
  I: number,
  O: number,
): void {
  if (R === 1) emit(ops.affineBackwardWeights, dW, db, x, dy, B, leafRows, accumulate, I, O);
  else emit(ops.convBackwardWeights, dW, db, x, dy, B, accumulate, geometryOf(R, I, O));
}

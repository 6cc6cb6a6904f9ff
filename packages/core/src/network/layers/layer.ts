import type { Activation } from '../../families/activations/activation.ts';
import type { Expression } from '../../families/scalars/expression.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Random } from '../../math/random/create-random.ts';
import type { Allocate, ProductShape } from '../../math/scratch.ts';
import type { Emit } from '../../program/op.ts';
import type { Shape } from '../shape.ts';
import type { LayerMemory, TeamMemory } from './memory.ts';

/** Settings of a pass over rows, from which its operations are emitted. */
export interface Pass {
  /** Appends an operation to the program. */
  readonly emit: Emit;
  /** False at evaluation, where dropout is the identity. */
  readonly training: boolean;
  /**
   * Whether layers of random numbers draw: by seed, step and row of the batch in training, else by the row that
   * `stepAndRow` has. Where they do not, they are 0. @default training
   */
  readonly draws?: boolean;
  /** Seed of dropout and draws. */
  readonly seed: number;
  /** Rows of a leaf. Gradients are summed within leaves, and leaves by a tree. */
  readonly leafRows: number;
  /** Whether to add gradients to their arrays, which hold the sum of the rows to the left. */
  readonly accumulate: boolean;
  /** The batch that the rows belong to. Only layers that couple rows read it. */
  readonly batch: BatchSlice;
  /** [2] Step, counted from 0, and index of the first row in the batch. Operations read them when they run. */
  readonly stepAndRow: Float64Array;
  /**
   * Real positions [B] of each part of a row: the first ones; all others are padding. A layer that reads lengths gets
   * those of each of its inputs.
   */
  readonly lengths: readonly Float64Array[];
}

/** Further positions of rows of sequences, after those whose pass left their layers' memory as it is. */
export interface NextPass extends Pass {
  /** Number of positions. */
  readonly n: number;
  /** The row in memory that all of them belong to; null: one position of each of rows 0 to n - 1. */
  readonly row: number | null;
  /** Whether they are the first of the row. Then memory may hold anything. */
  readonly begins: boolean;
  /** [T] The index of each of them, in its first n numbers. Operations read it when they run. */
  readonly positions: Elements;
}

/** The part of a batch that a pass takes. */
export interface BatchSlice {
  /** Rows of the whole batch. */
  readonly rows: number;
  /** Leaves of the whole batch. */
  readonly leaves: number;
  /** The first leaf of the pass. */
  readonly firstLeaf: number;
  /** Whether an earlier pass of this thread has filled the arrays of `allocatePerThread`. @default false */
  readonly isLaterPass?: boolean;
}

/** Placeholder for passes whose layers do not read `batch`, as in evaluation. */
export const NO_BATCH: BatchSlice = { rows: 0, leaves: 0, firstLeaf: 0 };

/** Settings of a pass at evaluation, which has no random numbers and no gradients. */
export const EVALUATION = {
  training: false,
  seed: 0,
  leafRows: 1,
  accumulate: false,
  batch: NO_BATCH,
  stepAndRow: new Float64Array(2),
} satisfies Partial<Pass>;

/** A tensor of a layer: trained weights, or a state that the layer's passes update. */
export interface TensorSpec {
  /** Name, such as 'W' or 'b'. */
  readonly name: string;
  /** Shape, such as [I, O]. */
  readonly shape: readonly number[];
  /** False for a state and for frozen tensors: no gradient, and updates leave them alone. @default true */
  readonly isTrained?: boolean;
  /** Whether it is a constant, although others of the layer learn. @default that of the layer */
  readonly isFrozen?: boolean;
  /**
   * Path and name of the tensor whose numbers these are: '0.E'. This one has a gradient of its own, but no place among
   * the parameters.
   * @default none
   */
  readonly tiedTo?: string;
  /**
   * Whether forward passes read this matrix [I, O] by `affine` alone, with rows `rowOf` apart: then a model that only
   * answers spreads them in memory. @default false
   */
  readonly isSpread?: boolean;
  /** Writes the starting values. Overwrites `out`. */
  initialize(out: Elements, random: Random): void;
}

/**
 * A function of rows, written as operations: `forward` and `backward` append operations to a program and compute
 * nothing. So a layer has no state, and any thread and backend can run it.
 */
export interface Layer {
  /** Name in error messages: `dense(784->128)`. */
  readonly label: string;
  /** Shape of a row of each input. */
  readonly in: readonly Shape[];
  /** Shape of a row's outputs. */
  readonly out: Shape;
  /** Indices of the values that it reads: see `PlacedLayer.inputs`. @default the value before it */
  readonly of?: readonly number[];
  /**
   * Whether y[i] depends only on element i of each input. Then `y` may be the array of the first input if that is not
   * read later, and the first of `dxs` may be `dy`, so it is written last.
   */
  readonly elementwise: boolean;
  /** Whether only the shape changes, so that `y` can always be the array of `x`. @default false */
  readonly isView?: boolean;
  /** Whether the gradient by each input is `dy` itself: `backward` is not called. @default isView */
  readonly passesGradient?: boolean;
  /** Whether `backward` overwrites `dy`, so that it gets a copy if another layer reads `dy`, too. @default false */
  readonly overwritesDy?: boolean;
  /** Arrays that `backward` reads. Only these are kept; others may hold anything. */
  readonly reads: {
    /** Inputs of the forward pass. */
    readonly x: boolean;
    /** Outputs of the forward pass. */
    readonly y: boolean;
  };
  /** Tensors in their order in the parameter vector. */
  readonly tensors: readonly TensorSpec[];
  /** Shapes of the layer's dense products. Kernels need them to size their scratch. @default none */
  readonly products?: readonly ProductShape[];
  /** The function of an activation layer; absent for other layers. */
  readonly activation?: {
    /** The function and its derivative. */
    readonly f: Activation;
    /** Its parameter α. */
    readonly alpha: number;
  };
  /** The function of its inputs, number by number, of a formula; absent for others, and for sums of one shape. */
  readonly expression?: Expression;
  /** Whether a row's output depends on other rows of the batch in training: passes have barriers. @default false */
  readonly couplesRows?: boolean;
  /** Whether the passes read `Pass.lengths`. @default false */
  readonly readsLengths?: boolean;
  /**
   * For each input, whether the outputs have its positions, the first axis, one for one. If so they have its lengths.
   * @default whether their numbers are equal, and the outputs have positions if the input has
   */
  readonly keepsPositions?: readonly boolean[];
  /** How many numbers of each row passes store by position. @default the size of `out` if it has positions, else 0 */
  readonly positionNumbers?: number;
  /** Allocates the layer's memory for up to `rows` rows, besides inputs and outputs. Absent if it needs none. */
  createMemory?(rows: number, allocate: Allocate, team: TeamMemory): LayerMemory;

  /** Emits operations that overwrite `y`. */
  forward(
    y: Elements, // [B, out] out
    xs: readonly Elements[], // of each input, [B, in]
    parameters: readonly Elements[], // one array per tensor
    B: number,
    pass: Pass,
    memory: LayerMemory,
  ): void;

  /**
   * Emits operations that overwrite `y` with the outputs of n further positions of one row, to the bits of `forward` on
   * the whole row. Absent if an output depends on later positions, or if positions are not the first axis.
   */
  forwardNext?(
    y: Elements, // [n, out of a position] out
    xs: readonly Elements[], // of each input, [n, in of a position]
    parameters: readonly Elements[],
    pass: NextPass,
    memory: LayerMemory, // as left by the positions before
  ): void;

  /**
   * Emits operations that overwrite `dxs` and all `gradients`, or add to `gradients` if `pass.accumulate`. What is null
   * is not needed: `gradients` of a frozen layer are. For B = 0 gradients become 0. A gradient is summed by the tree
   * over leaves of `pass.leafRows` rows, see src/math/tree/leaves.ts.
   */
  backward(
    dxs: readonly (Elements | null)[], // of each input, [B, in] out
    dy: Elements, // [B, out]
    xs: readonly Elements[], // [B, in]
    y: Elements, // [B, out]
    parameters: readonly Elements[],
    gradients: readonly Elements[] | null,
    B: number,
    pass: Pass,
    memory: LayerMemory, // as left by the forward pass of this layer
  ): void;
}

/**
 * Called with every array of rows right after it is written, for probes and checks: the output of each layer
 * ('forward'), the gradient of the loss by the network's outputs ('loss'), that by the outputs of a layer, which all
 * layers that read them have added to ('gradient'), and that of one layer by an input ('backward').
 */
export type Inspect = (
  phase: 'forward' | 'loss' | 'gradient' | 'backward',
  layer: Layer,
  rows: Elements,
  n: number,
) => void;

/** Whether a layer has a tensor that learns. */
export const hasTrainedTensor = ({ tensors }: Layer): boolean => tensors.some(({ isTrained = true }) => isTrained);

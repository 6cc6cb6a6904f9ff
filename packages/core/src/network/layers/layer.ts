import type { Activation } from '../../families/activations/activation.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Random } from '../../math/random/create-random.ts';
import type { Allocate, ProductShape } from '../../math/scratch.ts';
import type { Emit } from '../../program/op.ts';
import type { Shape } from '../shape.ts';
import type { LayerMemory, Share } from './memory.ts';

/** What the program of a pass over rows depends on besides the rows. */
export interface Pass {
  /** Puts an operation at the end of the program. */
  readonly emit: Emit;
  /** False at evaluation: dropout is the identity. */
  readonly training: boolean;
  /** Seed of dropout. */
  readonly seed: number;
  /** Rows of a leaf: gradients are summed leaf by leaf, and the leaves by a tree. */
  readonly leaf: number;
  /** Whether gradients are added to what stands in their arrays: the sum of the rows to the left. */
  readonly joins: boolean;
  /** The batch that the rows are part of. Only layers that couple rows ask for it. */
  readonly batch: BatchPlace;
  /** [2] Where the program finds the step, counted from 0, and the index of its first row in the batch. */
  readonly place: Float64Array;
}

/** Which part of a batch a pass has. */
export interface BatchPlace {
  /** Rows of the whole batch. */
  readonly rows: number;
  /** Its leaves. */
  readonly leaves: number;
  /** The first leaf of the pass. */
  readonly firstLeaf: number;
  /** Whether a pass before this one, of the same thread, leaves what `Share.own` holds. Absent: none does. */
  readonly follows?: boolean;
}

/** Of a pass whose layers do not ask, as in evaluation. */
export const NO_BATCH: BatchPlace = { rows: 0, leaves: 0, firstLeaf: 0 };

/** A tensor of a layer: trained, or a state that its passes write. */
export interface TensorSpec {
  /** Its name, such as 'W' or 'b'. */
  readonly name: string;
  /** Shape, such as [I, O]. */
  readonly shape: readonly number[];
  /** False for a state: it has no gradient, and no update or weight decay touches it. @default true */
  readonly isTrained?: boolean;
  /** Writes the starting values. Overwrites `out`. */
  initialize(out: Elements, random: Random): void;
}

/**
 * A function of rows, written as operations: `forward` and `backward` put those of a pass at the end of a program. They
 * compute nothing themselves, so a layer is stateless, and any thread and any backend can run it.
 */
export interface Layer {
  /** Name in error messages: `dense(784->128)`. */
  readonly label: string;
  /** Shape of a row's inputs. */
  readonly in: Shape;
  /** Shape of its outputs. */
  readonly out: Shape;
  /** y[i] depends only on x[i]: `dx` may then be `dy`, and `y` may be `x` if `x` is not read later. */
  readonly elementwise: boolean;
  /** Arrays that `backward` reads; only these are kept. The others may hold anything. */
  readonly reads: {
    /** The inputs of `forward`. */
    readonly x: boolean;
    /** Its outputs. */
    readonly y: boolean;
  };
  /** In their order in the parameter vector. */
  readonly tensors: readonly TensorSpec[];
  /**
   * Shapes of the dense products in its passes, without those of nested layers; the scratch of the kernels depends on
   * them. Absent: none.
   */
  readonly products?: readonly ProductShape[];
  /** The function of an activation layer. Absent: it is none. */
  readonly activation?: {
    /** The function and its derivative. */
    readonly f: Activation;
    /** Its parameter. */
    readonly alpha: number;
  };
  /** Nested layers, in order. Its tensors are theirs. */
  readonly inner?: readonly Layer[];
  /**
   * In training a row's output depends on the other rows of the batch, so passes have barriers in them. Absent: no.
   */
  readonly couplesRows?: boolean;
  /** Memory of the layer for up to `rows` rows, besides input and output. Absent: nothing. */
  createMemory?(rows: number, allocate: Allocate, share: Share): LayerMemory;

  /** Operations that overwrite `y`. */
  forward(
    y: Elements, // [B, out] out
    x: Elements, // [B, in]
    parameters: readonly Elements[], // one array a tensor
    B: number,
    pass: Pass,
    memory: LayerMemory,
    inspect?: Inspect, // for nested layers
  ): void;

  /**
   * Operations that overwrite `dx` (unless null: nobody needs it) and every array of `gradients`, for B = 0 with
   * zeros; where `pass.joins`, adds to `gradients`. A gradient is the tree over leaves of `pass.leaf` rows: see
   * tree/leaves.ts.
   */
  backward(
    dx: Elements | null, // [B, in] out
    dy: Elements, // [B, out]
    x: Elements, // [B, in]
    y: Elements, // [B, out]
    parameters: readonly Elements[],
    gradients: readonly Elements[],
    B: number,
    pass: Pass,
    memory: LayerMemory, // as left by the forward pass of this layer
    inspect?: Inspect,
  ): void;
}

/**
 * Called with every array of rows right after it is written, for probes and checks: the output of a layer ('forward'),
 * the gradient with respect to the output of the last layer of a stack ('loss'), and with respect to the input of each
 * ('backward'). A layer that holds others passes it on to them.
 */
export type Inspect = (phase: 'forward' | 'loss' | 'backward', layer: Layer, rows: Elements, n: number) => void;

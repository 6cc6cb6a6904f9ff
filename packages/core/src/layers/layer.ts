import type { Kernels } from '../kernels/kernels.ts';
import type { Allocate, ProductShape } from '../kernels/scratch.ts';
import type { Pausable } from '../pausable.ts';
import type { Random } from '../random/random.ts';
import type { LayerSpec } from './index.ts';
import type { Inspect } from './inspect.ts';
import type { LayerMemory } from './memory.ts';

/** What a pass over rows knows besides the rows: one object per thread, changed from pass to pass. */
export interface Pass {
  /** What computes. */
  readonly kernels: Kernels;
  /** False at evaluation: dropout is the identity. */
  training: boolean;
  /** Of dropout. */
  readonly seed: number;
  /** Step of the run, counted from 0. */
  step: number;
  /** Place of the first row in its batch. */
  firstRow: number;
  /** Rows of a leaf: gradients are summed leaf by leaf, and the leaves by a tree. */
  leaf: number;
  /** Whether gradients are added to what stands in their arrays: the sum of the rows to the left. */
  joins: boolean;
}

/** A trainable tensor of a layer. */
export interface TensorSpec {
  /** 'W' or 'b', say. */
  readonly name: string;
  /** Extents, as [I, O]. */
  readonly shape: readonly number[];
  /** Writes the starting values. Overwrites `out`. */
  initialize(out: Float64Array, random: Random): void;
}

/** A stateless map of rows: parameters, activations and gradients are handed in, so that any thread can run it. */
export interface Layer {
  /** As error messages name it: `dense(784->128)`. */
  readonly label: string;
  /** Numbers a row that it takes. */
  readonly in: number;
  /** Numbers a row that it puts out. */
  readonly out: number;
  /** y[i] depends on x[i] alone: `dx` may then be `dy`, and `y` may be `x` where nobody reads `x` later. */
  readonly elementwise: boolean;
  /** What `backward` reads; only that is kept. The other arrays may hold anything. */
  readonly reads: {
    /** The inputs of `forward`. */
    readonly x: boolean;
    /** Its outputs. */
    readonly y: boolean;
  };
  /** In the order in which they lie in the parameter vector. */
  readonly tensors: readonly TensorSpec[];
  /**
   * The shapes of the dense products that its passes call, inner layers' aside: the kernels' scratch follows from them.
   * Absent: none.
   */
  readonly products?: readonly ProductShape[];
  /** Layers that stand inside of it, in order. It has no tensors but theirs. */
  readonly inner?: readonly Layer[];
  /** What the layer needs for up to `rows` rows beside input and output. Absent: nothing. */
  createMemory?(rows: number, allocate: Allocate): LayerMemory;

  /**
   * Whether a training pass over so many rows is always the same calls of `kernels`, whatever the step, and nothing
   * else: then it can be recorded. Absent: no.
   */
  recordable?(kernels: Kernels): boolean;

  /** Overwrites `y`. */
  forward(
    y: Float64Array, // [B, out] out
    x: Float64Array, // [B, in]
    parameters: readonly Float64Array[], // one array a tensor
    B: number,
    pass: Pass,
    memory: LayerMemory,
    inspect?: Inspect, // for the layers inside
  ): void;

  /**
   * Overwrites `dx` (unless null: nobody needs it) and every array of `gradients`, for B = 0 with zeros; where
   * `pass.joins`, adds to `gradients`. A gradient is the tree over leaves of `pass.leaf` rows: see leaves.ts.
   */
  backward(
    dx: Float64Array | null, // [B, in] out
    dy: Float64Array, // [B, out]
    x: Float64Array, // [B, in]
    y: Float64Array, // [B, out]
    parameters: readonly Float64Array[],
    gradients: readonly Float64Array[],
    B: number,
    pass: Pass,
    memory: LayerMemory, // as this layer's forward left it
    inspect?: Inspect,
  ): void;
}

/** Where a layer stands in its network. */
export interface Place {
  /** Numbers a row that reach the layer. */
  readonly input: number;
  /** Position in the network, counted from 0; a layer inside of another has its position there at the end. */
  readonly path: readonly number[];
  /** Builds layers that stand inside of this one. @throws Error where they do not fit each other. */
  build(specs: readonly LayerSpec[], input: number, path: readonly number[]): Pausable<Layer[]>;
}

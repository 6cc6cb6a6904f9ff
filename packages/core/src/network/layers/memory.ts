import type { Elements } from '../../math/element-type.ts';
/**
 * Memory of one layer, used by one thread: what its forward pass keeps for its backward pass, besides the output, and
 * scratch.
 */
export interface LayerMemory {
  /** The arrays of `createMemory`, in its order. */
  readonly arrays: readonly Elements[];
  /** Those of its arrays that are double in every run. */
  readonly doubles?: readonly Float64Array[];
  /** Arrays that all threads of a team share, as `Share.take` gives them. */
  readonly shared?: readonly Elements[];
  /** Memory of nested layers. */
  readonly inner?: StackMemory;
}

/** Memory that all threads of a team share: every one of them takes the same arrays, in the same order. */
export interface Share {
  /** Leaves of a batch, at most. */
  readonly leaves: number;
  /** An array [leaves, width]. */
  take(width: number): Elements;
  /** An array that all passes of one thread share. Absent: every pass allocates its own. */
  own?(length: number): Elements;
}

/** Where nothing is trained. */
export const NO_SHARE: Share = { leaves: 0, take: () => nothing };
const nothing = new Float64Array(0);

/** Memory of a stack of layers, for up to `rows` rows. */
export interface StackMemory {
  /**
   * The output of each layer [rows, out]; an elementwise layer shares the array of its input if that is not read later.
   */
  readonly outputs: readonly Elements[];
  /** Gradients with respect to the output of a layer, used alternately [rows, widest]. */
  readonly gradients: readonly [Elements, Elements];
  /** Memory of each layer. */
  readonly memories: readonly LayerMemory[];
}

/** For a layer that needs no memory. */
export const noMemory: LayerMemory = { arrays: [] };

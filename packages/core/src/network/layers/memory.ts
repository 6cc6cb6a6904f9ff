import type { Elements } from '../../math/element-type.ts';

/**
 * Memory of a layer for one thread: what its forward pass keeps for the backward pass, besides outputs, and scratch.
 */
export interface LayerMemory {
  /** The arrays of `createMemory`, in its order. */
  readonly arrays: readonly Elements[];
  /** Arrays that are always float64. */
  readonly doubles?: readonly Float64Array[];
  /** Arrays from `TeamMemory.allocatePerLeaf`, which all threads of a team share. */
  readonly shared?: readonly Elements[];
  /** Memory of each stack of nested layers. */
  readonly inner?: readonly StackMemory[];
}

/** Allocates memory that all threads of a team share. Every thread takes the same arrays in the same order. */
export interface TeamMemory {
  /** Leaves of a batch, at most. */
  readonly leaves: number;
  /** An array [leaves, width]. */
  allocatePerLeaf(width: number): Elements;
  /** An array that all passes of a thread share. @default every pass allocates its own */
  allocatePerThread?(length: number): Elements;
  /**
   * The passes that will run in the memory: those of training, or forward alone, of whole rows or of further positions.
   * @default 'training'
   */
  readonly passes?: 'training' | 'forward' | 'next';
  /**
   * Gradients by outputs inside of the layer: a pair for each of its branches, shared with other layers of its stack.
   * @default a layer allocates its own
   */
  readonly gradients?: readonly GradientPair[];
}

/** Memory without leaves, for layers that run outside of a team. */
export const NO_TEAM_MEMORY: TeamMemory = { leaves: 0, allocatePerLeaf: () => nothing };
/** For forward passes of whole rows, as in prediction. */
export const FORWARD_ONLY: TeamMemory = { ...NO_TEAM_MEMORY, passes: 'forward' };
/** For forward passes of further positions, as in writing text. */
export const NEXT_ONLY: TeamMemory = { ...NO_TEAM_MEMORY, passes: 'next' };
const nothing = new Float64Array(0);

/** Gradients by layer outputs [rows, widest], used alternately. */
export type GradientPair = readonly [Elements, Elements];

/** Memory of a stack of layers for up to `rows` rows. */
export interface StackMemory {
  /**
   * Output of each layer [rows, out]. An elementwise layer shares the array of its input if that is not read later.
   * Without a backward pass, outputs are in the arrays of the gradients, the last in the second one.
   */
  readonly outputs: readonly Elements[];
  /** Gradients by the outputs of the layers. */
  readonly gradients: GradientPair;
  /** Memory of each layer. */
  readonly memories: readonly LayerMemory[];
}

/** For layers that need no memory. */
export const noMemory: LayerMemory = { arrays: [] };

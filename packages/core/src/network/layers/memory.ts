import type { Elements } from '../../math/element-type.ts';
import { viewOf } from '../../math/scratch.ts';

/** Memory of a layer for one thread: what its forward pass keeps for the backward pass, and scratch. */
export interface LayerMemory {
  /** The arrays of `createMemory`, in its order. */
  readonly arrays: readonly Elements[];
  /** Arrays that are always float64. */
  readonly doubles?: readonly Float64Array[];
  /** Arrays from `TeamMemory.allocatePerLeaf`, which all threads of a team share. */
  readonly shared?: readonly Elements[];
}

/** Allocates memory that all threads of a team share. Every thread takes the same arrays in the same order. */
export interface TeamMemory {
  /** Leaves of a batch, at most. */
  readonly leaves: number;
  /** An array [leaves, width]. */
  allocatePerLeaf(width: number): Elements;
  /** An array that all passes of a thread share. @default every pass allocates its own */
  allocatePerThread?(length: number): Elements;
  /** Allocates an array that only the backward pass of a layer uses. @default as its other arrays */
  allocateForBackward?(length: number): Elements;
  /** The passes that will run in the memory. @default 'training' */
  readonly passes?: PassKind;
  /**
   * Rows for which places in memory are planned; more rows take a multiple of it, so that passes of any number of
   * leaves fit into the memory of so many single ones. @default the rows of the pass
   */
  readonly unitRows?: number;
}

/**
 * Passes: those of a step of training; forward alone, of whole rows or of further positions; or forward and backward to
 * the inputs, without gradients of tensors, where the gradient by the outputs is set before.
 */
export type PassKind = 'training' | 'forward' | 'next' | 'inputGradient';

/** Memory without leaves, for layers that run outside of a team. */
export const NO_TEAM_MEMORY: TeamMemory = { leaves: 0, allocatePerLeaf: () => nothing };
/** For forward passes of whole rows, as in prediction. */
export const FORWARD_ONLY: TeamMemory = { ...NO_TEAM_MEMORY, passes: 'forward' };
/** For forward passes of further positions, as in writing text. */
export const NEXT_ONLY: TeamMemory = { ...NO_TEAM_MEMORY, passes: 'next' };
/** For gradients by inputs. */
export const INPUT_GRADIENT: TeamMemory = { ...NO_TEAM_MEMORY, passes: 'inputGradient' };
const nothing = new Float64Array(0);

/** For layers that need no memory. */
export const noMemory: LayerMemory = { arrays: [] };

/** A view of part of an array; the array itself if it is empty, as it is when operations are only counted. */
export const partOf = (array: Elements, from: number, length: number): Elements =>
  array.length === 0 ? array : viewOf(array, from, length);

import type { Elements } from '../math/element-type.ts';
import type { Call } from './op.ts';

/**
 * What runs the operations of a program. The plain code in `reference/` defines the bits of every
 * operation; a backend either equals them bit for bit (wasm) or documents the difference (native, blas). All arrays are
 * row-major; no function allocates or checks. Arrays of different names never overlap unless documented.
 */
export interface Kernels {
  /** Name of the backend. */
  readonly name: BackendName;
  /**
   * A function that makes this one call, where the backend has one that JavaScript calls on its own; null where it
   * leaves the call to `blocks`, or to the reference.
   */
  bind(call: Call): (() => void) | null;
  /** Runs calls that follow each other as one, without JavaScript between them; null where the backend has no such. */
  readonly blocks: Blocks | null;
  /** Rows of bytes as numbers. */
  readonly gatherBytes: GatherBytes;
}

/**
 * Rows order[first] .. order[first + count - 1] of `bytes`, each byte over `divisor`. Overwrites `out`.
 */
export type GatherBytes = (
  out: Elements, // [count, columns] out
  bytes: Uint8Array, // [N, columns]
  columns: number,
  divisor: number,
  order: Uint32Array | null, // [N], null: the order of `bytes`
  first: number,
  count: number,
) => void;

/** How a backend takes calls that follow each other. */
export interface Blocks {
  /** Words of a tape that one call takes. */
  readonly callWords: number;
  /**
   * The call as words of a tape; null where the backend has no function for it, or one of its arrays lies elsewhere.
   */
  encode(call: Call): readonly number[] | null;
  /** A function that makes an encodable call by itself, where there is no room for it on a tape. */
  single(call: Call): () => void;
  /** The block whose calls stand on `tape`. */
  block(tape: Float64Array, calls: number): Block;
}

/** Calls on a tape. */
export interface Block {
  /** Makes all of them. */
  run(): void;
  /** Makes all of them up to `times` times, until `stop` is not 0 afterwards. Returns how many times it made them. */
  repeat(
    times: number,
    stop: Float64Array, // [1]
  ): number;
  /** The block itself as one call on another tape. */
  readonly words: readonly number[];
}

/** What computes: plain TypeScript, WebAssembly, machine code made at the start, or a BLAS library. */
export type BackendName = 'reference' | 'wasm' | 'native' | 'blas';

import type { Elements } from '../math/element-type.ts';
import type { Call } from './op.ts';

/**
 * A backend: it runs the operations of a program. The functions in `reference/` define the bits of every operation; a
 * backend either equals them bit for bit (wasm) or documents the difference (native, blas). All arrays are row-major;
 * no function allocates or checks. Arrays of different names never overlap unless documented.
 */
export interface Kernels {
  /** Name of the backend. */
  readonly name: BackendName;
  /** A function that makes this one call, or null if the backend leaves it to `blocks` or to the reference. */
  bind(call: Call): (() => void) | null;
  /** Runs consecutive calls as one, without JavaScript between them; null if the backend has no blocks. */
  readonly blocks: Blocks | null;
  /** Converts rows of bytes to numbers. */
  readonly gatherBytes: GatherBytes;
}

/**
 * Gathers rows order[first] .. order[first + count - 1] of `bytes`, each byte divided by `divisor`. Overwrites `out`.
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

/** How a backend runs consecutive calls as one. */
export interface Blocks {
  /** Length of an encoded call on a tape, in words. */
  readonly callWords: number;
  /** The call as words of a tape, or null if the backend has no function for it or cannot reach one of its arrays. */
  encode(call: Call): readonly number[] | null;
  /** A function that makes one encodable call by itself, for calls that do not fit on a tape. */
  single(call: Call): () => void;
  /** The block of the calls on `tape`. */
  block(tape: Float64Array, calls: number): Block;
}

/** Calls on a tape. */
export interface Block {
  /** Makes all calls once. */
  run(): void;
  /** Makes all calls up to `times` times, until `stop` is not 0. Returns how many times it made them. */
  repeat(
    times: number,
    stop: Float64Array, // [1]
  ): number;
  /** The block itself as one call on another tape. */
  readonly words: readonly number[];
}

/** Name of a backend: plain TypeScript, WebAssembly, machine code generated at the start, or a BLAS library. */
export type BackendName = 'reference' | 'wasm' | 'native' | 'blas';

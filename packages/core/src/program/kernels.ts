import type { Elements } from '../math/element-type.ts';
import type { Call } from './op.ts';

/**
 * A backend: it runs the operations of a program. The functions in `reference/` define the bits of every operation; a
 * backend either equals them bit for bit (wasm, native) or documents the difference (blas). All arrays are row-major;
 * no function allocates or checks. Arrays of different names never overlap unless documented.
 */
export interface Kernels {
  /** Name of the backend. */
  readonly name: BackendName;
  /** Binds this one call to the code that runs it. Null if the backend leaves it to the reference. */
  bind(call: Call): Bound | null;
  /** Joins fixed calls into one; null if the backend has no blocks. */
  readonly blocks: CreateBlock | null;
  /** Converts rows of bytes to numbers. */
  readonly gatherBytes: GatherBytes;
}

/**
 * A kernel call with constant addresses: the offset of its kernel in the code, and its arguments in the kernel's order.
 * An argument that is an array [1] is the double that it holds when the call is made.
 */
export type FixedCall = readonly (number | Float64Array)[];

/** An operation that can run: fixed kernel calls, which a program joins with neighbours, or a function. */
export type Bound = readonly FixedCall[] | (() => void);

/** Gathers rows order[first] .. order[first + count - 1], each byte divided by `divisor`. Overwrites `out`. */
export type GatherBytes = (
  out: Elements, // [count, columns] out
  bytes: Uint8Array, // [N, columns]
  columns: number,
  divisor: number,
  order: Uint32Array | null, // [N], null: the order of `bytes`
  first: number,
  count: number,
) => void;

/**
 * Writes calls on a tape, which runs them without JavaScript between them. `allocateTape` gives memory for it, or null;
 * a tape elsewhere takes a little longer and cannot repeat itself.
 */
export type CreateBlock = (calls: readonly FixedCall[], allocateTape: TakeDoubles) => Block;

/** `length` doubles of the kernels' memory, or null if fewer are left. */
export type TakeDoubles = (length: number) => Float64Array | null;

/** Kernel calls on a tape. */
export interface Block {
  /** The joined calls, in the order in which they are made. */
  readonly calls: readonly FixedCall[];
  /** Makes all calls once. */
  run(): void;
  /** Makes all calls up to `maxRuns` times, until `stop` is not 0. Returns how many times it made them. */
  repeat(
    maxRuns: number,
    stop: Float64Array, // [1]
  ): number;
}

/** Name of a backend: plain TypeScript, WebAssembly, machine code generated at the start, or a BLAS library. */
export type BackendName = 'reference' | 'wasm' | 'native' | 'blas';

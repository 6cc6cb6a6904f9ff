import type fc from 'fast-check';
import { WasmApi } from '../../../packages/core/src/kernels/webassembly.ts';
import { createGuardedArrays } from '../../support/guarded-memory.ts';

/** One operation as the bit tests run it: on the same numbers by its reference function, then by its wasm function. */
export interface OpCase {
  /** Dimensions and choices, in the order in which the functions below take them. */
  readonly dims: fc.Arbitrary<readonly number[]>;
  /** Length of each array, by its name in the operation's signature. All are filled with hard values, outputs too. */
  arrays(dims: readonly number[]): Record<string, number>;
  /** Arrays that it overwrites; it leaves all others as they were. */
  readonly writes: readonly string[];
  /** Arrays that hold nothing of use afterwards: written, not compared. */
  readonly spoils?: readonly string[];
  /** Puts sense where any number will not do, such as indices. Overwrites the arrays. */
  prepare?(arrays: Arrays, dims: readonly number[]): void;
  /** The reference function. */
  reference(...operands: Operand[]): void;
  /** What both functions are called with, in the order of their signature. */
  operands(arrays: Arrays, dims: readonly number[]): Operand[];
}

export type Arrays = Record<string, Float64Array>;
/** The reference takes arrays and booleans; the wasm function their addresses, and 0 or 1. */
export type Operand = Float64Array | number | boolean;

/** The compiled operations, and a memory to call them on. */
export function createGuardedOps(pages = 64) {
  const { module, memory, arrays } = createGuardedArrays(pages);
  const exports = new WasmApi.Instance(module, { env: { memory } }).exports as Record<string, WasmFunction | undefined>;
  return {
    arrays,
    run(name: string, operands: readonly Operand[]): void {
      const wasm = exports[name];
      if (wasm === undefined) throw new Error(`createGuardedOps: ${name} has no wasm function, expected one`);
      wasm(...operands.map((operand) => (typeof operand === 'object' ? operand.byteOffset : Number(operand))));
    },
  };
}

type WasmFunction = (...operands: number[]) => void;

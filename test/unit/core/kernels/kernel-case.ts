import fc from 'fast-check';
import type { ProductShape } from '../../../../packages/core/src/math/scratch.ts';
import type { Emit, Op } from '../../../../packages/core/src/program/op.ts';
import type { ValueMix } from '../../../support/hard-values.ts';

/** Calls as the bit tests run them: on the same numbers by plain code, then by a backend. */
export interface KernelCase {
  /** The operations that a backend makes of them, for some dimensions or for others. */
  readonly ops: readonly Op[];
  /** Dimensions and choices, in the order in which the functions below take them. */
  readonly dims: fc.Arbitrary<readonly number[]>;
  /**
   * Length of each array, by its name in the operation, or of the doubles that a number is taken from. All are filled
   * with hard values, outputs too.
   */
  arrays(dims: readonly number[]): Record<string, number>;
  /** Arrays that are compared: what the operations leave of use. */
  readonly writes: readonly string[];
  /** Numbers whose bits are the same on every machine; all mixes where it is not given. */
  readonly mixes?: readonly ValueMix[];
  /** Products that are called; none where it is not given. */
  products?(dims: readonly number[]): readonly ProductShape[];
  /** Puts sense where any number will not do (class indices, hyper-parameters). Overwrites the arrays. */
  prepare?(arrays: Arrays, dims: readonly number[]): void;
  /** Emits the calls. */
  emit(emit: Emit, arrays: Arrays, dims: readonly number[]): void;
}

/** Said to be of doubles, which every operation takes. In a run of floats those of its elements are floats. */
export type Arrays = Record<string, Float64Array>;

// Tiles are 8, 4, 2 and 1 wide, blocks 64 rows and 256 columns: on both sides of each.
const around = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/** A width: near the sizes of tiles, now and then past a block. */
export const width = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...around) },
  { weight: 1, arbitrary: fc.constantFrom(127, 128, 129, 255, 256, 257, 520) },
);

/** A number of rows: any width's, and none. */
export const rows = fc.oneof({ weight: 15, arbitrary: width }, { weight: 1, arbitrary: fc.constant(0) });

/** Rows and their positions: one position, or around the pieces of few rows. */
export const rowsOfPositions = fc.oneof(
  fc.tuple(rows, fc.constant(1)),
  fc.tuple(fc.nat(5), fc.constantFrom(2, 3, 49, 63, 64, 65, 128, 130, 200)),
);

/** Rows of a leaf. */
export const leafRows = fc.constantFrom(1, 2, 3, 4, 16, 31, 64, 1000);

/** Length of a vector: any residue by 8, now and then a block of parameters. */
export const length = fc.oneof(
  { weight: 40, arbitrary: fc.nat(80) },
  { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 4097) },
);

/** 0 or 1: whether something is so. */
export const choice = fc.nat(1);

import type { ElementType } from '../../../../element-type.ts';
import type { TileRegisters } from '../isa.ts';
import type { Vectors } from '../vectors.ts';
import type { Address, Assembler } from './assembler.ts';
import { createAvx2 } from './avx2.ts';
import { createAvx512 } from './avx512.ts';

/** The instructions on vectors of one type in the encoding of one extension of x64. */
export interface VectorUnit extends Vectors<Address> {
  /** Before code that knows nothing of these vectors. */
  leave(): void;
}

/** What an extension of x64 has. */
interface Unit {
  readonly registers: number; // for vectors
  readonly reserved: number; // of them, for the mask
  readonly flags: readonly string[]; // of the processor: see processor.ts
  readonly tile: TileRegisters;
  createUnit(assembler: Assembler, type: ElementType): VectorUnit;
}

/** The extensions of x64. */
export const units = {
  avx512: {
    registers: 32,
    reserved: 0,
    flags: ['avx512f', 'avx512dq'],
    // 9 rows of 3 vectors take 12 loads for 27 sums, where 14 of 2 take 16 for 28: a neighbour on the same core leaves
    // half of what decodes and loads. And rows of x that share one set of the first-level cache, as those of 512
    // doubles do, find 12 ways in it. Of dW, which reads a new panel for each tile, 2 vectors are less to read.
    tile: { vectors: 3, leafVectors: 2, factors: 1 },
    createUnit: createAvx512,
  },
  avx2: {
    registers: 16,
    reserved: 1,
    flags: ['avx2', 'fma'],
    tile: { vectors: 2, leafVectors: 2, factors: 1 },
    createUnit: createAvx2,
  },
} satisfies Record<string, Unit>;

export type UnitName = keyof typeof units;

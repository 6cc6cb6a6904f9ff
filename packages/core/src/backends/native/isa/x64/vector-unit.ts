import type { ElementType } from '../../../../element-type.ts';
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
  createUnit(assembler: Assembler, type: ElementType): VectorUnit;
}

/** The extensions of x64. */
export const units = {
  avx512: {
    registers: 32,
    reserved: 0,
    flags: ['avx512f', 'avx512dq'],
    createUnit: createAvx512,
  },
  avx2: {
    registers: 16,
    reserved: 1,
    flags: ['avx2', 'fma'],
    createUnit: createAvx2,
  },
} satisfies Record<string, Unit>;

export type UnitName = keyof typeof units;

import type { Vectors } from '../vectors.ts';
import type { Address, Assembler } from './assembler.ts';
import { createAvx2 } from './avx2.ts';
import { createAvx512 } from './avx512.ts';
import type { FormName } from './forms.ts';

/** The instructions on vectors of one type in the encoding of one extension of x64. */
export interface VectorUnit extends Vectors<Address> {
  /** Before code that knows nothing of these vectors. */
  leave(): void;
}

/** An extension of x64: how many registers it has for a tile, and its unit. */
export interface Extension {
  readonly registers: number;
  readonly reserved: number; // of them, for the mask
  readonly flags: readonly string[]; // of the processor: see processor.ts
  createUnit(assembler: Assembler, type: FormName): VectorUnit;
}

/** Widest first. */
export const extensions = {
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
} satisfies Record<string, Extension>;

export type ExtensionName = keyof typeof extensions;

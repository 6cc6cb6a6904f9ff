import type { ElementType } from '../../../../math/element-type.ts';
import type { Vector, Vectors } from '../isa.ts';
import type { Address } from './assembler.ts';

// Opcode maps and implied prefixes, as VEX and EVEX number them.
export const MAP_0F = 1;
export const MAP_0F38 = 2;
export const MAP_0F3A = 3;
export const NO_PREFIX = 0;
export const PREFIX_66 = 1;
export const PREFIX_F3 = 2;

/** How an instruction says of which type the elements of its vectors are. */
export interface Form {
  readonly bytes: number; // of an element
  readonly prefix: number; // of the arithmetic in map 0F: pd or ps
  readonly wide: 0 | 1; // the bit W, and what opcodes of doubles are more than those of floats
}

export const forms = {
  float64: { bytes: 8, prefix: PREFIX_66, wide: 1 },
  float32: { bytes: 4, prefix: NO_PREFIX, wide: 0 },
} satisfies Record<ElementType, Form>;

/** vunpckl or vunpckh, by pairs of doubles or of floats. */
export type Unpack = (form: Form, opcode: number, to: Vector, x: Vector, y: Vector) => void;

/**
 * In each 128 bits of `width` vectors from `a` on rows and columns change places, so many of each as there are elements
 * in them. Those from `b` on are free. Overwrites both; returns where the result begins, and what is free.
 */
export function transposeLanes(unpack: Unpack, { bytes }: Form, a: Vector, b: Vector, width: number): [Vector, Vector] {
  let [from, to] = [a, b];
  for (let size = bytes; size < 16; size *= 2) {
    const form = size === 8 ? forms.float64 : forms.float32;
    const apart = size / bytes;
    // Each vector and the one so far below it give two neighbours.
    for (let r = 0, next = to; r < width; r += 2 * apart) {
      for (let k = 0; k < apart; k++, next += 2) {
        unpack(form, 0x14, next, from + r + k, from + r + k + apart);
        unpack(form, 0x15, next + 1, from + r + k, from + r + k + apart);
      }
    }
    [from, to] = [to, from];
  }
  return [from, to];
}

/** The instructions on vectors of one type in the encoding of one extension of x64. */
export interface VectorUnit extends Vectors<Address> {
  /** Before code that knows nothing of these vectors. */
  leave(): void;
}

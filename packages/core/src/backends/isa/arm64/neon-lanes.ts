import type { ElementType } from '../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { Doubles, Quads } from '../isa.ts';
import { createPairedQuads } from '../paired-quads.ts';
import type { Assembler } from './assembler.ts';
import { forms, LOAD_D, LOAD_Q, STORE_D, VECTOR } from './forms.ts';
import { createMasked, offsetBy, withoutIndex } from './masked.ts';
import { createNeon, FREE } from './neon.ts';

const LOWER = 0x4ec03800; // zip1: the lower halves of two vectors
const UPPER = 0x4ec07800; // zip2

/** Quad k is vector k of four floats, or the vectors 2k and 2k + 1 of two doubles each. */
export function createNeonQuads(assembler: Assembler, type: ElementType): Quads<Address> {
  const unit = createNeon(assembler, type);
  if (type === 'float32') return unit;
  const masked = createMasked(assembler, forms[type], FREE);
  const halfAt = (address: Address, half: number): Address => offsetBy(withoutIndex(assembler, address), half * VECTOR);
  return createPairedQuads(unit, halfAt, {
    loadMask(from) {
      for (const half of [0, 1]) assembler.access(LOAD_Q, FREE - 1 + half, halfAt(from, half));
      assembler.emit(0x4ee08400, FREE, FREE, FREE - 1); // add of words
      masked.count(FREE);
    },
    loadMasked: (to, from) => masked.loadPair(2 * to, from),
    transpose(a, b) {
      for (let k = 0; k < 4; k++) {
        for (const half of [0, 1]) {
          const row = 2 * (a + 2 * half) + (k >> 1);
          assembler.emit(k % 2 === 0 ? LOWER : UPPER, 2 * (b + k) + half, row, row + 2);
        }
      }
      return b;
    },
  });
}

const ADD = 0x1e602800; // fadd
const MULTIPLY = 0x1e600800; // fmul
const WIDEN = 0x1e22c000; // fcvt

export function createNeonDoubles({ emit, access }: Assembler, type: ElementType): Doubles<Address> {
  return {
    load: (to, from) => access(LOAD_D, to, from),
    store: (to, from) => access(STORE_D, from, to),
    addElement(sum, from, free) {
      access(forms[type].loadOne, free, from);
      if (type === 'float32') emit(WIDEN, free, free);
      emit(ADD, sum, sum, free);
    },
    addProduct(sum, x, y, free) {
      access(LOAD_D, free, x);
      access(LOAD_D, FREE, y);
      emit(MULTIPLY, free, free, FREE);
      emit(ADD, sum, sum, free);
    },
    readWhole: (to, from) => emit(0x9e780000, to, from), // fcvtzs
  };
}

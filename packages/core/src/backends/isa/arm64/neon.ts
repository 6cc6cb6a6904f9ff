import type { ElementType } from '../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { Vectors } from '../isa.ts';
import type { Assembler } from './assembler.ts';
import { forms, LOAD_Q, STORE_Q, VECTOR } from './forms.ts';
import { CLEAR, createMasked } from './masked.ts';

/** Vector registers for kernels, from 0 on. */
export const VECTOR_REGISTERS = 31;
/** The free vector register after them. */
export const FREE = 31;

/** Vectors of 16 bytes. A factor is lane 0 of a vector; `fmla` multiplies all lanes of another by it. */
export function createNeon(assembler: Assembler, type: ElementType): Vectors<Address> {
  const { emit, access } = assembler;
  const form = forms[type];
  const { bytes, wide, loadOne } = form;
  const masked = createMasked(assembler, form, FREE);
  const isFloat = type === 'float32';

  return {
    bytes,
    width: VECTOR / bytes,
    load: (to, from) => access(LOAD_Q, to, from),
    store: (to, from) => access(STORE_Q, from, to),
    loadMask(from) {
      access(LOAD_Q, FREE, from);
      masked.count(FREE);
    },
    loadMasked: masked.load,
    storeMasked: masked.store,
    clear: (to) => emit(CLEAR, to),
    loadFactor: (to, from) => access(loadOne, to, from),
    add: (to, x, y) => emit(0x4e20d400 | wide, to, x, y), // fadd
    multiplyAdd: (sum, factor, y) => emit(0x4f801000 | wide, sum, y, factor), // fmla by lane 0
    multiplyAddLanes: (sum, x, y) => emit(0x4e20cc00 | wide, sum, x, y), // fmla
    transpose(a, b) {
      let [from, to] = [a, b];
      if (isFloat) {
        for (let r = 0; r < 4; r += 2) {
          emit(0x4e802800, to + r, from + r, from + r + 1); // trn1: columns 0 and 2
          emit(0x4e806800, to + r + 1, from + r, from + r + 1); // trn2: columns 1 and 3
        }
        [from, to] = [to, from];
      }
      const half = VECTOR / bytes / 2;
      for (let k = 0; k < half; k++) {
        emit(0x4ec03800, to + k, from + k, from + k + half); // zip1 of doubles: the lower halves
        emit(0x4ec07800, to + k + half, from + k, from + k + half); // zip2: the upper halves
      }
      return to;
    },
  };
}

import type { ElementType } from '../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { Doubles } from '../isa.ts';
import type { Assembler } from './assembler.ts';
import { forms, LOAD_D, STORE_D } from './forms.ts';
import { FREE } from './neon.ts';

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

import type { ElementType } from '../../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { Quads, Vector } from '../isa.ts';
import type { Assembler } from './assembler.ts';
import { createNeon } from './neon.ts';
import { createNeonFormulas } from './neon-formulas.ts';
import { createNeonPairs } from './neon-pairs.ts';

const LOWER = 0x4ec03800; // zip1: the lower halves of two vectors
const UPPER = 0x4ec07800; // zip2

/** Four floats are a vector, four doubles a pair of vectors. */
export function createNeonQuads(assembler: Assembler, type: ElementType): Quads<Address> {
  const formulas = createNeonFormulas(assembler, type);
  if (type === 'float32') return { ...formulas, transpose: createNeon(assembler, type).transpose };
  const loadBoth = (load: typeof formulas.load, to: Vector, from: Address): void => {
    load(2 * to, from);
    formulas.move(2 * to + 1, 2 * to);
  };
  return {
    ...createNeonPairs(assembler, type),
    loadElement: (to, from) => loadBoth(formulas.loadElement, to, from),
    loadNumber: (to, from) => loadBoth(formulas.loadNumber, to, from),
    greater(to, x, y) {
      for (const half of [0, 1]) formulas.greater(2 * to + half, 2 * x + half, 2 * y + half);
    },
    transpose(a, b) {
      for (let k = 0; k < 4; k++) {
        for (const half of [0, 1]) {
          const row = 2 * (a + 2 * half) + (k >> 1);
          assembler.emit(k % 2 === 0 ? LOWER : UPPER, 2 * (b + k) + half, row, row + 2);
        }
      }
      return b;
    },
  };
}

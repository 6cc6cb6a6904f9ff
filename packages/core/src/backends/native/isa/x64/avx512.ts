import type { ElementType } from '../../../../math/element-type.ts';
import type { Vector } from '../isa.ts';
import type { Assembler, Operand } from './assembler.ts';
import {
  type Form,
  forms,
  MAP_0F,
  MAP_0F3A,
  MAP_0F38,
  PREFIX_66,
  PREFIX_F3,
  transposeLanes,
  type VectorUnit,
} from './forms.ts';

interface InstructionOptions {
  wide?: number;
  mask?: number;
  zeroing?: boolean;
  prefix?: number;
  bytes?: number; // bytes of the operand in memory
  spread?: boolean; // one element in memory is the operand of all lanes
}

/** Vectors of 64 bytes in 32 registers. Masks have registers of their own; this uses k1. */
export function createAvx512({ emit, operands }: Assembler, type: ElementType): VectorUnit {
  const form: Form = forms[type];
  const { bytes } = form;
  const width = 64 / bytes;
  const K1 = 1;

  /**
   * Emits an EVEX instruction on vectors. `mask` is a mask register, or 0 for none; `zeroing` clears the masked lanes;
   * with `spread` one element in memory is the operand of all lanes.
   */
  function instruction(
    map: number,
    opcode: number,
    reg: Vector,
    second: Vector,
    operand: Operand,
    {
      wide = form.wide,
      mask = 0,
      zeroing = false,
      prefix = PREFIX_66,
      bytes = 64,
      spread = false,
    }: InstructionOptions = {},
  ): void {
    const [low, high] =
      typeof operand === 'number'
        ? [(operand >> 3) & 1, (operand >> 4) & 1]
        : [(operand.base >> 3) & 1, ((operand.index ?? 0) >> 3) & 1];
    // Bits of register numbers are written inverted.
    const numbers = (((reg >> 3) & 1) << 7) | (high << 6) | (low << 5) | (((reg >> 4) & 1) << 4);
    emit(
      0x62,
      (numbers ^ 0xf0) | map,
      (wide << 7) | 4 | ((~second & 15) << 3) | prefix,
      (zeroing ? 0x80 : 0) | (spread ? 0x10 : 0) | 0x40 | ((~second & 16) >> 1) | mask, // 0x40: 512 bits
      opcode,
    );
    operands(reg, operand, bytes);
  }

  /** Emits an instruction of map 0F whose prefix selects the element type. */
  const typed = (opcode: number, reg: Vector, second: Vector, operand: Operand, options: InstructionOptions = {}) =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: form.prefix, ...options });

  const unpack = ({ prefix, wide }: Form, opcode: number, to: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F, opcode, to, x, y, { prefix, wide });

  /** to = two 128-bit lanes of x, then two of y, each chosen by two bits of `which`. */
  function chooseLanes(to: Vector, x: Vector, y: Vector, which: number): void {
    instruction(MAP_0F3A, 0x23, to, x, y, { wide: 1 }); // vshuff64x2
    emit(which);
  }

  return {
    bytes,
    width,
    load: (to, from) => typed(0x10, to, 0, from), // vmovupd or vmovups
    store: (to, from) => typed(0x11, from, 0, to),
    loadMask(from) {
      const free = 31;
      typed(0x10, free, 0, from);
      instruction(MAP_0F38, 0x39, K1, 0, free, { prefix: PREFIX_F3 }); // vpmovq2m
    },
    loadMasked: (to, from) => typed(0x10, to, 0, from, { mask: K1, zeroing: true }),
    storeMasked: (to, from) => typed(0x11, from, 0, to, { mask: K1 }),
    loadFactor: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from, { bytes }), // vbroadcastsd
    clear: (to) => typed(0x57, to, to, to), // vxorpd
    add: (sum, x) => typed(0x58, sum, sum, x), // vaddpd
    multiplyAdd: (sum, x, y) => instruction(MAP_0F38, 0xb8, sum, x, y), // vfmadd231pd
    multiplyAddAt: (sum, from, y) => instruction(MAP_0F38, 0xb8, sum, y, from, { bytes, spread: true }),
    multiplyAddLanes: (sum, x, y) => instruction(MAP_0F38, 0xb8, sum, x, y),
    transpose(a, b) {
      const [from, free] = transposeLanes(unpack, form, a, b, width);
      // 128-bit lanes stay whole: first join the halves of two vectors, then every other lane of those.
      const lane = width / 4;
      for (let k = 0; k < lane; k++) {
        for (const half of [k, k + 2 * lane]) {
          chooseLanes(free + half, from + half, from + half + lane, 0x44);
          chooseLanes(free + half + lane, from + half, from + half + lane, 0xee);
        }
        for (const q of [0, 1]) {
          const [x, y] = [free + k + q * lane, free + k + (q + 2) * lane];
          chooseLanes(from + k + 2 * q * lane, x, y, 0x88);
          chooseLanes(from + k + (2 * q + 1) * lane, x, y, 0xdd);
        }
      }
      return from;
    },
    leave: () => emit(0xc5, 0xf8, 0x77), // vzeroupper
  };
}

import type { ElementType } from '../../../math/element-type.ts';
import type { FormulaUnit, Vector } from '../isa.ts';
import { laneBytes } from '../literals.ts';
import type { Address, Assembler, Operand } from './assembler.ts';
import {
  blockNumbers,
  createSharedOperations,
  type Form,
  forms,
  MAP_0F,
  MAP_0F3A,
  MAP_0F38,
  NO_PREFIX,
  orderWords,
  PREFIX_66,
  PREFIX_F2,
  PREFIX_F3,
  relations,
  transposeLanes,
  type VectorUnit,
} from './forms.ts';

interface InstructionOptions {
  wide?: number;
  mask?: number;
  zeroing?: boolean;
  prefix?: number;
  bits?: 256 | 512;
  bytes?: number; // bytes of the operand in memory
  spread?: boolean; // one element in memory is the operand of all lanes
  after?: number; // bytes of the instruction after the operands
}

/** Vectors of 64 bytes in 32 registers. Masks have registers of their own: k1 for `loadMask`, k2 to k7 for formulas. */
export function createAvx512(
  { emit, operands, literal }: Assembler,
  type: ElementType,
): VectorUnit & FormulaUnit<Address> {
  const form: Form = forms[type];
  const { bytes } = form;
  const width = 64 / bytes;
  const K1 = 1;
  const K2 = 2;
  const FREE = 31;
  const EXTRACT = type === 'float64' ? 0x1b : 0x19; // opcode for four numbers of a vector

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
      bits = 512,
      bytes = 64,
      spread = isLiteral(operand),
      after = 0,
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
      (zeroing ? 0x80 : 0) | (spread ? 0x10 : 0) | ((bits / 512) * 0x40) | ((~second & 16) >> 1) | mask,
      opcode,
    );
    operands(reg, operand, bytes, after);
  }

  /** Emits an instruction of map 0F whose prefix selects the element type. */
  const emitTyped = (opcode: number, reg: Vector, second: Vector, operand: Operand, options: InstructionOptions = {}) =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: form.prefix, ...options });

  /** Emits an instruction of map 0F on integers as wide as an element: `opcodes` are those of 32 and of 64 bits. */
  const emitInteger = (
    [narrow, wide]: readonly [number, number],
    reg: Vector,
    second: Vector,
    operand: Operand,
  ): void => instruction(MAP_0F, type === 'float64' ? wide : narrow, reg, second, operand);

  const unpack = ({ prefix, wide }: Form, opcode: number, to: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F, opcode, to, x, y, { prefix, wide });

  /** vshufps. */
  function shuffle(to: Vector, x: Vector, y: Vector, lanePattern: number): void {
    instruction(MAP_0F, 0xc6, to, x, y, { prefix: NO_PREFIX, wide: 0 });
    emit(lanePattern);
  }

  /** to = two 128-bit lanes of x, then two of y, each chosen by two bits of `lanePattern`. */
  function chooseLanes(to: Vector, x: Vector, y: Vector, lanePattern: number): void {
    instruction(MAP_0F3A, 0x23, to, x, y, { wide: 1 }); // vshuff64x2
    emit(lanePattern);
  }

  const sharedOperations = createSharedOperations(emit, emitTyped, emitInteger);
  const { move } = sharedOperations;

  return {
    ...sharedOperations,
    bytes,
    width,
    loadMask(from) {
      emitTyped(0x10, FREE, 0, from);
      instruction(MAP_0F38, 0x39, K1, 0, FREE, { prefix: PREFIX_F3 }); // vpmovq2m
    },
    loadMasked: (to, from) => emitTyped(0x10, to, 0, from, { mask: K1, zeroing: true }),
    storeMasked: (to, from) => emitTyped(0x11, from, 0, to, { mask: K1 }),
    loadFactor: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from, { bytes }), // vbroadcastsd
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
    registers: FREE,
    maskRegisters: 6,
    literal: (bits) => literal(laneBytes(bits, bytes, 1)),
    loadLiteral: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from, { spread: false }),
    loadNumber(to, from) {
      const isDouble = type === 'float64';
      if (!isDouble) instruction(MAP_0F, 0x5a, to, to, from, { wide: 1, prefix: PREFIX_F2, bytes: 8 }); // vcvtsd2ss
      instruction(MAP_0F38, 0x18 + form.wide, to, 0, isDouble ? from : to, { bytes }); // vbroadcastsd
    },
    loadElement: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from, { bytes }),
    loadBytes(to, from) {
      if (type === 'float64') {
        instruction(MAP_0F38, 0x32, to, 0, from, { wide: 0, bytes: width }); // vpmovzxbq
        instruction(MAP_0F, 0xe6, to, 0, to, { prefix: PREFIX_F3 }); // vcvtqq2pd
      } else {
        instruction(MAP_0F38, 0x31, to, 0, from, { bytes: width }); // vpmovzxbd
        instruction(MAP_0F, 0x5b, to, 0, to, { prefix: NO_PREFIX }); // vcvtdq2ps
      }
    },
    widen(to, x, part) {
      if (type === 'float64' && part === 0) return x;
      if (part > 0) {
        instruction(MAP_0F3A, EXTRACT, x, 0, to); // vextractf64x4 or vextractf32x4
        emit(part);
      }
      if (type === 'float32') {
        instruction(MAP_0F, 0x5a, to, 0, part > 0 ? to : x, { prefix: NO_PREFIX, bits: 256 }); // vcvtps2pd
      }
      return to;
    },
    narrow(to, first) {
      for (let part = 0; part < width / 4; part++) {
        const x = first + part;
        if (type === 'float32') instruction(MAP_0F, 0x5a, x, 0, x, { wide: 1, bits: 256 }); // vcvtpd2ps
        if (part > 0) {
          instruction(MAP_0F3A, EXTRACT - 1, to, to, x); // vinsertf64x4 or vinsertf32x4
          emit(part);
        } else move(to, x);
      }
    },
    scale: (to, x, n) => instruction(MAP_0F38, 0x2c, to, x, n), // vscalefpd
    compare(to, relation, x, y) {
      emitTyped(0xc2, K2 + to, x, y, { after: 1 }); // vcmppd
      emit(relations[relation]);
    },
    choose: (to, mask, x, y) => instruction(MAP_0F38, 0x65, to, y, x, { mask: K2 + mask }), // vblendmpd
    chooseOrZero: (to, mask, x) => emitTyped(0x28, to, 0, x, { mask: K2 + mask, zeroing: true }), // vmovapd
    readMask: (to, mask) => emit(0xc5, to < 8 ? 0xf8 : 0x78, 0x93, 0xc0 | ((to & 7) << 3) | (K2 + mask)), // kmovw
    words: {
      blocks: 8,
      numberBlocks: (to) => emitTyped(0x10, to, 0, literal(blockNumbers(8)), { spread: false }),
      spread: (to, from) => instruction(MAP_0F38, 0x58, to, 0, from, { wide: 0, bytes: 4 }), // vpbroadcastd
      // Vpaddd.
      addNumber: (x, step) => instruction(MAP_0F, 0xfe, x, x, literal(laneBytes(BigInt(step), 4, 1)), { wide: 0 }),
      addWords: (x, y) => instruction(MAP_0F, 0xfe, x, x, y, { wide: 0 }),
      loadLiteral: (to, word) =>
        instruction(MAP_0F38, 0x58, to, 0, literal(laneBytes(BigInt(word), 4, 1)), { wide: 0, spread: false }),
      multiply(high, low, x, y) {
        instruction(MAP_0F, 0xf4, low, x, y, { wide: 1 }); // vpmuludq
        instruction(MAP_0F, 0x73, 2, high, low, { wide: 1 }); // vpsrlq
        emit(32);
      },
      mix(x, y, from) {
        instruction(MAP_0F3A, 0x25, x, y, from, { wide: 1, after: 1 }); // vpternlogq
        emit(0x96); // x ^ y ^ the operand
      },
      inOrder: (words) => orderWords(shuffle, words),
      chooseAtLeast([to, other], words, least, x) {
        const k = K2;
        instruction(MAP_0F3A, 0x1e, k, words, least, { wide: 0 }); // vpcmpud
        emit(5); // not less
        emitTyped(0x28, to, 0, x, { mask: k, zeroing: true });
        if (type === 'float32') return;
        emit(0xc4, 0xe3, 0xf9, 0x30, 0xc0 | (k << 3) | k, 8); // kshiftrw
        emitTyped(0x28, other, 0, x, { mask: k, zeroing: true });
      },
    },
  };
}

const isLiteral = (operand: Operand): boolean => typeof operand !== 'number' && operand.literal !== undefined;

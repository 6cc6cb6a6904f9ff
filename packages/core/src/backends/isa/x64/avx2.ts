import type { ElementType } from '../../../math/element-type.ts';
import type { Doubles, FormulaUnit, Quads, Vector } from '../isa.ts';
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

const MASK = 15; // the register that `loadMask` fills

interface WithDoubles {
  readonly doubles: Doubles<Address>;
}

interface InstructionOptions {
  wide?: number; // bit W of the prefix
  bits?: 128 | 256;
  prefix?: number;
  after?: number; // bytes of the instruction after the operands
}

/** Vectors of `vectorBits` bits in 16 registers; the last one holds the mask. */
export function createAvx2(
  { emit, operands, literal }: Assembler,
  type: ElementType,
  vectorBits: 128 | 256 = 256,
): VectorUnit & FormulaUnit<Address> & Quads<Address> & WithDoubles {
  const form: Form = forms[type];
  const { bytes } = form;
  const width = vectorBits / 8 / bytes;

  /** Emits an instruction with a VEX prefix of three bytes. */
  function instruction(
    map: number,
    opcode: number,
    reg: Vector,
    second: Vector,
    operand: Operand,
    { wide = 0, bits = vectorBits, prefix = PREFIX_66, after = 0 }: InstructionOptions = {},
  ): void {
    const [base, index] = typeof operand === 'number' ? [operand, 0] : [operand.base, operand.index ?? 0];
    const numbers = (((reg >> 3) & 1) << 7) | (((index >> 3) & 1) << 6) | (((base >> 3) & 1) << 5);
    emit(0xc4, (numbers ^ 0xe0) | map, (wide << 7) | ((~second & 15) << 3) | (bits === 256 ? 4 : 0) | prefix, opcode);
    operands(reg, operand, 1, after);
  }

  /** Emits an instruction of map 0F whose prefix selects the element type. */
  const emitTyped = (opcode: number, reg: Vector, second: Vector, operand: Operand): void =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: form.prefix });

  /** Emits an instruction of map 0F on integers as wide as an element: `opcodes` are those of 32 and of 64 bits. */
  const emitInteger = (
    [narrow, wide]: readonly [number, number],
    reg: Vector,
    second: Vector,
    operand: Operand,
  ): void => instruction(MAP_0F, type === 'float64' ? wide : narrow, reg, second, operand);

  const unpack = ({ prefix }: Form, opcode: number, to: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F, opcode, to, x, y, { prefix });

  /** vshufps. */
  function shuffle(to: Vector, x: Vector, y: Vector, lanePattern: number): void {
    instruction(MAP_0F, 0xc6, to, x, y, { prefix: NO_PREFIX });
    emit(lanePattern);
  }

  /** vfmadd231pd: sum += x · y. */
  const fusedMultiplyAdd = (sum: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F38, 0xb8, sum, x, y, { wide: form.wide });

  const sharedOperations = createSharedOperations(emit, emitTyped, emitInteger);
  const { move } = sharedOperations;

  /** Emits an instruction on the lowest double of vectors. */
  const emitDouble = (opcode: number, reg: Vector, second: Vector, operand: Operand): void =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: PREFIX_F2, bits: 128 });

  const doubles: Doubles<Address> = {
    load: (to, from) => emitDouble(0x10, to, 0, from), // vmovsd
    store: (to, from) => emitDouble(0x11, from, 0, to),
    addElement(sum, from, free) {
      // The upper half comes from a register that does not change, so that no conversion waits for another.
      // vcvtss2sd
      if (type === 'float32') instruction(MAP_0F, 0x5a, free, MASK, from, { prefix: PREFIX_F3, bits: 128 });
      emitDouble(0x58, sum, sum, type === 'float32' ? free : from); // vaddsd
    },
    addProduct(sum, x, y, free) {
      emitDouble(0x10, free, 0, x);
      emitDouble(0x59, free, free, y); // vmulsd
      emitDouble(0x58, sum, sum, free);
    },
    // vcvttsd2si
    readWhole: (to, from) => instruction(MAP_0F, 0x2c, to, 0, from, { wide: 1, prefix: PREFIX_F2, bits: 128 }),
  };

  return {
    ...sharedOperations,
    bytes,
    width,
    loadMask: (from) => emitTyped(0x10, MASK, 0, from),
    loadMasked: (to, from) => instruction(MAP_0F38, 0x2c + form.wide, to, MASK, from), // vmaskmovpd
    storeMasked: (to, from) => instruction(MAP_0F38, 0x2e + form.wide, from, MASK, to),
    loadFactor: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from), // vbroadcastsd
    multiplyAdd: fusedMultiplyAdd,
    multiplyAddLanes: fusedMultiplyAdd,
    transpose(a, b) {
      const [from, to] = transposeLanes(unpack, form, a, b, width);
      if (vectorBits === 128) return from;
      const lane = width / 2;
      for (let k = 0; k < lane; k++) {
        instruction(MAP_0F3A, 0x06, to + k, from + k, from + k + lane); // vperm2f128: the lower halves
        emit(0x20);
        instruction(MAP_0F3A, 0x06, to + k + lane, from + k, from + k + lane); // the upper halves
        emit(0x31);
      }
      return to;
    },
    doubles,
    loadBytes(to, from) {
      if (type === 'float64') {
        instruction(MAP_0F38, 0x31, to, 0, from, { bits: 128 }); // vpmovzxbd
        instruction(MAP_0F, 0xe6, to, 0, to, { prefix: PREFIX_F3 }); // vcvtdq2pd
      } else {
        instruction(MAP_0F38, 0x31, to, 0, from);
        instruction(MAP_0F, 0x5b, to, 0, to, { prefix: NO_PREFIX }); // vcvtdq2ps
      }
    },
    registers: MASK,
    maskRegisters: 0,
    literal: (bits) => literal(laneBytes(bits, bytes, width)),
    loadLiteral: (to, from) => emitTyped(0x10, to, 0, from),
    loadNumber(to, from) {
      if (type === 'float32') instruction(MAP_0F, 0x5a, to, MASK, from, { prefix: PREFIX_F2 }); // vcvtsd2ss
      instruction(MAP_0F38, 0x18 + form.wide, to, 0, type === 'float32' ? to : from); // vbroadcastsd
    },
    loadElement: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from),
    widen(to, x, part) {
      if (type === 'float64') return x;
      if (part === 1) {
        instruction(MAP_0F3A, 0x19, x, 0, to); // vextractf128
        emit(1);
      }
      instruction(MAP_0F, 0x5a, to, 0, part === 1 ? to : x, { prefix: NO_PREFIX }); // vcvtps2pd
      return to;
    },
    narrow(to, first) {
      if (type === 'float64') return move(to, first);
      instruction(MAP_0F, 0x5a, to, 0, first); // vcvtpd2ps
      instruction(MAP_0F, 0x5a, first + 1, 0, first + 1);
      instruction(MAP_0F3A, 0x18, to, to, first + 1); // vinsertf128
      emit(1);
    },
    compare(to, relation, x, y) {
      instruction(MAP_0F, 0xc2, to, x, y, { prefix: form.prefix, after: 1 }); // vcmppd
      emit(relations[relation]);
    },
    choose(to, mask, x, y) {
      instruction(MAP_0F3A, 0x4a + form.wide, to, y, x); // vblendvpd
      emit(mask << 4);
    },
    chooseOrZero: (to, mask, x) => emitTyped(0x54, to, mask, x),
    readMask: (to, mask) => emitTyped(0x50, to, 0, mask), // vmovmskpd
    words: {
      blocks: 4,
      numberBlocks: (to) => emitTyped(0x10, to, 0, literal(blockNumbers(4))),
      spread: (to, from) => instruction(MAP_0F38, 0x58, to, 0, from), // vpbroadcastd
      addNumber: (x, step) => instruction(MAP_0F, 0xfe, x, x, literal(laneBytes(BigInt(step), 4, 8))), // vpaddd
      addWords: (x, y) => instruction(MAP_0F, 0xfe, x, x, y),
      loadLiteral: (to, word) => emitTyped(0x10, to, 0, literal(laneBytes(BigInt(word), 4, 8))),
      multiply(high, low, x, y) {
        instruction(MAP_0F, 0xf4, low, x, y); // vpmuludq
        instruction(MAP_0F, 0x73, 2, high, low); // vpsrlq
        emit(32);
      },
      mix(x, y, from) {
        instruction(MAP_0F, 0xef, y, y, from); // vpxor
        instruction(MAP_0F, 0xef, x, x, y);
      },
      inOrder: (words) => orderWords(shuffle, words),
      chooseAtLeast([to, other], words, least, x) {
        instruction(MAP_0F38, 0x3f, to, words, least); // vpmaxud
        instruction(MAP_0F, 0x76, words, words, to); // vpcmpeqd
        if (type === 'float32') return emitTyped(0x54, to, words, x);
        instruction(MAP_0F38, 0x25, to, 0, words); // vpmovsxdq of the lower half
        instruction(MAP_0F3A, 0x39, words, 0, words); // vextracti128
        emit(1);
        instruction(MAP_0F38, 0x25, other, 0, words);
        for (const vector of [to, other]) emitTyped(0x54, vector, vector, x);
      },
    },
  };
}

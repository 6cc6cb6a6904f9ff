import type { ElementType } from '../../../../math/element-type.ts';
import type { Arithmetic, Doubles, FormulaUnit, Quads, Squares, Vector } from '../isa.ts';
import { laneBytes } from '../literals.ts';
import type { Address, Assembler, Operand } from './assembler.ts';
import {
  type Form,
  forms,
  MAP_0F,
  MAP_0F3A,
  MAP_0F38,
  NO_PREFIX,
  PREFIX_66,
  PREFIX_F2,
  PREFIX_F3,
  relations,
  transposeLanes,
  type VectorUnit,
} from './forms.ts';

const SQUARES = 13;
const MASK = 15;

interface WithDoubles {
  readonly doubles: Doubles<Address>;
}

interface InstructionOptions {
  wide?: number; // added to some opcodes
  bits?: 128 | 256;
  prefix?: number;
  after?: number; // bytes of the instruction after the operands
}

/** Vectors of `vectorBits` bits in 16 registers; the last one holds the mask. */
export function createAvx2(
  { emit, operands, literal }: Assembler,
  type: ElementType,
  vectorBits: 128 | 256 = 256,
): VectorUnit & Arithmetic<Address> & FormulaUnit<Address> & Quads<Address> & WithDoubles {
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
  const typed = (opcode: number, reg: Vector, second: Vector, operand: Operand): void =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: form.prefix });

  /** Emits an instruction of map 0F on integers as wide as an element: `opcodes` are those of 32 and of 64 bits. */
  const onBits = ([narrow, wide]: readonly [number, number], reg: Vector, second: Vector, operand: Operand): void =>
    instruction(MAP_0F, type === 'float64' ? wide : narrow, reg, second, operand);

  const unpack = ({ prefix }: Form, opcode: number, to: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F, opcode, to, x, y, { prefix });

  const fuse = ({ wide }: Form, sum: Vector, x: Vector, y: Vector): void =>
    instruction(MAP_0F38, 0xb8, sum, x, y, { wide }); // vfmadd231pd

  const squares: Squares<Address> = {
    clear: () => typed(0x57, SQUARES, SQUARES, SQUARES),
    add(x, free) {
      if (type === 'float64') {
        typed(0x59, free, x, x);
        typed(0x58, SQUARES, SQUARES, free);
        return;
      }
      // The square of a float is exact as a double, so fusing changes nothing.
      instruction(MAP_0F, 0x5a, free, 0, x, { prefix: NO_PREFIX }); // vcvtps2pd of the lower half
      fuse(forms.float64, SQUARES, free, free);
      instruction(MAP_0F3A, 0x19, x, 0, free); // vextractf128
      emit(1);
      instruction(MAP_0F, 0x5a, free, 0, free, { prefix: NO_PREFIX });
      fuse(forms.float64, SQUARES, free, free);
    },
    store: (to) => typed(0x11, SQUARES, 0, to),
  };

  /** Emits an instruction on the lowest double of vectors. */
  const onDouble = (opcode: number, reg: Vector, second: Vector, operand: Operand): void =>
    instruction(MAP_0F, opcode, reg, second, operand, { prefix: PREFIX_F2, bits: 128 });

  const doubles: Doubles<Address> = {
    load: (to, from) => onDouble(0x10, to, 0, from), // vmovsd
    store: (to, from) => onDouble(0x11, from, 0, to),
    addElement(sum, from, free) {
      // The upper half comes from a register that does not change, so that no conversion waits for another.
      // vcvtss2sd
      if (type === 'float32') instruction(MAP_0F, 0x5a, free, MASK, from, { prefix: PREFIX_F3, bits: 128 });
      onDouble(0x58, sum, sum, type === 'float32' ? free : from); // vaddsd
    },
    addProduct(sum, x, y, free) {
      onDouble(0x10, free, 0, x);
      onDouble(0x59, free, free, y); // vmulsd
      onDouble(0x58, sum, sum, free);
    },
  };

  return {
    bytes,
    width,
    load: (to, from) => typed(0x10, to, 0, from), // vmovupd or vmovups
    store: (to, from) => typed(0x11, from, 0, to),
    loadMask: (from) => typed(0x10, MASK, 0, from),
    loadMasked: (to, from) => instruction(MAP_0F38, 0x2c + form.wide, to, MASK, from), // vmaskmovpd
    storeMasked: (to, from) => instruction(MAP_0F38, 0x2e + form.wide, from, MASK, to),
    loadFactor: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from), // vbroadcastsd
    clear: (to) => typed(0x57, to, to, to), // vxorpd
    add: (sum, x) => typed(0x58, sum, sum, x), // vaddpd
    multiplyAdd: (sum, x, y) => fuse(form, sum, x, y),
    multiplyAddLanes: (sum, x, y) => fuse(form, sum, x, y),
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
    leave: () => emit(0xc5, 0xf8, 0x77), // vzeroupper
    squares,
    doubles,
    plus: (to, x, y) => typed(0x58, to, x, y), // vaddpd
    minus: (to, x, y) => typed(0x5c, to, x, y), // vsubpd
    times: (to, x, y) => typed(0x59, to, x, y), // vmulpd
    over: (to, x, y) => typed(0x5e, to, x, y), // vdivpd
    root: (to, x) => typed(0x51, to, 0, x), // vsqrtpd
    andNot: (to, x, y) => typed(0x55, to, x, y), // vandnpd
    loadBytes(to, from) {
      if (type === 'float64') {
        instruction(MAP_0F38, 0x31, to, 0, from, { bits: 128 }); // vpmovzxbd
        instruction(MAP_0F, 0xe6, to, 0, to, { prefix: PREFIX_F3 }); // vcvtdq2pd
      } else {
        instruction(MAP_0F38, 0x31, to, 0, from);
        instruction(MAP_0F, 0x5b, to, 0, to, { prefix: NO_PREFIX }); // vcvtdq2ps
      }
    },
    isLess(to, x, y) {
      typed(0xc2, to, x, y); // vcmppd
      emit(1);
    },
    registers: MASK,
    maskRegisters: 0,
    literal: (bits) => literal(laneBytes(bits, bytes, width)),
    loadLiteral: (to, from) => typed(0x10, to, 0, from),
    loadNumber(to, from) {
      if (type === 'float32') instruction(MAP_0F, 0x5a, to, MASK, from, { prefix: PREFIX_F2 }); // vcvtsd2ss
      instruction(MAP_0F38, 0x18 + form.wide, to, 0, type === 'float32' ? to : from); // vbroadcastsd
    },
    loadElement: (to, from) => instruction(MAP_0F38, 0x18 + form.wide, to, 0, from),
    move: (to, from) => typed(0x28, to, 0, from), // vmovapd
    lesser: (to, x, y) => typed(0x5d, to, x, y), // vminpd
    greater: (to, x, y) => typed(0x5f, to, x, y), // vmaxpd
    and: (to, x, y) => typed(0x54, to, x, y), // vandpd
    or: (to, x, y) => typed(0x56, to, x, y), // vorpd
    xor: (to, x, y) => typed(0x57, to, x, y), // vxorpd
    plusBits: (to, x, y) => onBits([0xfe, 0xd4], to, x, y), // vpaddq
    minusBits: (to, x, y) => onBits([0xfa, 0xfb], to, x, y), // vpsubq
    shiftLeft(to, x, count) {
      onBits([0x72, 0x73], 6, to, x); // vpsllq
      emit(count);
    },
    shiftRight(to, x, count) {
      onBits([0x72, 0x73], 2, to, x); // vpsrlq
      emit(count);
    },
    compare(to, relation, x, y) {
      instruction(MAP_0F, 0xc2, to, x, y, { prefix: form.prefix, after: 1 }); // vcmppd
      emit(relations[relation]);
    },
    choose(to, mask, x, y) {
      instruction(MAP_0F3A, 0x4a + form.wide, to, y, x); // vblendvpd
      emit(mask << 4);
    },
    keep: (to, mask, x) => typed(0x54, to, mask, x),
  };
}

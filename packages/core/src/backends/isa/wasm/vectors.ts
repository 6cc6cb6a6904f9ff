import type { ElementType } from '../../../math/element-type.ts';
import type { FormulaUnit, Mask, Operand, Relation, Vector, Vectors } from '../isa.ts';
import { laneBytes } from '../literals.ts';
import { type FunctionWriter, type LiveLanes, offsetBy, type WasmAddress } from './function-writer.ts';
import { F64X2_ADD, LOAD32_ZERO, LOAD64_ZERO } from './module.ts';
import { createWords } from './words.ts';

/** Vectors of 128 bits. */
export type WasmUnit = FormulaUnit<WasmAddress> & Vectors<WasmAddress>;

/** Vector registers for formulas. Each is a local variable: more than a few cost nothing unless used. */
const FORMULA_REGISTERS = 400;
/** First of the unit's own registers, beyond those that formulas and kernels take. */
const SPARE = FORMULA_REGISTERS + 100;

/** An opcode for floats and one for doubles. */
type Opcodes = readonly [number, number];

const ADD: Opcodes = [0xe4, F64X2_ADD];
const MULTIPLY: Opcodes = [0xe6, 0xf2];
const AND = 0x4e; // of the bits, as the two below, for both types
const OR = 0x50;
const XOR = 0x51;
const ANY_TRUE = 0x53;

const relations: Record<Exclude<Relation, 'notLess'>, Opcodes> = {
  less: [0x43, 0x49], // f32x4.lt and f64x2.lt; the others likewise
  atMost: [0x45, 0x4b],
  equal: [0x41, 0x47],
  atLeast: [0x46, 0x4c],
  greater: [0x44, 0x4a],
};

/** The operations of vectors of `type`, in a run of the same type or of floats. `fused`: multiplyAdd rounds once. */
export function createUnit(
  writer: FunctionWriter,
  liveLanes: LiveLanes,
  type: ElementType,
  runType: ElementType,
  fused: boolean,
): WasmUnit {
  const { emit, vector, loadVector, pushBase, storeVector, block, constant } = writer;
  const isDouble = type === 'float64';
  const bytes = isDouble ? 8 : 4;
  const width = 16 / bytes;
  const opcodeOfType = ([float, double]: Opcodes): number => (isDouble ? double : float);
  const get = (x: Vector): void => writer.get(writer.register(x));
  const set = (x: Vector): void => writer.set(writer.register(x));

  const push = (operand: Operand<WasmAddress>): void => {
    if (typeof operand === 'number') get(operand);
    else if (operand.literal !== undefined)
      vector(12, ...operand.literal); // v128.const
    else loadVector(0, operand); // v128.load
  };
  const binary =
    (...opcodes: Opcodes) =>
    (to: Vector, x: Vector, y: Operand<WasmAddress>): void => {
      get(x);
      push(y);
      vector(opcodeOfType(opcodes));
      set(to);
    };
  /** pmin(a, b) is b where b < a, else a; so the operands change places. */
  const withSwappedOperands =
    (...opcodes: Opcodes) =>
    (to: Vector, x: Vector, y: Operand<WasmAddress>): void => {
      push(y);
      get(x);
      vector(opcodeOfType(opcodes));
      set(to);
    };
  /** i8x16.shuffle: to = these lanes of `size` bytes. Lanes of x are numbered from 0 on, lanes of y after them. */
  function shuffle(to: Vector, x: Vector, y: Vector, lanes: readonly number[], size = bytes): void {
    get(x);
    get(y);
    vector(13, ...lanes.flatMap((lane) => Array.from({ length: size }, (_, k) => lane * size + k)));
    set(to);
  }
  function store(to: WasmAddress, from: Vector): void {
    const offset = pushBase(to);
    get(from);
    storeVector(11, offset); // v128.store
  }
  /** Stores lane `lane` of `size` bytes. */
  function storeLane(to: WasmAddress, from: Vector, size: number, lane: number): void {
    const offset = pushBase(to);
    get(from);
    storeVector(size === 8 ? 0x5b : 0x5a, offset, lane); // v128.store64_lane or v128.store32_lane
  }
  function loadTo(to: Vector, opcode: number, from: WasmAddress): void {
    loadVector(opcode, from);
    set(to);
  }
  function multiplyAdd(sum: Vector, x: Vector, y: Vector): void {
    if (fused) {
      for (const operand of [x, y, sum]) get(operand);
      vector(isDouble ? 0x107 : 0x105); // relaxed_madd
    } else {
      for (const operand of [sum, x, y]) get(operand);
      vector(opcodeOfType(MULTIPLY));
      vector(opcodeOfType(ADD));
    }
    set(sum);
  }
  const move = (to: Vector, from: Vector): void => {
    if (to === from) return;
    get(from);
    set(to);
  };

  return {
    bytes,
    width,
    registers: FORMULA_REGISTERS,
    maskRegisters: 0,
    load: (to, from) => loadTo(to, 0, from),
    store,
    loadMask: (from) => liveLanes.count(from, width, bytes),
    loadMasked(to, from) {
      liveLanes.pushEquals(width);
      block(
        'if',
        () => loadTo(to, 0, from),
        () => {
          if (isDouble) return loadTo(to, LOAD64_ZERO, from);
          liveLanes.pushEquals(1);
          block(
            'if',
            () => loadTo(to, LOAD32_ZERO, from),
            () => {
              loadTo(to, LOAD64_ZERO, from);
              liveLanes.pushEquals(3);
              block('if', () => {
                const offset = pushBase(from);
                get(to);
                storeVector(0x56, offset + 8, 2); // v128.load32_lane
                set(to);
              });
            },
          );
        },
      );
    },
    loadSelected: (to, from) => loadTo(to, 0, from),
    storeMasked(to, from) {
      liveLanes.pushEquals(width);
      block(
        'if',
        () => store(to, from),
        () => {
          if (isDouble) return storeLane(to, from, 8, 0);
          liveLanes.pushEquals(1);
          block(
            'if',
            () => storeLane(to, from, 4, 0),
            () => {
              storeLane(to, from, 8, 0);
              liveLanes.pushEquals(3);
              block('if', () => storeLane(offsetBy(to, 8), from, 4, 2));
            },
          );
        },
      );
    },
    clear(to) {
      vector(12, ...new Array(16).fill(0)); // v128.const
      set(to);
    },
    loadFactor: (to, from) => loadTo(to, opcodeOfType([9, 10]), from), // v128.load32_splat or v128.load64_splat
    multiplyAdd,
    multiplyAddLanes: multiplyAdd,
    transpose(a, b) {
      if (isDouble) {
        shuffle(b, a, a + 1, [0, 2]);
        shuffle(b + 1, a, a + 1, [1, 3]);
        return b;
      }
      for (const r of [0, 2]) {
        shuffle(b + r, a + r, a + r + 1, [0, 4, 2, 6]);
        shuffle(b + r + 1, a + r, a + r + 1, [1, 5, 3, 7]);
      }
      for (const k of [0, 1]) {
        shuffle(a + k, b + k, b + k + 2, [0, 1, 4, 5]);
        shuffle(a + k + 2, b + k, b + k + 2, [2, 3, 6, 7]);
      }
      return a;
    },
    loadBytes(to, from) {
      if (isDouble) {
        writer.load(0x2f, from); // i32.load16_u
        vector(16); // i16x8.splat
      } else {
        loadVector(LOAD32_ZERO, from);
      }
      vector(0x89); // i16x8.extend_low_i8x16_u
      vector(0xa9); // i32x4.extend_low_i16x8_u
      vector(opcodeOfType([0xfb, 0xff])); // f32x4.convert_i32x4_u or f64x2.convert_low_i32x4_u
      set(to);
    },
    literal: (bits) => ({ base: 0, literal: [...laneBytes(bits, bytes, width)] }),
    loadLiteral(to, literal) {
      push(literal);
      set(to);
    },
    loadNumber(to, from) {
      writer.load(0x2b, from); // f64.load
      if (!isDouble) emit(0xb6); // f32.demote_f64
      vector(opcodeOfType([19, 20])); // f32x4.splat or f64x2.splat
      set(to);
    },
    loadElement: (to, from) => loadTo(to, opcodeOfType([9, 10]), from),
    widen(to, x, part) {
      if (isDouble || runType === 'float64') return x;
      if (part === 0) get(x);
      else {
        shuffle(to, x, x, [1, 1], 8);
        get(to);
      }
      vector(0x5f); // f64x2.promote_low_f32x4
      set(to);
      return to;
    },
    narrow(to, first) {
      if (runType === 'float64') return move(to, first);
      for (const part of [first, first + 1]) {
        get(part);
        vector(0x5e); // f32x4.demote_f64x2_zero
        set(part);
      }
      shuffle(to, first, first + 1, [0, 2], 8);
    },
    move,
    add: binary(...ADD),
    subtract: binary(0xe5, 0xf1),
    multiply: binary(...MULTIPLY),
    divide: binary(0xe7, 0xf3),
    squareRoot(to, x) {
      get(x);
      vector(opcodeOfType([0xe3, 0xef])); // sqrt
      set(to);
    },
    lesser: withSwappedOperands(0xea, 0xf6),
    greater: withSwappedOperands(0xeb, 0xf7),
    and: binary(AND, AND),
    or: binary(OR, OR),
    xor: binary(XOR, XOR),
    addBits: binary(0xae, 0xce),
    subtractBits: binary(0xb1, 0xd1),
    shiftLeft(to, x, count) {
      get(x);
      constant(count);
      vector(opcodeOfType([0xab, 0xcb])); // i32x4.shl or i64x2.shl
      set(to);
    },
    shiftRight(to, x, count) {
      get(x);
      constant(count);
      vector(opcodeOfType([0xad, 0xcd])); // i32x4.shr_u or i64x2.shr_u
      set(to);
    },
    compare(to, relation, x, y) {
      get(x);
      push(y);
      if (relation === 'notLess') {
        vector(opcodeOfType(relations.less));
        vector(0x4d); // v128.not
      } else {
        vector(opcodeOfType(relations[relation]));
      }
      set(to);
    },
    choose(to, mask: Mask, x, y) {
      for (const operand of [x, y, mask]) get(operand);
      vector(0x52); // v128.bitselect
      set(to);
    },
    chooseOrZero: (to, mask, x) => binary(AND, AND)(to, x, mask),
    readMask(to, mask) {
      get(mask);
      vector(ANY_TRUE);
      writer.set(to);
    },
    ifAny(mask, body) {
      get(mask);
      vector(ANY_TRUE);
      block('if', body);
    },
    words: createWords(writer, runType, { get, set, push, shuffle, move, loadTo, spare: SPARE }),
  };
}

import type { ElementType } from '../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { FormulaUnit, Mask, Relation, Vector, Vectors } from '../isa.ts';
import { laneBytes } from '../literals.ts';
import type { Assembler } from './assembler.ts';
import { forms, LOAD_D, LOAD_H, LOAD_Q, LOAD_S, STORE_Q, VECTOR } from './forms.ts';
import { CLEAR, createMasked } from './masked.ts';

/** Vector registers for kernels, from 0 on. */
export const VECTOR_REGISTERS = 31;
/** The register after these, which the operations below use themselves. */
export const FREE = 31;

/** Another register that the operations of formulas use themselves. */
const SECOND_FREE = 30;

const AND = 0x4e201c00;
const OR = 0x4ea01c00;
const XOR = 0x6e201c00; // eor
const CHOOSE = 0x6e601c00; // bsl: d = n where d is set, else m
const INSERT_IF = 0x6ea01c00; // bit: d = n where m is set
const INSERT_UNLESS = 0x6ee01c00; // bif: d = n where m is not set

/** Vectors of 16 bytes, as masks are. A factor is lane 0 of a vector; `fmla` multiplies all lanes of another by it. */
export function createNeon(assembler: Assembler, type: ElementType): FormulaUnit<Address> & Vectors<Address> {
  const { emit, access, literal } = assembler;
  const { bytes, wide, loadOne } = forms[type];
  const masked = createMasked(assembler, forms[type], FREE);
  const isFloat = type === 'float32';
  const laneBits = isFloat ? 32 : 64;

  /** y itself, or the free vector after a load. */
  function inRegister(y: Vector | Address): Vector {
    if (typeof y === 'number') return y;
    access(LOAD_Q, FREE, y);
    return FREE;
  }

  const move = (to: Vector, from: Vector): void => {
    if (to !== from) emit(OR, to, from, from);
  };

  const typed =
    (opcode: number) =>
    (to: Vector, x: Vector, y: Vector | Address): void =>
      emit(opcode | wide, to, x, inRegister(y));

  const onBits =
    (opcode: number) =>
    (to: Vector, x: Vector, y: Vector | Address): void =>
      emit(opcode, to, x, inRegister(y));

  function compare(to: Mask, relation: Relation, x: Vector, from: Vector | Address): void {
    const y = inRegister(from);
    const [greater, atLeast, equal] = [0x6ea0e400, 0x6e20e400, 0x4e20e400]; // fcmgt, fcmge, fcmeq
    const emittedUnit = {
      less: [greater, y, x],
      atMost: [atLeast, y, x],
      equal: [equal, x, y],
      atLeast: [atLeast, x, y],
      greater: [greater, x, y],
      notLess: [greater, y, x],
    }[relation];
    emit(emittedUnit[0] | wide, to, emittedUnit[1], emittedUnit[2]);
    if (relation === 'notLess') emit(0x6e205800, to, to); // mvn
  }

  function choose(to: Vector, mask: Mask, x: Vector, y: Vector): void {
    if (to === mask) emit(CHOOSE, to, x, y);
    else if (to === x) emit(INSERT_UNLESS, to, y, mask);
    else {
      move(to, y);
      emit(INSERT_IF, to, x, mask);
    }
  }

  const chooseWhere =
    (relation: Relation) =>
    (to: Vector, x: Vector, from: Vector | Address): void => {
      const y = inRegister(from);
      compare(SECOND_FREE, relation, x, y);
      choose(to, SECOND_FREE, x, y);
    };

  const wordLiteral = (word: number): Address => literal(laneBytes(BigInt(word), 4, 4));

  /** All lanes of `to` = the first lane of `from`. */
  const spread = (to: Vector, from: Vector): void => emit(isFloat ? 0x4e040400 : 0x4e080400, to, from); // dup

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
    registers: SECOND_FREE, // 0 to SECOND_FREE - 1
    maskRegisters: 0,
    literal: (bits) => literal(laneBytes(bits, bytes, VECTOR / bytes)),
    loadLiteral: (to, from) => access(LOAD_Q, to, from),
    loadNumber(to, from) {
      access(LOAD_D, to, from);
      if (isFloat) emit(0x1e624000, to, to); // fcvt
      spread(to, to);
    },
    loadElement(to, from) {
      access(loadOne, to, from);
      spread(to, to);
    },
    loadBytes(to, from) {
      access(isFloat ? LOAD_S : LOAD_H, to, from);
      emit(0x2f08a400, to, to); // uxtl to 16 bits
      emit(0x2f10a400, to, to); // to 32 bits
      if (!isFloat) emit(0x2f20a400, to, to); // to 64 bits
      emit(0x6e21d800 | wide, to, to); // ucvtf
    },
    widen(to, x, part) {
      if (!isFloat) return x;
      emit(part === 0 ? 0x0e617800 : 0x4e617800, to, x); // fcvtl, fcvtl2
      return to;
    },
    narrow(to, first) {
      if (!isFloat) return move(to, first);
      emit(0x0e616800, to, first); // fcvtn
      emit(0x4e616800, to, first + 1); // fcvtn2
    },
    move,
    add: typed(0x4e20d400), // fadd
    subtract: typed(0x4ea0d400), // fsub
    multiply: typed(0x6e20dc00), // fmul
    divide: typed(0x6e20fc00), // fdiv
    squareRoot: (to, x) => emit(0x6ea1f800 | wide, to, x), // fsqrt
    lesser: chooseWhere('less'),
    greater: chooseWhere('greater'),
    and: onBits(AND),
    or: onBits(OR),
    xor: onBits(XOR),
    addBits: typed(0x4ea08400), // add
    subtractBits: typed(0x6ea08400), // sub
    shiftLeft: (to, x, count) => emit(0x4f005400 | ((laneBits + count) << 16), to, x), // shl
    shiftRight: (to, x, count) => emit(0x6f000400 | ((2 * laneBits - count) << 16), to, x), // ushr
    compare,
    choose,
    chooseOrZero: (to, mask, x) => emit(AND, to, mask, x),
    readMask(to, mask) {
      emit(isFloat ? 0x4eb1b800 : 0x5ef1b800, FREE, mask); // addv, addp
      emit(isFloat ? 0x1e260000 : 0x9e660000, to, FREE); // fmov
    },
    words: {
      blocks: 4,
      numberBlocks: (to) => access(LOAD_Q, to, literal(new Uint8Array(Uint32Array.of(0, 1, 2, 3).buffer))),
      spread(to, from) {
        access(LOAD_S, to, from);
        emit(0x4e040400, to, to); // dup
      },
      addNumber(x, step) {
        access(LOAD_Q, FREE, wordLiteral(step));
        emit(0x4ea08400, x, x, FREE); // add
      },
      addWords: (x, y) => emit(0x4ea08400, x, x, y),
      loadLiteral: (to, word) => access(LOAD_Q, to, wordLiteral(word)),
      multiply(high, low, x, y) {
        emit(0x2ea0c000, FREE, x, y); // umull: the products of two words
        emit(0x6ea0c000, low, x, y); // umull2: the products of the other two
        emit(0x4e805800, high, FREE, low); // uzp2
        emit(0x4e801800, low, FREE, low); // uzp1
      },
      mix(x, y, from) {
        access(LOAD_Q, FREE, from);
        emit(XOR, y, y, FREE);
        emit(XOR, x, x, y);
      },
      inOrder([a, b, c, d]) {
        emit(0x4e803800, FREE, a, b); // zip1: words 0 and 1 of two blocks
        emit(0x4e807800, b, a, b); // zip2: words 0 and 1 of the other two blocks
        emit(0x4e803800, a, c, d);
        emit(0x4e807800, d, c, d);
        emit(0x4ec03800, c, FREE, a); // zip1 of their halves: all words of a block
        emit(0x4ec07800, a, FREE, a);
        emit(0x4ec03800, FREE, b, d);
        emit(0x4ec07800, d, b, d);
        move(b, FREE);
        return [c, a, b, d];
      },
      chooseAtLeast([to, other], words, least, x) {
        emit(0x6ea03c00, words, words, least); // cmhs
        if (isFloat) return emit(AND, to, words, x);
        emit(0x0f20a400, to, words); // sxtl
        emit(0x4f20a400, other, words); // sxtl2
        for (const vector of [to, other]) emit(AND, vector, vector, x);
      },
    },
  };
}

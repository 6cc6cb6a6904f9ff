import type { ElementType } from '../../../../math/element-type.ts';
import type { Address } from '../assembler.ts';
import type { Arithmetic, Squares, Vector } from '../isa.ts';
import type { Assembler } from './assembler.ts';
import { forms, LOAD_D, LOAD_Q, LOAD_S, STORE_Q, VECTOR } from './forms.ts';
import { CLEAR, createMasked, near, offsetBy } from './masked.ts';
import { FREE } from './neon.ts';

const SQUARES: Vector = 13;
/** The last pair, whose upper half is the free vector. */
const FREE_PAIR: Vector = 15;

/**
 * Vectors of 32 bytes: number k is the registers 2k and 2k + 1. So a sum of squares has a lane for each of four
 * doubles.
 */
export function createNeonPairs(assembler: Assembler, type: ElementType): Arithmetic<Address> {
  const { emit, access } = assembler;
  const form = forms[type];
  const { bytes, wide } = form;
  const masked = createMasked(assembler, form, FREE);
  const isFloat = type === 'float32';

  function load(to: Vector, from: Address): void {
    const address = near(assembler, from);
    access(LOAD_Q, 2 * to, address);
    access(LOAD_Q, 2 * to + 1, offsetBy(address, VECTOR));
  }

  function store(to: Address, from: Vector): void {
    const address = near(assembler, to);
    access(STORE_Q, 2 * from, address);
    access(STORE_Q, 2 * from + 1, offsetBy(address, VECTOR));
  }

  /** The pair that holds y: its own, or the free pair after a load. */
  function inRegister(y: Vector | Address): Vector {
    if (typeof y === 'number') return y;
    load(FREE_PAIR, y);
    return FREE_PAIR;
  }

  /** Emits an instruction for each half. */
  function each(opcode: number, to: Vector, x: Vector, y: Vector): void {
    emit(opcode, 2 * to, 2 * x, 2 * y);
    emit(opcode, 2 * to + 1, 2 * x + 1, 2 * y + 1);
  }

  function eachOf(opcode: number, to: Vector, x: Vector): void {
    emit(opcode, 2 * to, 2 * x);
    emit(opcode, 2 * to + 1, 2 * x + 1);
  }

  const typed =
    (opcode: number) =>
    (to: Vector, x: Vector, y: Vector | Address): void =>
      each(opcode | wide, to, x, inRegister(y));

  function clear(to: Vector): void {
    emit(CLEAR, 2 * to);
    emit(CLEAR, 2 * to + 1);
  }

  const squares: Squares<Address> = {
    clear: () => clear(SQUARES),
    add(x, free) {
      if (!isFloat) {
        each(0x6e60dc00, free, x, x); // fmul
        each(0x4e60d400, SQUARES, SQUARES, free); // fadd
        return;
      }
      for (const half of [2 * x, 2 * x + 1]) {
        emit(0x0e617800, 2 * free, half); // fcvtl: the lower two floats to doubles
        emit(0x4e617800, 2 * free + 1, half); // fcvtl2: the upper two
        each(0x4e60cc00, SQUARES, free, free); // fmla: squares of floats are exact as doubles
      }
    },
    store: (to) => store(to, SQUARES),
  };

  return {
    bytes,
    width: (2 * VECTOR) / bytes,
    load,
    store,
    loadMask(from) {
      load(FREE_PAIR, from);
      emit(0x4ea08400 | wide, FREE, FREE, 2 * FREE_PAIR); // add of words
      masked.count(FREE);
    },
    loadMasked: (to, from) => masked.loadPair(2 * to, from),
    storeMasked: (to, from) => masked.storePair(to, 2 * from),
    clear,
    squares,
    plus: typed(0x4e20d400), // fadd
    minus: typed(0x4ea0d400), // fsub
    times: typed(0x6e20dc00), // fmul
    over: typed(0x6e20fc00), // fdiv
    root: (to, x) => eachOf(0x6ea1f800 | wide, to, inRegister(x)), // fsqrt
    andNot: (to, x, y) => each(0x4e601c00, to, inRegister(y), x), // bic
    isLess: (to, x, y) => each(0x6ea0e400 | wide, to, inRegister(y), x), // fcmgt
    loadBytes(to, from) {
      access(isFloat ? LOAD_D : LOAD_S, FREE, from);
      emit(0x2f08a400, FREE, FREE); // uxtl to 16 bits
      if (!isFloat) emit(0x2f10a400, FREE, FREE); // for doubles, to 32 bits
      const [lower, upper] = isFloat ? [0x2f10a400, 0x6f10a400] : [0x2f20a400, 0x6f20a400];
      emit(lower, 2 * to, FREE); // uxtl, to the size of an element
      emit(upper, 2 * to + 1, FREE); // uxtl2
      eachOf(0x6e21d800 | wide, to, to); // ucvtf
    },
  };
}

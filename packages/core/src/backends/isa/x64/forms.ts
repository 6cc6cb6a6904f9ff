import type { ElementType } from '../../../math/element-type.ts';
import type { Relation, Vector, Vectors } from '../isa.ts';
import type { Address, Assembler, Operand } from './assembler.ts';

// Opcode maps and implied prefixes, as numbered in VEX and EVEX.
export const MAP_0F = 1;
export const MAP_0F38 = 2;
export const MAP_0F3A = 3;
export const NO_PREFIX = 0;
export const PREFIX_66 = 1;
export const PREFIX_F3 = 2;
export const PREFIX_F2 = 3;

/** Encoding of the element type in vector instructions. */
export interface Form {
  readonly bytes: number; // bytes of an element
  readonly prefix: number; // of arithmetic in map 0F: pd or ps
  readonly wide: 0 | 1; // bit W, also the difference between opcodes of doubles and floats
}

export const forms = {
  float64: { bytes: 8, prefix: PREFIX_66, wide: 1 },
  float32: { bytes: 4, prefix: NO_PREFIX, wide: 0 },
} satisfies Record<ElementType, Form>;

/** Predicates of vcmppd. */
export const relations: Readonly<Record<Relation, number>> = {
  less: 0x11,
  atMost: 0x12,
  equal: 0,
  atLeast: 0x1d,
  greater: 0x1e,
  notLess: 0x15,
};

/** vunpckl or vunpckh of doubles or floats, as `form` says. */
export type Unpack = (form: Form, opcode: number, to: Vector, x: Vector, y: Vector) => void;

/**
 * Transposes the square of elements in each 128-bit lane of `width` vectors from `a` on. Uses vectors from `b` on as
 * scratch. Overwrites both; returns the first vector of the result, and the first of the scratch.
 */
export function transposeLanes(unpack: Unpack, { bytes }: Form, a: Vector, b: Vector, width: number): [Vector, Vector] {
  let [from, to] = [a, b];
  for (let size = bytes; size < 16; size *= 2) {
    const form = size === 8 ? forms.float64 : forms.float32;
    const distance = size / bytes;
    // Interleaves each vector with the one that is `distance` below it. The two results become neighbours.
    for (let r = 0, next = to; r < width; r += 2 * distance) {
      for (let k = 0; k < distance; k++, next += 2) {
        unpack(form, 0x14, next, from + r + k, from + r + k + distance);
        unpack(form, 0x15, next + 1, from + r + k, from + r + k + distance);
      }
    }
    [from, to] = [to, from];
  }
  return [from, to];
}

/** Vector instructions of one element type in one extension's encoding. */
export interface VectorUnit extends Vectors<Address> {
  /** Emitted before returning to code that does not use these vectors. */
  leave(): void;
}

// Vectors of words have the word of a block in the lower half of each 64-bit lane; the upper half is anything.

/** vshufps: in each 128-bit lane two floats of x, then two of y, as two bits of `lanePattern` say for each. */
type Shuffle = (to: Vector, x: Vector, y: Vector, lanePattern: number) => void;

const EVEN = 0x88; // floats 0 and 2 of x, then of y
const ODD = 0xdd; // floats 1 and 3

/**
 * Joins a, b, c, d, with word 0, 1, 2, 3 of every block, into blocks of four words each, in two vectors. Lanes have the
 * blocks of `blockNumbers`. Overwrites a, b, c, d.
 */
export function orderWords(shuffle: Shuffle, [a, b, c, d]: readonly Vector[]): readonly Vector[] {
  shuffle(a, a, b, EVEN); // words 0 of both blocks of a 128-bit lane, then words 1
  shuffle(c, c, d, EVEN);
  shuffle(b, a, c, EVEN); // all words of the one block
  shuffle(d, a, c, ODD); // of the other
  return [b, d];
}

/** The block of each 64-bit lane: the first halves of the 128-bit lanes have the first half of the blocks. */
export function blockNumbers(blocks: number): Uint8Array {
  const lanes = Array.from({ length: blocks }, (_, lane) => (lane >> 1) + (lane & 1) * (blocks / 2));
  return new Uint8Array(BigUint64Array.from(lanes, BigInt).buffer);
}

/** An instruction of map 0F whose prefix selects the element type. */
type EmitFloats = (opcode: number, reg: Vector, second: Vector, operand: Operand) => void;

/** An instruction of map 0F on integers as wide as an element, by its opcodes for 32 and for 64 bits. */
type EmitIntegers = (opcodes: readonly [number, number], reg: Vector, second: Vector, operand: Operand) => void;

/** The operations that have the same opcodes in every extension. */
export function createSharedOperations(
  emit: Assembler['emit'],
  typedInstruction: EmitFloats,
  integerInstruction: EmitIntegers,
) {
  const binary =
    (opcode: number) =>
    (to: Vector, x: Vector, y: Operand): void =>
      typedInstruction(opcode, to, x, y);
  const binaryOnBits =
    (...opcodes: readonly [number, number]) =>
    (to: Vector, x: Vector, y: Operand): void =>
      integerInstruction(opcodes, to, x, y);
  return {
    load: (to: Vector, from: Address) => typedInstruction(0x10, to, 0, from), // vmovupd or vmovups
    store: (to: Address, from: Vector) => typedInstruction(0x11, from, 0, to),
    clear: (to: Vector) => typedInstruction(0x57, to, to, to), // vxorpd
    move(to: Vector, from: Vector): void {
      if (to !== from) typedInstruction(0x28, to, 0, from); // vmovapd
    },
    add: binary(0x58), // vaddpd
    subtract: binary(0x5c), // vsubpd
    multiply: binary(0x59), // vmulpd
    divide: binary(0x5e), // vdivpd
    squareRoot: (to: Vector, x: Vector) => typedInstruction(0x51, to, 0, x), // vsqrtpd
    lesser: binary(0x5d), // vminpd
    greater: binary(0x5f), // vmaxpd
    and: binary(0x54), // vandpd
    or: binary(0x56), // vorpd
    xor: binary(0x57), // vxorpd
    addBits: binaryOnBits(0xfe, 0xd4), // vpaddq
    subtractBits: binaryOnBits(0xfa, 0xfb), // vpsubq
    shiftLeft(to: Vector, x: Vector, count: number): void {
      integerInstruction([0x72, 0x73], 6, to, x); // vpsllq
      emit(count);
    },
    shiftRight(to: Vector, x: Vector, count: number): void {
      integerInstruction([0x72, 0x73], 2, to, x); // vpsrlq
      emit(count);
    },
    leave: () => emit(0xc5, 0xf8, 0x77), // vzeroupper
  };
}

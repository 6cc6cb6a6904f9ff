import type { Quads, Vector, Vectors } from '../vectors.ts';
import type { Address, Assembler, Operand } from './assembler.ts';

/** The instructions on vectors in the encoding of one extension of x64. */
export interface VectorUnit extends Vectors<Address> {
  /** Before code that knows nothing of these vectors. */
  leave(): void;
}

/** An extension of x64: how many registers it has for a tile, and its unit. */
export interface Extension {
  readonly registers: number;
  readonly reserved: number; // of them, for the mask
  readonly flags: readonly string[]; // of the processor: see processor.ts
  createUnit(assembler: Assembler): VectorUnit;
}

/** Widest first. */
export const extensions = {
  avx512: {
    registers: 32,
    reserved: 0,
    flags: ['avx512f', 'avx512dq'],
    createUnit: createAvx512,
  },
  avx2: {
    registers: 16,
    reserved: 1,
    flags: ['avx2', 'fma'],
    createUnit: createAvx2,
  },
} satisfies Record<string, Extension>;

export type ExtensionName = keyof typeof extensions;

// Opcode maps and implied prefixes, as both encodings number them.
const MAP_0F = 1;
const MAP_0F38 = 2;
const MAP_0F3A = 3;
const PREFIX_66 = 1;
const PREFIX_F3 = 2;

interface InstructionOptions {
  mask?: number;
  zeroing?: boolean;
  prefix?: number;
  bytes?: number; // of the operand in memory
}

/** Vectors of 8 in 32 registers; masks are registers of their own, of which k1 is used. */
function createAvx512({ emit, operands }: Assembler): VectorUnit {
  const K1 = 1;

  /** EVEX: reg, second and operand are vectors; `mask` a mask register with zeros in the lanes it leaves out, or 0. */
  function instruction(
    map: number,
    opcode: number,
    reg: Vector,
    second: Vector,
    operand: Operand,
    { mask = 0, zeroing = false, prefix = PREFIX_66, bytes = 64 }: InstructionOptions = {},
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
      0x84 | ((~second & 15) << 3) | prefix, // 0x80: doubles
      (zeroing ? 0x80 : 0) | 0x40 | ((~second & 16) >> 1) | mask, // 0x40: 512 bits
      opcode,
    );
    operands(reg, operand, bytes);
  }

  /** Of each two vectors from `from` on, the even lanes in turns, then the odd ones. */
  function interleave(to: Vector, from: Vector): void {
    for (let r = 0; r < 8; r += 2) {
      instruction(MAP_0F, 0x14, to + r, from + r, from + r + 1); // vunpcklpd
      instruction(MAP_0F, 0x15, to + r + 1, from + r, from + r + 1); // vunpckhpd
    }
  }

  /** Two pairs of x, then two of y, by two bits of `which` each. */
  function choosePairs(to: Vector, x: Vector, y: Vector, which: number): void {
    instruction(MAP_0F3A, 0x23, to, x, y); // vshuff64x2
    emit(which);
  }

  return {
    width: 8,
    load: (to, from) => instruction(MAP_0F, 0x10, to, 0, from), // vmovupd
    store: (to, from) => instruction(MAP_0F, 0x11, from, 0, to),
    loadMask(from) {
      const free = 31;
      instruction(MAP_0F, 0x10, free, 0, from);
      instruction(MAP_0F38, 0x39, K1, 0, free, { prefix: PREFIX_F3 }); // vpmovq2m
    },
    loadMasked: (to, from) => instruction(MAP_0F, 0x10, to, 0, from, { mask: K1, zeroing: true }),
    storeMasked: (to, from) => instruction(MAP_0F, 0x11, from, 0, to, { mask: K1 }),
    broadcast: (to, from) => instruction(MAP_0F38, 0x19, to, 0, from, { bytes: 8 }), // vbroadcastsd
    clear: (to) => instruction(MAP_0F, 0x57, to, to, to), // vxorpd
    add: (sum, x) => instruction(MAP_0F, 0x58, sum, sum, x), // vaddpd
    multiplyAdd: (sum, x, y) => instruction(MAP_0F38, 0xb8, sum, x, y), // vfmadd231pd
    transpose(a, b) {
      interleave(b, a);
      // Pairs of lanes stay together: halves of two and two vectors, and of these every other pair.
      for (const k of [0, 1]) {
        for (const half of [0, 4]) {
          choosePairs(a + k + half, b + k + half, b + k + half + 2, 0x44);
          choosePairs(a + k + half + 2, b + k + half, b + k + half + 2, 0xee);
        }
        for (const [q, from] of [
          [0, 0],
          [4, 2],
        ]) {
          choosePairs(b + k + q, a + k + from, a + k + from + 4, 0x88);
          choosePairs(b + k + q + 2, a + k + from, a + k + from + 4, 0xdd);
        }
      }
      return b;
    },
    leave: () => emit(0xc5, 0xf8, 0x77), // vzeroupper
  };
}

/** Vectors of 4 in 16 registers, of which the last holds the mask. */
export function createAvx2({ emit, operands }: Assembler): VectorUnit & Quads<Address> {
  const MASK = 15;

  /** VEX of three bytes. `wide` is a part of some opcodes. */
  function instruction(
    map: number,
    opcode: number,
    wide: boolean,
    reg: Vector,
    second: Vector,
    operand: Operand,
    bits: 128 | 256 = 256,
    prefix = PREFIX_66,
  ): void {
    const [base, index] = typeof operand === 'number' ? [operand, 0] : [operand.base, operand.index ?? 0];
    const numbers = (((reg >> 3) & 1) << 7) | (((index >> 3) & 1) << 6) | (((base >> 3) & 1) << 5);
    emit(
      0xc4,
      (numbers ^ 0xe0) | map,
      (wide ? 0x80 : 0) | ((~second & 15) << 3) | (bits === 256 ? 4 : 0) | prefix,
      opcode,
    );
    operands(reg, operand);
  }

  return {
    width: 4,
    load: (to, from) => instruction(MAP_0F, 0x10, false, to, 0, from), // vmovupd
    store: (to, from) => instruction(MAP_0F, 0x11, false, from, 0, to),
    loadMask: (from) => instruction(MAP_0F, 0x10, false, MASK, 0, from),
    loadMasked: (to, from) => instruction(MAP_0F38, 0x2d, false, to, MASK, from), // vmaskmovpd
    storeMasked: (to, from) => instruction(MAP_0F38, 0x2f, false, from, MASK, to),
    broadcast: (to, from) => instruction(MAP_0F38, 0x19, false, to, 0, from), // vbroadcastsd
    clear: (to) => instruction(MAP_0F, 0x57, false, to, to, to), // vxorpd
    add: (sum, x) => instruction(MAP_0F, 0x58, false, sum, sum, x), // vaddpd
    multiplyAdd: (sum, x, y) => instruction(MAP_0F38, 0xb8, true, sum, x, y), // vfmadd231pd
    transpose(a, b) {
      for (let r = 0; r < 4; r += 2) {
        instruction(MAP_0F, 0x14, false, b + r, a + r, a + r + 1); // vunpcklpd
        instruction(MAP_0F, 0x15, false, b + r + 1, a + r, a + r + 1); // vunpckhpd
      }
      for (let k = 0; k < 2; k++) {
        instruction(MAP_0F3A, 0x06, false, a + k, b + k, b + k + 2); // vperm2f128: both lower halves
        emit(0x20);
        instruction(MAP_0F3A, 0x06, false, a + k + 2, b + k, b + k + 2); // both upper ones
        emit(0x31);
      }
      return a;
    },
    leave: () => emit(0xc5, 0xf8, 0x77), // vzeroupper
    plus: (to, x, y) => instruction(MAP_0F, 0x58, false, to, x, y), // vaddpd
    minus: (to, x, y) => instruction(MAP_0F, 0x5c, false, to, x, y), // vsubpd
    times: (to, x, y) => instruction(MAP_0F, 0x59, false, to, x, y), // vmulpd
    over: (to, x, y) => instruction(MAP_0F, 0x5e, false, to, x, y), // vdivpd
    root: (to, x) => instruction(MAP_0F, 0x51, false, to, 0, x), // vsqrtpd
    andNot: (to, x, y) => instruction(MAP_0F, 0x55, false, to, x, y), // vandnpd
    loadBytes(to, from) {
      instruction(MAP_0F38, 0x31, false, to, 0, from, 128); // vpmovzxbd
      instruction(MAP_0F, 0xe6, false, to, 0, to, 256, PREFIX_F3); // vcvtdq2pd
    },
    isLess(to, x, y) {
      instruction(MAP_0F, 0xc2, false, to, x, y); // vcmppd
      emit(1);
    },
  };
}

import { type Address, type Assembler as AnyAssembler, addressAt, type Operand, type Register } from '../assembler.ts';
import { createLiterals } from '../literals.ts';

export { type Address, addressAt as at, type Operand, type Register };

export const [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15] = Array.from(
  { length: 16 },
  (_, number) => number as Register,
);

/**
 * The x64 instructions that the kernels need ([Intel SDM, volume 2](https://www.intel.com/sdm)). rsp cannot be the
 * index of an address.
 */
export interface Assembler extends AnyAssembler {
  /** Clears the upper 32 bits of r. */
  zeroExtend(r: Register): void;
  /** Stores the lower 128 bits of a vector register below 16. The base of `address` is a register below 8. */
  storeLower(address: Address, vector: number): void;
  /** Loads the lower 128 bits of a vector and clears the others. */
  loadLower(vector: number, address: Address): void;
  /** Executes CPUID for leaf eax, subleaf ecx. Overwrites eax, ebx, ecx and edx. */
  cpuid(): void;
  /** edx and eax = the halves of control register ecx, which tells the vectors that the system saves. */
  xgetbv(): void;
  /** Fills up to the boundary that the widest literals need. */
  align(): void;
  /** Emits raw bytes, such as the prefixes of vector instructions. */
  emit(...bytes: number[]): void;
  /**
   * Emits the operand bytes of an instruction: the low bits of `register`, and the other operand. An offset that is a
   * small multiple of `unit` takes one byte; AVX-512 counts such offsets in units. `after` bytes of the instruction
   * follow.
   */
  operands(register: number, operand: Operand, unit?: number, after?: number): void;
}

/** Bytes of the boundary of the widest literals. */
const ALIGNMENT = 32;

export function createAssembler(): Assembler {
  let code = new Uint8Array(4096);
  let position = 0;
  const literals = createLiterals();
  /** Distances to literals that are to be filled in at `distanceAt`; they count from the end of their instruction. */
  const patches: { literal: number; distanceAt: number; instructionEnd: number }[] = [];

  function emit(...bytes: number[]): void {
    if (position + bytes.length > code.length) {
      const longer = new Uint8Array(2 * code.length);
      longer.set(code);
      code = longer;
    }
    for (const byte of bytes) code[position++] = byte;
  }

  function fillUp(boundary: number): void {
    while (position % boundary !== 0) emit(0xcc); // int3, which never runs
  }

  function word(value: number): void {
    emit(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
  }

  function operands(register: number, operand: Operand, unit = 1, after = 0): void {
    const field = (register & 7) << 3;
    if (typeof operand === 'number') {
      emit(0xc0 | field | (operand & 7));
      return;
    }
    const { base, index, scale = 1, offset = 0, literal } = operand;
    if (literal !== undefined) {
      emit(field | 5); // an address relative to the end of the instruction
      patches.push({ literal, distanceAt: position, instructionEnd: position + 4 + after });
      word(0);
      return;
    }
    // Base 5 (rbp, r13) without an offset would mean no base at all.
    const units = offset / unit;
    const isShort = Number.isInteger(units) && units >= -128 && units <= 127;
    let mode = isShort ? 0x40 : 0x80;
    if (offset === 0 && (base & 7) !== 5) mode = 0;
    const needsIndex = index !== undefined || (base & 7) === 4;
    if (needsIndex) {
      // Index 4 means none.
      const scaleBits = { 1: 0, 2: 1, 4: 2, 8: 3 }[scale] << 6;
      emit(mode | field | 4, scaleBits | (((index ?? 4) & 7) << 3) | (base & 7));
    } else {
      emit(mode | field | (base & 7));
    }
    if (mode === 0x40) emit(units & 255);
    if (mode === 0x80) word(offset);
  }

  /** Emits the prefix with the width of operands and the fourth bits of registers, if it is needed. */
  function prefix(bits: 32 | 64, register: number, operand: Operand): void {
    const [base, index] = typeof operand === 'number' ? [operand, 0] : [operand.base, operand.index ?? 0];
    const rex = 0x40 | (bits === 64 ? 8 : 0) | ((register >> 3) << 2) | ((index >> 3) << 1) | (base >> 3);
    if (rex !== 0x40) emit(rex);
  }

  /** Emits an instruction on operands of `bits` bits. Some have a part of their opcode in the place of `register`. */
  function instruction(bits: 32 | 64, opcode: number, register: number, operand: Operand): void {
    prefix(bits, register, operand);
    emit(opcode);
    operands(register, operand);
  }

  /** Emits the distance of a jump forward, which is filled in when the result is called. */
  function distanceAhead(): () => void {
    word(0);
    const from = position;
    return () => {
      const to = position;
      position = from - 4;
      word(to - from);
      position = to;
    };
  }

  /** Emits vmovups with a VEX prefix of two bytes. */
  function lowerHalf(opcode: number, vector: number, address: Address): void {
    emit(0xc5, vector < 8 ? 0xf8 : 0x78, opcode);
    operands(vector, address);
  }

  return {
    get position() {
      return position;
    },
    loadWord: (r, address) => instruction(32, 0x8b, r, address),
    storeWord: (address, r) => instruction(32, 0x89, r, address),
    loadWhole(r, address, type = 'float64') {
      const { base, index = 0 } = address;
      const numbers = ((r >> 3) << 7) | ((index >> 3) << 6) | ((base >> 3) << 5); // their bits are written inverted
      // vcvttsd2si or vcvttss2si, which keep the upper halves of vectors
      emit(0xc4, (numbers ^ 0xe0) | 1, type === 'float64' ? 0xfb : 0xfa, 0x2c);
      operands(r, address);
    },
    loadPointer: (r, address) => instruction(64, 0x8b, r, address),
    storePointer: (address, r) => instruction(64, 0x89, r, address),
    move: (to, from) => instruction(64, 0x89, from, to),
    zeroExtend: (r) => instruction(32, 0x89, r, r),
    add: (to, from) => instruction(64, 0x01, from, to),
    subtract: (to, from) => instruction(64, 0x29, from, to),
    multiply(to, from) {
      prefix(64, to, from);
      emit(0x0f, 0xaf); // imul
      operands(to, from);
    },
    clear: (r) => instruction(32, 0x33, r, r),
    or: (r, from) => instruction(64, 0x0b, r, from),
    orWord: (r, from) => instruction(32, 0x0b, r, from),
    countUnlessZero(count, r) {
      instruction(64, 0xf7, 3, r); // neg: carries unless 0
      instruction(64, 0x83, 2, count); // adc
      emit(0);
    },
    loadAddress: (r, address) => instruction(64, 0x8d, r, address),
    loadCodeAddress(r, target) {
      prefix(64, r, 0);
      emit(0x8d, ((r & 7) << 3) | 5);
      word(target - (position + 4)); // counted from the end of the instruction
    },
    decrement: (operand) => instruction(64, 0xff, 1, operand),
    jumpUnlessZero(target) {
      emit(0x0f, 0x85);
      word(target - (position + 4));
    },
    jump(target) {
      emit(0xe9);
      word(target - (position + 4));
    },
    skipIfZero(r) {
      instruction(32, 0x85, r, r);
      emit(0x0f, 0x84);
      return distanceAhead();
    },
    skip() {
      emit(0xe9);
      return distanceAhead();
    },
    storeLower: (address, vector) => lowerHalf(0x11, vector, address),
    loadLower: (vector, address) => lowerHalf(0x10, vector, address),
    call: (r) => instruction(32, 0xff, 2, r),
    push(r) {
      prefix(32, 0, r);
      emit(0x50 | (r & 7));
    },
    pop(r) {
      prefix(32, 0, r);
      emit(0x58 | (r & 7));
    },
    ret: () => emit(0xc3),
    cpuid: () => emit(0x0f, 0xa2),
    xgetbv: () => emit(0x0f, 0x01, 0xd0),
    prefetchToWrite(address) {
      prefix(32, 1, address);
      emit(0x0f, 0x0d);
      operands(1, address);
    },
    prefetch(address) {
      prefix(32, 1, address);
      emit(0x0f, 0x18);
      operands(1, address);
    },
    align: () => fillUp(ALIGNMENT),
    literal: literals.add,
    placeLiterals() {
      const positions = literals.takeAll().map((bytes) => {
        fillUp(Math.min(bytes.length, ALIGNMENT));
        const start = position;
        emit(...bytes);
        return start;
      });
      const codeEnd = position;
      for (const { literal, distanceAt, instructionEnd } of patches.splice(0)) {
        position = distanceAt;
        word(positions[literal] - instructionEnd);
      }
      position = codeEnd;
    },
    emit,
    operands,
    bytes: () => code.slice(0, position),
  };
}

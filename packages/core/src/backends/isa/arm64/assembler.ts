import { type Address, type Assembler as AnyAssembler, addressAt, type Operand, type Register } from '../assembler.ts';
import { createLiterals } from '../literals.ts';

/** x0 to x30. Number 31 is the stack pointer or zero, depending on the instruction. */
export const [x0, x1, x2, x3] = [0, 1, 2, 3];
/** Scratch registers of the assembler. Kernels keep nothing in them. */
export const [x16, x17] = [16, 17];
export const [x19, x26, x27, x28, x29, x30] = [19, 26, 27, 28, 29, 30];
export const sp = 31;
const zero = 31;

/** A load or store instruction. Its opcode takes an unsigned offset in units of `bytes`. */
export interface Access {
  readonly opcode: number;
  readonly bytes: number;
  readonly pair?: number; // the instruction for two neighbours
}

/** Loads and stores of 32 and 64 bits. */
const LOAD_W: Access = { opcode: 0xb9400000, bytes: 4 };
const STORE_W: Access = { opcode: 0xb9000000, bytes: 4 };
const LOAD_X: Access = { opcode: 0xf9400000, bytes: 8 };
const STORE_X: Access = { opcode: 0xf9000000, bytes: 8 };
const PREFETCH: Access = { opcode: 0xf9800000, bytes: 8 };
const LOAD_D: Access = { opcode: 0xfd400000, bytes: 8 };
const LOAD_S: Access = { opcode: 0xbd400000, bytes: 4 };
// Kinds of a prefetch, which stand in the field of the register.
const KEEP_FOR_LOAD = 0; // pldl1keep
const KEEP_FOR_STORE = 16; // pstl1keep

/**
 * The A64 instructions that the kernels need ([Arm Architecture Reference Manual for A-profile, chapter
 * C6](https://developer.arm.com/documentation/ddi0487)). Addresses that no instruction can encode are computed in x16;
 * memory is changed through x17; the vector `free` holds doubles that become integers.
 */
export interface Assembler extends AnyAssembler {
  /** Emits an instruction with its registers in the usual fields. */
  emit(opcode: number, d?: number, n?: number, m?: number): void;
  /** Loads or stores `register` (general or vector) at `address`. */
  access(form: Access, register: number, address: Address): void;
  /** Loads or stores two registers at `base` + `offset`. `opcode` also determines whether `base` changes. */
  accessPair(opcode: number, bytes: number, first: number, second: number, base: Register, offset: number): void;
  /** Jumps ahead if bit `bit` of r is 0, as `skipIfZero` does. */
  skipIfBitClear(r: Register, bit: number): () => void;
}

/** Bytes on the stack per register, as the stack pointer must stay a multiple of 16. */
export const STACK_BYTES = 16;

/** Creates an assembler. `free` is a vector register that no kernel uses. */
export function createAssembler(free: number): Assembler {
  let code = new Uint32Array(1024);
  let length = 0; // words
  const literals = createLiterals();
  const patches: { literal: number; load: number }[] = []; // loads (by word) whose distance is to be filled in
  // The last instruction, if it may be joined with the next into a pair and no jump leads to the place after it.
  let last: { form: Access; register: number; base: Register; offset: number } | null = null;

  function emit(opcode: number, d = 0, n = 0, m = 0): void {
    if (length === code.length) {
      const longer = new Uint32Array(2 * code.length);
      longer.set(code);
      code = longer;
    }
    code[length++] = opcode | (m << 16) | (n << 5) | d;
    last = null;
  }

  /** r = value, a signed integer of 48 bits. */
  function loadNumber(r: Register, value: number): void {
    const isNegative = value < 0;
    const rest = isNegative ? -value - 1 : value;
    emit((isNegative ? 0x92800000 : 0xd2800000) | ((rest % 65_536) << 5), r); // movn, movz
    for (const [hw, unit] of [
      [1, 65_536],
      [2, 4_294_967_296],
    ]) {
      const part = Math.floor(rest / unit) % 65_536;
      if (part !== 0) emit(0xf2800000 | (hw << 21) | ((isNegative ? part ^ 65_535 : part) << 5), r); // movk
    }
  }

  /** to = from + value. */
  function addNumber(to: Register, from: Register, value: number): void {
    const size = Math.abs(value);
    const opcode = value < 0 ? 0xd1000000 : 0x91000000; // sub, add of 12 bits, which 0x400000 shifts left by 12
    if (size < 4096) {
      emit(opcode | (size << 10), to, from);
    } else if (size < 4096 * 4096) {
      emit(opcode | 0x400000 | ((size >> 12) << 10), to, from);
      if (size % 4096 !== 0) emit(opcode | ((size % 4096) << 10), to, to);
    } else {
      loadNumber(x17, value);
      emit(0x8b000000, to, from, x17);
    }
  }

  function loadAddress(r: Register, { base, index, scale = 1, offset = 0 }: Address): void {
    let from = base;
    if (index !== undefined) {
      emit(0x8b000000 | (shiftOf(scale) << 10), r, base, index);
      from = r;
    }
    if (offset !== 0 || from === base) addNumber(r, from, offset);
  }

  function access(form: Access, register: number, address: Address): void {
    const { opcode, bytes } = form;
    const { base, index, scale = 1, offset = 0, literal } = address;
    if (literal !== undefined) {
      emit(0x9c000000, register); // ldr of a vector, counted from the instruction
      patches.push({ literal, load: length - 1 });
      return;
    }
    const units = offset / bytes;
    if (index !== undefined && offset === 0 && (scale === 1 || scale === bytes)) {
      // The form with an index register, scaled by `bytes` or not at all.
      emit((opcode & ~0x01000000) | 0x00206800 | (scale === 1 ? 0 : 0x1000), register, base, index);
    } else if (index !== undefined) {
      loadAddress(x16, { base, index, scale });
      access(form, register, addressAt(x16, offset));
    } else if (Number.isInteger(units) && units >= 0 && units < 4096) {
      if (joinWithLast(form, register, base, offset)) return;
      emit(opcode | (units << 10), register, base);
      last = { form, register, base, offset };
    } else if (offset >= -256 && offset < 256) {
      emit((opcode & ~0x01000000) | ((offset & 511) << 12), register, base); // the form with a signed offset in bytes
    } else {
      addNumber(x16, base, offset);
      access(form, register, addressAt(x16));
    }
  }

  /** If the last instruction moves the left neighbour, replaces it by one that moves both, and returns true. */
  function joinWithLast(form: Access, register: number, base: Register, offset: number): boolean {
    if (form.pair === undefined || last?.form !== form || last.base !== base) return false;
    if (offset - last.offset !== form.bytes || last.offset >= 64 * form.bytes) return false; // offsets have 7 bits
    length--;
    accessPair(form.pair, form.bytes, last.register, register, base, last.offset);
    return true;
  }

  function accessPair(op: number, bytes: number, first: number, second: number, base: Register, offset: number): void {
    emit(op | (((offset / bytes) & 127) << 15) | (second << 10), first, base);
  }

  /** Emits a jump forward. Its distance, in the bits from `shift` on, is filled in when the result is called. */
  function jumpAhead(opcode: number, r: Register, bits: number, shift: number): () => void {
    const from = length;
    emit(opcode, r);
    return () => {
      const distance = length - from;
      if (distance >= 1 << (bits - 1)) throw new Error(`isa arm64: a jump has ${distance} words, expected fewer`);
      code[from] |= distance << shift;
      last = null;
    };
  }

  /** Distance back to `position`, in `bits` bits. */
  const back = (position: number, bits: number): number => (position / 4 - length) & ((1 << bits) - 1);

  /** The register of a value: x17 after a load if the value is in memory. */
  function valueAt(from: Operand, load = LOAD_X): Register {
    if (typeof from === 'number') return from;
    access(load, x17, from);
    return x17;
  }

  function change(operand: Operand, act: (r: Register) => void): void {
    const r = valueAt(operand);
    act(r);
    if (typeof operand !== 'number') access(STORE_X, r, operand);
  }

  return {
    get position() {
      last = null;
      return 4 * length;
    },
    loadWord: (r, address) => access(LOAD_W, r, address),
    storeWord: (address, r) => access(STORE_W, r, address),
    loadWhole(r, address, type = 'float64') {
      access(type === 'float64' ? LOAD_D : LOAD_S, free, address);
      emit(type === 'float64' ? 0x9e780000 : 0x9e380000, r, free); // fcvtzs
    },
    loadPointer: (r, from) => (typeof from === 'number' ? emit(0xaa0003e0, r, 0, from) : access(LOAD_X, r, from)),
    storePointer: (to, r) => (typeof to === 'number' ? emit(0xaa0003e0, to, 0, r) : access(STORE_X, r, to)),
    move: (to, from) => emit(0xaa0003e0, to, 0, from), // orr with zero
    add: (to, from) => change(to, (r) => emit(0x8b000000, r, r, from)),
    subtract: (to, from) => emit(0xcb000000, to, to, from),
    multiply: (to, from) => emit(0x9b007c00, to, to, from), // mul
    clear: (r) => loadNumber(r, 0),
    or: (r, from) => emit(0xaa000000, r, r, valueAt(from)),
    orWord: (r, from) => emit(0xaa000000, r, r, valueAt(from, LOAD_W)),
    countUnlessZero(count, r) {
      emit(0xf1000000, zero, r); // cmp with 0
      emit(0x9a800400, count, count, count); // csinc: one more unless equal
    },
    loadAddress,
    decrement: (operand) => change(operand, (r) => emit(0xf1000400, r, r)), // subs
    jumpUnlessZero: (position) => emit(0x54000001 | (back(position, 19) << 5)), // b.ne
    jump: (position) => emit(0x14000000 | back(position, 26)),
    skipIfZero: (r) => jumpAhead(0x34000000, r, 19, 5), // cbz of 32 bits
    skipIfBitClear: (r, bit) => jumpAhead(0x36000000 | (bit << 19), r, 14, 5), // tbz
    skip: () => jumpAhead(0x14000000, 0, 26, 0),
    call: (r) => emit(0xd63f0000, 0, r), // blr
    push: (r) => emit(0xf8000c00 | ((-STACK_BYTES & 511) << 12), r, sp),
    pop: (r) => emit(0xf8400400 | (STACK_BYTES << 12), r, sp),
    ret: () => emit(0xd65f03c0),
    loadCodeAddress(r, position) {
      const distance = position - 4 * length;
      emit(0x10000000 | ((distance & 3) << 29) | (((distance >> 2) & 0x7ffff) << 5), r); // adr
    },
    prefetch: (address) => access(PREFETCH, KEEP_FOR_LOAD, address),
    prefetchToWrite: (address) => access(PREFETCH, KEEP_FOR_STORE, address),
    literal: literals.add,
    placeLiterals() {
      const positions = literals.takeAll().map((bytes) => {
        while (length % 4 !== 0) emit(0); // up to a multiple of 16 bytes
        const start = length;
        for (const word of new Uint32Array(bytes.buffer)) emit(word);
        return start;
      });
      for (const { literal, load } of patches.splice(0)) code[load] |= (positions[literal] - load) << 5;
    },
    emit,
    access,
    accessPair,
    bytes: () => new Uint8Array(code.buffer.slice(0, 4 * length)),
  };
}

const shiftOf = (scale: 1 | 2 | 4 | 8): number => ({ 1: 0, 2: 1, 4: 2, 8: 3 })[scale];

import type { Address } from '../isa.ts';
import { END, type FunctionBody, I32, I32_ADD, I32_LOAD, I32_SUB, signed, V128, type ValueType } from './module.ts';

/** A local variable by its number: 0 is the address of the running call, 1 that of its arguments as words. */
export type Local = number;

/** The address base + (index << shift) + offset. */
export interface WasmAddress extends Address {
  readonly base: Local;
  readonly index?: Local;
  readonly shift?: number;
  readonly offset?: number;
  readonly literal?: readonly number[]; // 16 bytes that stand in the code; the other fields are then ignored
}

/** The address `bytes` after another. */
export const offsetBy = (address: WasmAddress, bytes: number): WasmAddress => ({
  ...address,
  offset: (address.offset ?? 0) + bytes,
});

/** Writes the body of one kernel after the other. */
export interface FunctionWriter {
  /** Writes instructions byte by byte. */
  emit(...bytes: readonly number[]): void;
  /** Pushes the value of a local variable. */
  get(local: Local): void;
  /** Sets a local variable to the top of the stack: `set` pops it, `tee` leaves it. */
  set(local: Local): void;
  tee(local: Local): void;
  /** Pushes a 32-bit integer. */
  constant(value: number): void;
  /** An instruction of the vector extension. */
  vector(opcode: number, ...after: readonly number[]): void;
  /** An instruction that reads memory at an address. */
  load(opcode: number, from: WasmAddress): void;
  /** `after` are the bytes of the instruction after the address, here and below. */
  loadVector(opcode: number, from: WasmAddress, ...after: readonly number[]): void;
  /** Pushes the base of an address that a store needs below its value; returns the offset that is left. */
  pushBase(to: WasmAddress): number;
  store(opcode: number, offset: number): void;
  storeVector(opcode: number, offset: number, ...after: readonly number[]): void;
  /** Pushes an argument of the call, an integer, as a 32-bit word. */
  word(index: number): void;
  /** The address of an argument of the call. */
  argument(index: number): WasmAddress;
  /** A local variable that is free again at the end of the scope. */
  take(type: ValueType): Local;
  /** A new local variable, which the kernel keeps. */
  declare(type: ValueType): Local;
  /** The local variable of a vector register. */
  register(number: number): Local;
  scope(body: () => void): void;
  /** A `block`, `loop` or `if` with a scope of its own; the word on the stack decides an `if`. */
  block(kind: 'block' | 'loop' | 'if', body: () => void, otherwise?: () => void): void;
  /** Number of blocks that are open. */
  depth(): number;
  /** The body since the last call. */
  finish(): FunctionBody;
}

const kinds = { block: 0x02, loop: 0x03, if: 0x04 };

export function createFunctionWriter(): FunctionWriter {
  let code = new Uint8Array(4096);
  let length = 0;
  let locals: ValueType[] = [];
  let registers = new Map<number, Local>();
  let free: [ValueType, Local][] = [];
  let takenLocals: [ValueType, Local][] = [];
  let depth = 0; // open blocks

  function put(byte: number): void {
    if (length === code.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(code);
      code = longer;
    }
    code[length++] = byte;
  }
  /** Writes an unsigned integer of at most 32 bits in LEB128. */
  function putUnsigned(value: number): void {
    let rest = value;
    for (; rest > 127; rest >>>= 7) put((rest & 127) | 128);
    put(rest);
  }
  const emit = (...bytes: readonly number[]): void => {
    for (let k = 0; k < bytes.length; k++) put(bytes[k]);
  };
  const onLocal =
    (opcode: number) =>
    (local: Local): void => {
      put(opcode);
      putUnsigned(local);
    };
  const get = onLocal(0x20); // local.get
  const constant = (value: number): void => emit(0x41, ...signed(value | 0)); // i32.const
  const declare = (type: ValueType): Local => locals.push(type) + 1;
  function vector(opcode: number, ...after: readonly number[]): void {
    put(0xfd);
    putUnsigned(opcode);
    emit(...after);
  }
  /** The alignment and offset of an access. */
  function access(offset: number): void {
    put(0);
    putUnsigned(offset);
  }

  function pushBase({ base, index, shift = 0, offset = 0 }: WasmAddress): number {
    get(base);
    if (index !== undefined) {
      get(index);
      if (shift > 0) {
        constant(shift);
        emit(0x74); // i32.shl
      }
      emit(I32_ADD);
    }
    if (offset >= 0) return offset;
    constant(offset);
    emit(I32_ADD);
    return 0;
  }

  function scope(body: () => void): void {
    const before = takenLocals.length;
    body();
    free.push(...takenLocals.splice(before));
  }

  return {
    emit,
    get,
    set: onLocal(0x21), // local.set
    tee: onLocal(0x22), // local.tee
    constant,
    vector,
    load(opcode, from) {
      const offset = pushBase(from);
      put(opcode);
      access(offset);
    },
    loadVector(opcode, from, ...after) {
      const offset = pushBase(from);
      vector(opcode);
      access(offset);
      emit(...after);
    },
    pushBase,
    store(opcode, offset) {
      put(opcode);
      access(offset);
    },
    storeVector(opcode, offset, ...after) {
      vector(opcode);
      access(offset);
      emit(...after);
    },
    word(index) {
      get(1);
      put(I32_LOAD);
      access(4 * index);
    },
    argument: (index) => ({ base: 0, offset: 8 * (1 + index) }),
    take(type) {
      const index = free.findLastIndex(([other]) => other === type);
      const local = index < 0 ? declare(type) : free.splice(index, 1)[0][1];
      takenLocals.push([type, local]);
      return local;
    },
    declare,
    register(vector) {
      let local = registers.get(vector);
      if (local === undefined) {
        local = declare(V128);
        registers.set(vector, local);
      }
      return local;
    },
    scope,
    block(kind, body, otherwise) {
      emit(kinds[kind], 0x40); // without a result
      depth++;
      scope(body);
      if (otherwise !== undefined) {
        emit(0x05); // else
        scope(otherwise);
      }
      depth--;
      emit(END);
    },
    depth: () => depth,
    finish() {
      const body = { locals, code: code.slice(0, length) };
      length = 0;
      locals = [];
      registers = new Map();
      [free, takenLocals] = [[], []];
      return body;
    },
  };
}

/** Number of lanes that masked loads and stores move, in a local variable of the kernel. */
export interface LiveLanes {
  /** Counts the words at `from`, `bytes` apart, that are -1. */
  count(from: WasmAddress, lanes: number, bytes: number): void;
  /** Pushes whether exactly `lanes` are live. */
  pushEquals(lanes: number): void;
  reset(): void;
}

export function createLiveLanes(writer: FunctionWriter): LiveLanes {
  let local: number | null = null;
  return {
    count(from, lanes, bytes) {
      local ??= writer.declare(I32);
      writer.constant(0);
      for (let k = 0; k < lanes; k++) {
        writer.load(I32_LOAD, offsetBy(from, bytes * k));
        writer.emit(I32_SUB); // the count minus -1, or minus 0
      }
      writer.set(local);
    },
    pushEquals(lanes) {
      writer.get(local as number);
      writer.constant(lanes);
      writer.emit(0x46); // i32.eq
    },
    reset() {
      local = null;
    },
  };
}

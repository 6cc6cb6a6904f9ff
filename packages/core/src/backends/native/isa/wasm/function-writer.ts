import type { Address } from '../isa.ts';
import { type FunctionBody, signed, unsigned, V128, type ValueType } from './module.ts';

/**
 * A local variable by its number. Local 0 is the address of the running call, local 1 that of its arguments as words.
 */
export type Local = number;

/** The address base + (index << shift) + offset. */
export interface WasmAddress extends Address {
  readonly base: Local;
  readonly index?: Local;
  readonly shift?: number;
  readonly offset?: number;
  readonly literal?: readonly number[]; // 16 bytes that stand in the code instead
}

/** Writes the body of one kernel after the other. */
export interface FunctionWriter {
  emit(...bytes: readonly number[]): void;
  get(local: Local): void;
  set(local: Local): void;
  tee(local: Local): void;
  constant(value: number): void;
  /** An instruction of the vector extension. */
  vector(opcode: number, ...after: readonly number[]): void;
  /** An instruction that reads memory at an address. `after` are its bytes after the address. */
  load(opcode: number, from: WasmAddress): void;
  loadVector(opcode: number, from: WasmAddress, ...after: readonly number[]): void;
  /** Pushes the base of an address that a store needs below its value; returns the offset that is left. */
  pushBase(to: WasmAddress): number;
  store(opcode: number, offset: number): void;
  storeVector(opcode: number, offset: number, ...after: readonly number[]): void;
  /** Pushes an argument of the call, an integer, as a 32-bit word. */
  word(number: number): void;
  /** The address of an argument of the call. */
  argument(number: number): WasmAddress;
  /** A local variable that is free again at the end of the scope. */
  take(type: ValueType): Local;
  /** A local variable of the kernel. */
  keep(type: ValueType): Local;
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
  let code: number[] = [];
  let locals: ValueType[] = [];
  let registers = new Map<number, Local>();
  let free: [ValueType, Local][] = [];
  let taken: [ValueType, Local][] = [];
  let open = 0;

  const emit = (...bytes: readonly number[]): void => {
    for (const byte of bytes) code.push(byte);
  };
  const get = (local: Local): void => emit(0x20, ...unsigned(local));
  const constant = (value: number): void => emit(0x41, ...signed(value | 0));
  const keep = (type: ValueType): Local => locals.push(type) + 1;
  const vector = (opcode: number, ...after: readonly number[]): void => emit(0xfd, ...unsigned(opcode), ...after);

  function pushBase({ base, index, shift = 0, offset = 0 }: WasmAddress): number {
    get(base);
    if (index !== undefined) {
      get(index);
      if (shift > 0) {
        constant(shift);
        emit(0x74); // i32.shl
      }
      emit(0x6a);
    }
    if (offset >= 0) return offset;
    constant(offset);
    emit(0x6a);
    return 0;
  }

  function scope(body: () => void): void {
    const before = taken.length;
    body();
    free.push(...taken.splice(before));
  }

  return {
    emit,
    get,
    set: (local) => emit(0x21, ...unsigned(local)),
    tee: (local) => emit(0x22, ...unsigned(local)),
    constant,
    vector,
    load(opcode, from) {
      const offset = pushBase(from);
      emit(opcode, 0, ...unsigned(offset));
    },
    loadVector(opcode, from, ...after) {
      const offset = pushBase(from);
      vector(opcode, 0, ...unsigned(offset), ...after);
    },
    pushBase,
    store: (opcode, offset) => emit(opcode, 0, ...unsigned(offset)),
    storeVector: (opcode, offset, ...after) => vector(opcode, 0, ...unsigned(offset), ...after),
    word(number) {
      get(1);
      emit(0x28, 0, ...unsigned(4 * number)); // i32.load
    },
    argument: (number) => ({ base: 0, offset: 8 * (1 + number) }),
    take(type) {
      const place = free.findLastIndex(([other]) => other === type);
      const local = place < 0 ? keep(type) : free.splice(place, 1)[0][1];
      taken.push([type, local]);
      return local;
    },
    keep,
    register(number) {
      let local = registers.get(number);
      if (local === undefined) {
        local = keep(V128);
        registers.set(number, local);
      }
      return local;
    },
    scope,
    block(kind, body, otherwise) {
      emit(kinds[kind], 0x40);
      open++;
      scope(body);
      if (otherwise !== undefined) {
        emit(0x05);
        scope(otherwise);
      }
      open--;
      emit(0x0b);
    },
    depth: () => open,
    finish() {
      const body = { locals, code };
      code = [];
      locals = [];
      registers = new Map();
      [free, taken] = [[], []];
      return body;
    },
  };
}

import { type Register, r8, r9, r10, r11, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdi, rdx, rsi } from './assembler.ts';

/** The running call. Beside it and the stack, a kernel may use every register. */
export const CALL = rdi;
/** The start of the memory, as long as its register is not needed for something else. */
export const MEMORY = rsi;

/**
 * In the order in which they are taken. As the base of an address r13 and r12 need a byte more, which numbers do not.
 * Those of `rows` come late, and that of the memory last.
 */
const POINTERS = [r8, r9, r10, r11, r14, r15, r13, r12, rax, rcx, rdx, rbx, rbp, MEMORY];
const NUMBERS = [r12, r13, r15, r14, r11, r10, r9, r8, rax, rcx, rdx, rbx, rbp, MEMORY];

/** Which registers of a kernel hold something. */
export interface Registers {
  takePointer(): Register;
  takeNumber(): Register;
  /** This one, which must be free. */
  take(register: Register): void;
  /** All that the body takes are free behind it. */
  scope(body: () => void): void;
  /** For a new kernel: all are free. */
  reset(): void;
  /** The start of the memory. @throws Error if it has given its register away */
  memory(): Register;
}

export function createRegisters(): Registers {
  let taken = new Set<Register>();
  let hasMemory = true;

  function take(register: Register): void {
    if (taken.has(register)) throw new Error(`isa x64: register ${register} is taken, expected free (take rows first)`);
    taken.add(register);
    if (register === MEMORY) hasMemory = false;
  }

  function takeFirst(order: readonly Register[]): Register {
    const register = order.find((candidate) => !taken.has(candidate));
    if (register === undefined) {
      throw new Error(`isa x64: kernel has ${taken.size} registers taken, expected fewer (use scopes, or \`keep\`)`);
    }
    take(register);
    return register;
  }

  return {
    takePointer: () => takeFirst(POINTERS),
    takeNumber: () => takeFirst(NUMBERS),
    take,
    scope(body) {
      const before = new Set(taken);
      body();
      taken = before;
    },
    reset() {
      taken = new Set();
      hasMemory = true;
    },
    memory() {
      if (!hasMemory) throw new Error('isa x64: the memory has no register left, expected one (load arrays earlier)');
      return MEMORY;
    },
  };
}

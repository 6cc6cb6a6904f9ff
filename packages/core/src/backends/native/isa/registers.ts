import type { Register } from './assembler.ts';

/** The registers of a processor that kernels may use, in the order in which they are taken. */
export interface RegisterFile {
  readonly processor: string; // for errors
  readonly pointers: readonly Register[];
  readonly numbers: readonly Register[];
  /** The start of the memory; if it is among the others, as long as it is not needed for something else. */
  readonly memory: Register;
}

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

export function createRegisters({ processor, pointers, numbers, memory }: RegisterFile): Registers {
  let taken = 0; // bit r: of register r
  let hasMemory = true;

  const isTaken = (register: Register): boolean => (taken & (1 << register)) !== 0;

  function take(register: Register): void {
    if (isTaken(register)) {
      throw new Error(`isa ${processor}: register ${register} is taken, expected free (take rows first)`);
    }
    taken |= 1 << register;
    if (register === memory) hasMemory = false;
  }

  function takeFirst(order: readonly Register[]): Register {
    const register = order.find((candidate) => !isTaken(candidate));
    if (register === undefined) {
      const size = new Set([...pointers, ...numbers].filter(isTaken)).size;
      throw new Error(`isa ${processor}: kernel has ${size} registers taken, expected fewer (use scopes, or \`keep\`)`);
    }
    take(register);
    return register;
  }

  return {
    takePointer: () => takeFirst(pointers),
    takeNumber: () => takeFirst(numbers),
    take,
    scope(body) {
      const before = taken;
      body();
      taken = before;
    },
    reset() {
      taken = 0;
      hasMemory = true;
    },
    memory() {
      if (!hasMemory) {
        throw new Error(`isa ${processor}: the memory has no register left, expected one (load arrays earlier)`);
      }
      return memory;
    },
  };
}

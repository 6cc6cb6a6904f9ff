import type { Register } from './assembler.ts';

/** Registers that kernels may use, in the order in which they are taken. */
export interface RegisterFile {
  readonly processor: string; // for errors
  readonly pointers: readonly Register[];
  readonly numbers: readonly Register[];
  /** Holds the start of the memory, until a kernel takes this register, if that is among those above. */
  readonly memory: Register;
}

/** Tracks which registers of a kernel are in use. */
export interface Registers {
  takePointer(): Register;
  takeNumber(): Register;
  /** Takes this register, which must be free. */
  take(register: Register): void;
  /** Registers taken in the body are freed after it. */
  scope(body: () => void): void;
  /** Frees all registers for a new kernel. */
  reset(): void;
  /** The register with the start of the memory. @throws Error if the kernel has taken it */
  memory(): Register;
}

export function createRegisters({ processor, pointers, numbers, memory }: RegisterFile): Registers {
  let taken = 0; // bit r: register r
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
      throw new Error(
        `isa ${processor}: kernel has ${size} registers taken, expected fewer (use scopes, or \`spill\`)`,
      );
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

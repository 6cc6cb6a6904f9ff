import { arraysOf, createPlayedKernels, takeKernelScratch } from '../../packages/core/src/backends/played-kernels.ts';
import { createWasmMachine, type WasmMachine } from '../../packages/core/src/backends/wasm/machine.ts';
import { hasFusedWasm } from '../../packages/core/src/backends/wasm/relaxed-simd.ts';
import { WasmApi, type WasmMemory } from '../../packages/core/src/backends/wasm/webassembly.ts';
import {
  bytesOfElements,
  type Elements,
  type ElementsOf,
  type ElementType,
  elementView,
  type FLOAT64,
} from '../../packages/core/src/math/element-type.ts';
import type { Allocate, KernelScratch, ProductShape } from '../../packages/core/src/math/scratch.ts';
import type { Kernels } from '../../packages/core/src/program/kernels.ts';
import type { Call } from '../../packages/core/src/program/op.ts';

/** A memory in which every byte is checked. */
interface GuardedArrays<T extends ElementType> {
  /** Drops all arrays. */
  reset(): void;
  /**
   * Allocates an array with guards on both sides. It begins at a multiple of an element size, like arrays inside a
   * parameter vector.
   */
  readonly allocate: { (length: number): ElementsOf<T>; (length: number, type: typeof FLOAT64): Float64Array };
  /** Takes a snapshot of every byte. */
  snapshot(): void;
  /** Address of the first byte outside of `writable` that changed since the snapshot, or null. */
  firstStrayByte(writable: readonly Elements[]): number | null;
}

export interface GuardedMemory<T extends ElementType = 'float64'> extends GuardedArrays<T> {
  /** Kernels of the last `reset`. */
  readonly kernels: Kernels;
  /** Drops all arrays and creates kernels with scratch for products of these shapes, which may change. */
  reset(products?: readonly ProductShape[]): void;
}

const GUARD = 72; // bytes between arrays; an odd number of doubles, so that neighbours differ in alignment
// Guard value as a float, or two of them as a double: reading it changes sums, and writing over it is detected. NaN
// would survive most operations unchanged.
const GUARD_VALUE = 1234.5;

/** Creates kernels on their scratch. */
export type CreateKernels = (parts: {
  memory: WasmMemory;
  elementType: ElementType;
  scratch: KernelScratch;
}) => Kernels;

/** Machines by memory: kernels on another scratch of it need not be compiled again. */
const machines = new WeakMap<WasmMemory, WasmMachine>();

/** Makes kernels in WebAssembly that bind no plain code. The scratch of a memory begins at one place. */
export const wasmKernelsOf =
  ({ unfused = !hasFusedWasm() } = {}): CreateKernels =>
  ({ memory, elementType, scratch }) => {
    const options = { fused: !unfused, shared: true };
    const machine = machines.get(memory) ?? createWasmMachine(memory, elementType, scratch.machine, options);
    machines.set(memory, machine);
    const { bind, ...kernels } = createPlayedKernels({ name: 'wasm', ...machine }, scratch);
    const isInside = (call: Call): boolean => arraysOf(call).every(({ buffer }) => buffer === memory.buffer);
    return { ...kernels, bind: (call) => (isInside(call) ? bind(call) : null) };
  };

/** Guards the kernels of WebAssembly. */
export const createGuardedMemory = <T extends ElementType = 'float64'>(pages?: number, type?: T): GuardedMemory<T> =>
  guardKernels(wasmKernelsOf(), pages, type);

/** Guards other kernels; each array of their scratch has guards on both sides. */
export function guardKernels<T extends ElementType = 'float64'>(
  create: CreateKernels,
  pages = 256,
  elementType = 'float64' as T,
): GuardedMemory<T> {
  const { memory, arrays } = createGuardedArrays(pages, elementType);
  let scratch: Elements[] = [];
  const createKernels = (products: readonly ProductShape[]): Kernels => {
    scratch = [];
    const taken = takeKernelScratch(products, ((length: number, type: typeof FLOAT64) => {
      const array = arrays.allocate(length, type);
      scratch.push(array);
      return array;
    }) as Allocate);
    return create({ memory, elementType, scratch: taken });
  };
  let kernels = createKernels([]);

  return {
    ...arrays,
    get kernels() {
      return kernels;
    },
    reset(products = []) {
      arrays.reset();
      kernels = createKernels(products);
    },
    firstStrayByte: (writable) => arrays.firstStrayByte([...scratch, ...writable]),
  };
}

/** A memory to call kernels of a type on. */
function createGuardedArrays<T extends ElementType>(
  pages: number,
  elementType: T,
): { memory: WasmMemory; arrays: GuardedArrays<T> } {
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const now = Buffer.from(memory.buffer);
  const before = Buffer.alloc(now.length);
  let end = 0; // end of the last array

  const allocate = (length: number, type: ElementType = elementType): Elements => {
    const bytes = bytesOfElements(type, 1);
    const array = elementView(type, memory.buffer, Math.ceil((end + GUARD) / bytes) * bytes, length);
    end = array.byteOffset + array.byteLength;
    if (end + GUARD > now.length) throw new Error(`createGuardedArrays: pages has ${pages}, expected more`);
    return array;
  };
  const arrays: GuardedArrays<T> = {
    allocate: allocate as GuardedArrays<T>['allocate'],
    reset() {
      new Float32Array(memory.buffer, 0, (end + GUARD) / 4).fill(GUARD_VALUE);
      end = 0;
    },
    snapshot() {
      now.copy(before, 0, 0, end + GUARD);
    },
    firstStrayByte(writable) {
      const spans = [...writable].sort((a, b) => a.byteOffset - b.byteOffset);
      let from = 0;
      for (const { byteOffset, byteLength } of [...spans, { byteOffset: end + GUARD, byteLength: 0 }]) {
        if (now.compare(before, from, byteOffset, from, byteOffset) !== 0) {
          return from + now.subarray(from, byteOffset).findIndex((byte, i) => byte !== before[from + i]);
        }
        from = byteOffset + byteLength;
      }
      return null;
    },
  };
  return { memory, arrays };
}

import { readFileSync } from 'node:fs';
import type { Kernels } from '../../packages/core/src/backends/kernels.ts';
import type { Allocate, KernelScratch, ProductShape } from '../../packages/core/src/backends/scratch.ts';
import {
  compileWasmKernels,
  createWasmKernels,
  takeWasmScratch,
  wasmHeapBase,
} from '../../packages/core/src/backends/wasm/wasm.ts';
import { WasmApi, type WasmMemory, type WasmModule } from '../../packages/core/src/backends/wasm/webassembly.ts';

/** A memory in which every byte is checked, including the constants of the module. */
interface GuardedArrays {
  /** Drops all arrays. */
  reset(): void;
  /** An array with guards on both sides, at a multiple of 8 bytes as the arrays inside of a parameter vector are. */
  allocate(length: number): Float64Array;
  /** Takes a snapshot of every byte. */
  snapshot(): void;
  /** Address of the first byte outside of `writable` that changed since the snapshot, or null. */
  firstStrayByte(writable: readonly Float64Array[]): number | null;
}

export interface GuardedMemory extends GuardedArrays {
  /** Those of the last `reset`. */
  readonly kernels: Kernels;
  /** Drops all arrays and creates kernels with scratch for products of these shapes, which may change. */
  reset(products?: readonly ProductShape[]): void;
}

const GUARD = 9; // doubles between arrays; odd, so that neighbours differ in their alignment
// Reading it changes sums, and writing it is detected; NaN would survive most operations unchanged.
const GUARD_VALUE = 1234.5;

/** Kernels and the scratch that they ask for. */
export interface KernelsUnderGuard<Scratch extends KernelScratch> {
  take(products: readonly ProductShape[], allocate: Allocate): Scratch;
  create(parts: { module: WasmModule; memory: WasmMemory; scratch: Scratch }): Kernels;
}

const wasm: KernelsUnderGuard<KernelScratch> = { take: takeWasmScratch, create: createWasmKernels };

export const createGuardedMemory = (pages?: number): GuardedMemory => guardKernels(wasm, pages);

/** The same for other kernels; each array of their scratch has guards on both sides. */
export function guardKernels<Scratch extends KernelScratch>(
  { take, create }: KernelsUnderGuard<Scratch>,
  pages = 256,
): GuardedMemory {
  const { module, memory, arrays } = createGuardedArrays(pages);
  let scratch: Float64Array[] = [];
  const createKernels = (products: readonly ProductShape[]): Kernels => {
    scratch = [];
    const taken = take(products, (length) => {
      const array = arrays.allocate(length);
      scratch.push(array);
      return array;
    });
    return create({ module, memory, scratch: taken });
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

/** The compiled kernels, and a memory to call them on. */
function createGuardedArrays(pages: number): { module: WasmModule; memory: WasmMemory; arrays: GuardedArrays } {
  const module = compileWasmKernels(readFileSync(new URL('../../packages/core/kernels.wasm', import.meta.url)));
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const now = Buffer.from(memory.buffer);
  const before = Buffer.alloc(now.length);
  const heapBase = wasmHeapBase(module);
  let end = heapBase; // of the last array

  const arrays: GuardedArrays = {
    allocate(length) {
      const array = new Float64Array(memory.buffer, end + 8 * GUARD, length);
      end = array.byteOffset + array.byteLength;
      if (end + 8 * GUARD > now.length) throw new Error(`createGuardedArrays: pages has ${pages}, expected more`);
      return array;
    },
    reset() {
      new Float64Array(memory.buffer, heapBase, (end - heapBase) / 8 + GUARD).fill(GUARD_VALUE);
      end = heapBase;
    },
    snapshot() {
      now.copy(before, 0, 0, end + 8 * GUARD);
    },
    firstStrayByte(writable) {
      const spans = [...writable].sort((a, b) => a.byteOffset - b.byteOffset);
      let from = 0;
      for (const { byteOffset, byteLength } of [...spans, { byteOffset: end + 8 * GUARD, byteLength: 0 }]) {
        if (now.compare(before, from, byteOffset, from, byteOffset) !== 0) {
          return from + now.subarray(from, byteOffset).findIndex((byte, i) => byte !== before[from + i]);
        }
        from = byteOffset + byteLength;
      }
      return null;
    },
  };
  return { module, memory, arrays };
}

import { wasmHeapBase } from '../../packages/core/src/backends/wasm/wasm.ts';
import { WasmApi, type WasmMemory, type WasmModule } from '../../packages/core/src/backends/wasm/webassembly.ts';
import {
  bytesOfElements,
  type Elements,
  type ElementType,
  elementView,
} from '../../packages/core/src/math/element-type.ts';
import type { Allocate, KernelScratch, ProductShape } from '../../packages/core/src/math/scratch.ts';
import type { Kernels } from '../../packages/core/src/program/kernels.ts';
import { compileKernels } from '../../packages/runtime/src/engine/backends/backend.ts';
import { loadKoffi } from '../../packages/runtime/src/system/native/koffi.ts';

/** Bytes of a WebAssembly page, a multiple of every system's page size. */
const PAGE = 65_536;
/** Most pages of an array, and most arrays. */
const ROOM = 48;
const ARRAYS = 24;

/** Kernels on memories in which an inaccessible page precedes and follows each array. */
export interface FencedMemory {
  /** Kernels of the last `reset`. */
  readonly kernels: Kernels;
  /** Drops all arrays, and creates kernels with scratch for products of these shapes. */
  reset(products: readonly ProductShape[], side: Side): void;
  /** An array in the memory of WebAssembly that begins or ends at a fence. */
  allocate(length: number, type: ElementType): Elements;
  /** An array in another memory, which only machine code reaches. */
  allocateOutside(length: number, type: ElementType): Elements;
}

/** Where arrays touch a fence: at their start or at their end. */
export type Side = 'start' | 'end';

/** Creates kernels on their scratch. */
export interface FencedKernels<Scratch extends KernelScratch> {
  take(products: readonly ProductShape[], allocate: Allocate): Scratch;
  create(parts: {
    module: WasmModule;
    memory: WasmMemory;
    scratch: Scratch;
    outside: readonly SharedArrayBuffer[];
  }): Kernels;
}

export function fenceKernels<Scratch extends KernelScratch>(
  { take, create }: FencedKernels<Scratch>,
  runType: ElementType,
): FencedMemory {
  const module = compileKernels(runType);
  const inside = createFences(Math.ceil(wasmHeapBase(module) / PAGE));
  const outside = createFences(0);
  let kernels: Kernels | null = null;
  return {
    get kernels() {
      if (kernels === null) throw new Error('fenceKernels: kernels have no memory, expected a call of reset');
      return kernels;
    },
    reset(products, side) {
      inside.reset(side);
      outside.reset(side);
      const allocate = (length: number, type: ElementType = runType): Elements => inside.allocate(length, type);
      const scratch = take(products, allocate as Allocate);
      kernels = create({ module, memory: inside.memory, scratch, outside: [outside.memory.buffer] });
    },
    allocate: inside.allocate,
    allocateOutside: outside.allocate,
  };
}

/** A memory of arrays between fences, after the first pages. */
function createFences(firstPage: number) {
  const pages = firstPage + 1 + ARRAYS * (ROOM + 1);
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const protect = loadKoffi().load(null).func('int mprotect(void *, size_t, int)');
  for (let page = firstPage; page < pages; page += ROOM + 1) {
    const failed = protect(new Uint8Array(memory.buffer, page * PAGE, PAGE), PAGE, 0);
    if (failed !== 0) throw new Error(`createFences: mprotect has ${failed}, expected 0`);
  }
  let used = 0;
  let side: Side = 'start';
  return {
    memory,
    reset(next: Side) {
      used = 0;
      side = next;
    },
    allocate(length: number, type: ElementType): Elements {
      const room = ROOM * PAGE;
      const bytes = bytesOfElements(type, length);
      if (used === ARRAYS || bytes > room) throw new Error(`createFences: array has ${bytes} bytes, expected room`);
      const from = (firstPage + 1) * PAGE + used++ * (room + PAGE);
      return elementView(type, memory.buffer, side === 'start' ? from : from + room - bytes, length);
    },
  };
}

import { takeKernelScratch } from '../../packages/core/src/backends/played-kernels.ts';
import { WasmApi, type WasmMemory } from '../../packages/core/src/backends/wasm/webassembly.ts';
import {
  bytesOfElements,
  type Elements,
  type ElementType,
  elementView,
} from '../../packages/core/src/math/element-type.ts';
import type { Allocate, KernelScratch, ProductShape } from '../../packages/core/src/math/scratch.ts';
import type { Kernels } from '../../packages/core/src/program/kernels.ts';
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
export type CreateKernels = (parts: {
  memory: WasmMemory;
  elementType: ElementType;
  scratch: KernelScratch;
  outside: readonly SharedArrayBuffer[];
}) => Kernels;

/** `beyond`: bytes after an array that kernels may read. */
export function fenceKernels(create: CreateKernels, runType: ElementType, beyond = 0): FencedMemory {
  const inside = createFences(beyond);
  const outside = createFences(beyond);
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
      const scratch = takeKernelScratch(products, allocate as Allocate);
      kernels = create({ elementType: runType, memory: inside.memory, scratch, outside: [outside.memory.buffer] });
    },
    allocate: inside.allocate,
    allocateOutside: outside.allocate,
  };
}

/** A memory of arrays between fences. */
function createFences(beyond: number) {
  const pages = 1 + ARRAYS * (ROOM + 1);
  const memory = new WasmApi.Memory({ initial: pages, maximum: pages, shared: true });
  const protect = loadKoffi().load(null).func('int mprotect(void *, size_t, int)');
  for (let page = 0; page < pages; page += ROOM + 1) {
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
      const room = ROOM * PAGE - beyond;
      const bytes = bytesOfElements(type, length);
      if (used === ARRAYS || bytes > room) throw new Error(`createFences: array has ${bytes} bytes, expected room`);
      const from = PAGE + used++ * (ROOM + 1) * PAGE;
      return elementView(type, memory.buffer, side === 'start' ? from : from + room - bytes, length);
    },
  };
}

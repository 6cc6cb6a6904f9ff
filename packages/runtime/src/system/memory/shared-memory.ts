import type { BackendName } from '@gradloom/core';
import { PAGE_BYTES, WasmApi, type WasmMemory } from '@gradloom/core/internal';
import { lackOfAddressSpace } from './limits.ts';
import { mebibytes } from './memory.ts';

/** Address space that V8 reserves for any memory, to access it without bounds checks; Node 24 reserves 8 GiB. */
const RESERVED_BYTES = 10 * 1024 ** 3;

const RESERVATION_REASON =
  ', which WebAssembly may reserve for a memory of any size (unless node has --disable-wasm-trap-handler; backend reference needs none)';

/**
 * Allocates a shared memory of `bytes`, in whole pages. It cannot grow later, since old views would keep the old
 * buffer. For the reference it is a plain buffer, which reserves no extra address space.
 * @throws Error if the system provides none, naming the limit.
 */
export function allocateSharedMemory(bytes: number, backend: BackendName): WasmMemory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return explainFailure(bytes, { isWasm: backend !== 'reference' }, () =>
    backend === 'reference'
      ? { buffer: new SharedArrayBuffer(pages * PAGE_BYTES) }
      : new WasmApi.Memory({ initial: pages, maximum: pages, shared: true }),
  );
}

/**
 * Allocates memory for this thread alone, not shared, since V8 copies and fills shared memory word by word. For machine
 * code it is of WebAssembly, too, which begins on a page: other buffers begin in the middle of a cache line.
 */
export function allocatePrivateMemory(bytes: number, backend: BackendName): WasmMemory<ArrayBuffer> {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return explainFailure(bytes, { isWasm: backend !== 'reference' }, () =>
    backend === 'reference'
      ? { buffer: new ArrayBuffer(pages * PAGE_BYTES) }
      : new WasmApi.Memory({ initial: pages, maximum: pages, shared: false }),
  );
}

/** Allocates memory that WebAssembly cannot access. @throws Error as `allocateSharedMemory` does. */
export const allocateOutside = (bytes: number): SharedArrayBuffer =>
  explainFailure(bytes, { isWasm: false }, () => new SharedArrayBuffer(bytes));

function explainFailure<T>(bytes: number, { isWasm }: { readonly isWasm: boolean }, allocate: () => T): T {
  try {
    return allocate();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const neededBytes = isWasm ? Math.max(RESERVED_BYTES, bytes) : bytes;
    const lack =
      lackOfAddressSpace(neededBytes) ??
      `the system gives no memory, expected ${mebibytes(neededBytes)} of address space`;
    throw new Error(`train: ${lack}${isWasm ? RESERVATION_REASON : ''}`, { cause });
  }
}

import type { Koffi } from './koffi.ts';

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/**
 * The address of `code` in pages that can be run and no longer written. They stay for as long as the process.
 * @throws Error where the system gives no memory, or lets this process run nothing that it made.
 */
export function placeCode(koffi: Koffi, code: Uint8Array): bigint {
  const libc = koffi.load(null);
  const map = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const protect = libc.func('int mprotect(void *, size_t, int)');
  const copy = libc.func('void *memcpy(void *, void *, size_t)');
  const address = map(null, code.length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) as bigint | null;
  if (address === null || BigInt.asIntN(64, address) === -1n)
    throw new Error('mmap gives no memory for code, expected some');
  copy(address, code, code.length);
  // Never both at once: what can be run cannot be written.
  if (protect(address, code.length, PROT_READ_EXEC) !== 0) {
    throw new Error('the system does not let this process run generated code, expected mprotect to allow it');
  }
  return address;
}

import { workerData } from 'node:worker_threads';
import type { ConventionName } from '@gradloom/core/internal';
import { type Koffi, loadKoffi } from '../../../system/native/koffi.ts';

/** Allocates `size` bytes, writes the code for that address to them and makes them executable. */
type PlaceCode = (koffi: Koffi, size: number, codeFor: CodeFor) => bigint;
type CodeFor = (address: bigint) => Uint8Array;

/** Systems on which code can be placed, named by `process.platform` and `process.arch`. */
export const codeSystems = {
  'linux x64': { processor: 'x64', convention: 'systemV', placeCode: placeOnLinux, free: unmap, isUntested: false },
  'win32 x64': {
    processor: 'x64',
    convention: 'windows',
    placeCode: placeOnWindows,
    free: releaseOnWindows,
    isUntested: false,
  },
  'linux arm64': {
    processor: 'arm64',
    convention: undefined,
    placeCode: placeOnLinuxForArm,
    free: unmap,
    isUntested: false,
  },
  'darwin arm64': { processor: 'arm64', convention: undefined, placeCode: placeOnMac, free: unmap, isUntested: true },
} as const satisfies Record<string, CodeSystem>;

interface CodeSystem {
  readonly processor: string;
  readonly convention: ConventionName | undefined; // calling convention of x64
  readonly placeCode: PlaceCode;
  /** Gives pages of `placeCode` back to the system. */
  readonly free: (koffi: Koffi, address: bigint, size: number) => void;
  /** Written from the system's documentation, never run. */
  readonly isUntested: boolean;
}

export type CodeSystemName = keyof typeof codeSystems;

export const isCodeSystem = (name: string): name is CodeSystemName => Object.hasOwn(codeSystems, name);

export const thisSystem = `${process.platform} ${process.arch}`;

/** Whether code was never run on a system, by default this one. */
export const isUntestedSystem = (name = thisSystem): boolean => isCodeSystem(name) && codeSystems[name].isUntested;

export const callingConvention = isCodeSystem(thisSystem) ? codeSystems[thisSystem].convention : undefined;

/**
 * The pages that the threads of a group of workers have placed: their number, then address and bytes of each. A thread
 * that is terminated runs no handler that could free them, so its group does.
 */
export type CodePages = BigInt64Array<SharedArrayBuffer>;

/** More than there are kernels. */
const PAGES_PER_THREAD = 1024;

export const allocateCodePages = (threads: number): CodePages =>
  new BigInt64Array(new SharedArrayBuffer(8 * (1 + 2 * PAGES_PER_THREAD * threads)));

/** Frees the pages. Call it when all threads of the group have ended. */
export function freeCodePages(pages: CodePages): void {
  const count = Math.min(Number(pages[0]), (pages.length - 1) / 2);
  for (let k = 0; k < count; k++) {
    codeSystems[thisSystem as CodeSystemName].free(loadKoffi(), pages[2 * k + 1], Number(pages[2 * k + 2]));
  }
  pages[0] = 0n;
}

/** Records a page for the group of workers of this thread, if it belongs to one. */
function recordPage(address: bigint, size: number): void {
  const pages = (workerData as { readonly codePages?: unknown } | null)?.codePages;
  if (!(pages instanceof BigInt64Array)) return;
  const k = Number(Atomics.add(pages, 0, 1n));
  pages[2 * k + 1] = address;
  pages[2 * k + 2] = BigInt(size);
}

/**
 * Copies `code` into executable, read-only pages and returns its address. The pages live as long as the process; those
 * of a thread of a group of workers live as long as the group.
 * @throws Error if the system gives no memory, or does not let this process run generated code.
 */
export const placeCode = (koffi: Koffi, code: Uint8Array, system = thisSystem): bigint =>
  placeCodeFor(koffi, code.length, () => code, system);

/** `placeCode` for code of at most `size` bytes, which is made when its address is known. */
export function placeCodeFor(koffi: Koffi, size: number, codeFor: CodeFor, system = thisSystem): bigint {
  if (!isCodeSystem(system)) throw new Error(`placeCode: system has ${system}, expected ${systemNames}`);
  const address = codeSystems[system].placeCode(koffi, size, (address) => {
    const code = codeFor(address);
    if (code.length > size) throw new Error(`placeCode: code has ${code.length} bytes, expected at most ${size}`);
    return code;
  });
  recordPage(address, size);
  return address;
}

export const systemNames = Object.keys(codeSystems).join(', or ');

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS_LINUX = 0x20;
const MAP_ANON_MAC = 0x1000;
const MEM_COMMIT_RESERVE = 0x3000;
const MEM_RELEASE = 0x8000;
const PAGE_READWRITE = 4;
const PAGE_EXECUTE_READ = 0x20;
const THIS_PROCESS = -1;

function placeOnLinux(koffi: Koffi, size: number, codeFor: CodeFor): bigint {
  return placeByMmap(koffi, size, codeFor, MAP_ANONYMOUS_LINUX);
}

function placeOnWindows(koffi: Koffi, size: number, codeFor: CodeFor): bigint {
  const system = koffi.load('kernel32.dll');
  const allocate = system.func('void *VirtualAlloc(void *, size_t, uint32_t, uint32_t)');
  const protect = system.func('int VirtualProtect(void *, size_t, uint32_t, void *)');
  const copy = system.func('void RtlMoveMemory(void *, void *, size_t)');
  const flush = system.func('int FlushInstructionCache(intptr_t, void *, size_t)');
  const address = allocate(null, size, MEM_COMMIT_RESERVE, PAGE_READWRITE) as bigint | null;
  if (address === null) throw new Error('VirtualAlloc has failed, expected memory for code');
  const code = codeFor(address);
  copy(address, code, code.length);
  const before = new Uint32Array(1);
  if (protect(address, size, PAGE_EXECUTE_READ, before) === 0) {
    throw new Error('the system does not let this process run generated code, expected VirtualProtect to allow it');
  }
  flush(THIS_PROCESS, address, size);
  return address;
}

function releaseOnWindows(koffi: Koffi, address: bigint): void {
  koffi.load('kernel32.dll').func('int VirtualFree(void *, size_t, uint32_t)')(address, 0, MEM_RELEASE);
}

/** Clears the instruction cache, which on arm64 may still hold what was at these addresses before. */
function placeOnLinuxForArm(koffi: Koffi, size: number, codeFor: CodeFor): bigint {
  // The compiler's runtime library, which Node for arm64 requires.
  const clear = koffi.load('libgcc_s.so.1').func('void __clear_cache(void *, void *)');
  const address = placeOnLinux(koffi, size, codeFor);
  clear(address, address + BigInt(size));
  return address;
}

/**
 * Untested. Apple's pages for just-in-time compilers (`MAP_JIT`) are not used: a thread that may write them may not run
 * them (`pthread_jit_write_protect_np`), and V8's own code lies in such pages, so JavaScript between two such calls
 * could end the process. The function that combines the calls accepts only callbacks listed when the program was
 * linked. Code that is written once needs no switch, and Node is signed with the right to run it
 * (`com.apple.security.cs.allow-unsigned-executable-memory`).
 */
function placeOnMac(koffi: Koffi, size: number, codeFor: CodeFor): bigint {
  const clear = koffi.load(null).func('void sys_icache_invalidate(void *, size_t)');
  const address = placeByMmap(koffi, size, codeFor, MAP_ANON_MAC);
  clear(address, size);
  return address;
}

/** `anonymous` is the system's flag for memory without a file. */
function placeByMmap(koffi: Koffi, size: number, codeFor: CodeFor, anonymous: number): bigint {
  const libc = koffi.load(null);
  const map = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const protect = libc.func('int mprotect(void *, size_t, int)');
  const copy = libc.func('void *memcpy(void *, void *, size_t)');
  const address = map(null, size, PROT_READ_WRITE, MAP_PRIVATE | anonymous, -1, 0) as bigint | null;
  if (address === null || BigInt.asIntN(64, address) === -1n) {
    throw new Error('mmap has failed, expected memory for code');
  }
  const code = codeFor(address);
  copy(address, code, code.length);
  // Executable pages are not writable.
  if (protect(address, size, PROT_READ_EXEC) !== 0) {
    throw new Error('the system does not let this process run generated code, expected mprotect to allow it');
  }
  return address;
}

function unmap(koffi: Koffi, address: bigint, size: number): void {
  koffi.load(null).func('int munmap(void *, size_t)')(address, size);
}

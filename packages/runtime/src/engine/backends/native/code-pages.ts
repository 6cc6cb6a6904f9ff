import type { ConventionName } from '@gradloom/core/internal';
import type { Koffi } from '../../../system/native/koffi.ts';

/** Reserves memory for code, writes it there and lets it be run. */
type Place = (koffi: Koffi, code: Uint8Array) => bigint;

/** Systems that code can be placed on, as `process.platform` and `process.arch` name them. */
export const codeSystems = {
  'linux x64': { processor: 'x64', convention: 'systemV', place: placeOnLinux, isUntested: false },
  'win32 x64': { processor: 'x64', convention: 'windows', place: placeOnWindows, isUntested: false },
  'linux arm64': { processor: 'arm64', convention: undefined, place: placeOnLinuxForArm, isUntested: false },
  'darwin arm64': { processor: 'arm64', convention: undefined, place: placeOnMac, isUntested: true },
} as const satisfies Record<string, CodeSystem>;

interface CodeSystem {
  readonly processor: string;
  readonly convention: ConventionName | undefined; // of x64
  readonly place: Place;
  /** Written by the system's documentation alone. */
  readonly isUntested: boolean;
}

export type CodeSystemName = keyof typeof codeSystems;

export const isCodeSystem = (name: string): name is CodeSystemName => Object.hasOwn(codeSystems, name);

export const ownSystem = `${process.platform} ${process.arch}`;

/** Whether nobody has run code on a system; by default, on that of this process. */
export const isUntestedSystem = (name = ownSystem): boolean => isCodeSystem(name) && codeSystems[name].isUntested;

/** How code for this process is called. */
export const ownConvention = isCodeSystem(ownSystem) ? codeSystems[ownSystem].convention : undefined;

/**
 * The address of `code` in pages that can be run and no longer written. They stay for as long as the process.
 * @throws Error where the system gives no memory, or lets this process run nothing that it made.
 */
export function placeCode(koffi: Koffi, code: Uint8Array, system = ownSystem): bigint {
  if (!isCodeSystem(system)) throw new Error(`placeCode: system has ${system}, expected ${systemNames}`);
  return codeSystems[system].place(koffi, code);
}

export const systemNames = Object.keys(codeSystems).join(', or ');

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS_LINUX = 0x20;
const MAP_ANON_MAC = 0x1000;
const MEM_COMMIT_RESERVE = 0x3000;
const PAGE_READWRITE = 4;
const PAGE_EXECUTE_READ = 0x20;
const THIS_PROCESS = -1;

function placeOnLinux(koffi: Koffi, code: Uint8Array): bigint {
  return placeByMmap(koffi, code, MAP_ANONYMOUS_LINUX);
}

function placeOnWindows(koffi: Koffi, code: Uint8Array): bigint {
  const system = koffi.load('kernel32.dll');
  const allocate = system.func('void *VirtualAlloc(void *, size_t, uint32_t, uint32_t)');
  const protect = system.func('int VirtualProtect(void *, size_t, uint32_t, void *)');
  const copy = system.func('void RtlMoveMemory(void *, void *, size_t)');
  const flush = system.func('int FlushInstructionCache(intptr_t, void *, size_t)');
  const address = allocate(null, code.length, MEM_COMMIT_RESERVE, PAGE_READWRITE) as bigint | null;
  if (address === null) throw new Error('VirtualAlloc gives no memory for code, expected some');
  copy(address, code, code.length);
  const before = new Uint32Array(1);
  if (protect(address, code.length, PAGE_EXECUTE_READ, before) === 0) {
    throw new Error('the system does not let this process run generated code, expected VirtualProtect to allow it');
  }
  flush(THIS_PROCESS, address, code.length);
  return address;
}

/** The instruction cache of an arm64 processor may still have what stood there before. */
function placeOnLinuxForArm(koffi: Koffi, code: Uint8Array): bigint {
  // In the library of the compiler, which Node for arm64 needs.
  const clear = koffi.load('libgcc_s.so.1').func('void __clear_cache(void *, void *)');
  const address = placeOnLinux(koffi, code);
  clear(address, address + BigInt(code.length));
  return address;
}

/**
 * Nobody has run it. Apple's pages for just-in-time compilers (`MAP_JIT`) are not taken: a thread that may write one of
 * them may run none (`pthread_jit_write_protect_np`), and V8's own code lies in such pages, so the JavaScript between
 * such calls could end the process. The function that would make one call of the three runs only what the program has
 * listed when it was linked. Code that is written once needs no switch; Node is signed with the right to run it
 * (`com.apple.security.cs.allow-unsigned-executable-memory`).
 */
function placeOnMac(koffi: Koffi, code: Uint8Array): bigint {
  const clear = koffi.load(null).func('void sys_icache_invalidate(void *, size_t)');
  const address = placeByMmap(koffi, code, MAP_ANON_MAC);
  clear(address, code.length);
  return address;
}

/** `anonymous` is the system's flag for memory without a file. */
function placeByMmap(koffi: Koffi, code: Uint8Array, anonymous: number): bigint {
  const libc = koffi.load(null);
  const map = libc.func('void *mmap(void *, size_t, int, int, int, int64_t)');
  const protect = libc.func('int mprotect(void *, size_t, int)');
  const copy = libc.func('void *memcpy(void *, void *, size_t)');
  const address = map(null, code.length, PROT_READ_WRITE, MAP_PRIVATE | anonymous, -1, 0) as bigint | null;
  if (address === null || BigInt.asIntN(64, address) === -1n) {
    throw new Error('mmap gives no memory for code, expected some');
  }
  copy(address, code, code.length);
  // Never both at once: what can be run cannot be written.
  if (protect(address, code.length, PROT_READ_EXEC) !== 0) {
    throw new Error('the system does not let this process run generated code, expected mprotect to allow it');
  }
  return address;
}

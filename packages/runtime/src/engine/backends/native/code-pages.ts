import type { ConventionName } from '@gradloom/core/internal';
import type { Koffi } from '../../../system/native/koffi.ts';

/** Allocates `size` bytes, writes the code for that address to them and makes them executable. */
type Place = (koffi: Koffi, size: number, codeFor: CodeFor) => bigint;
type CodeFor = (address: bigint) => Uint8Array;

/** Systems on which code can be placed, named by `process.platform` and `process.arch`. */
export const codeSystems = {
  'linux x64': { processor: 'x64', convention: 'systemV', place: placeOnLinux, isUntested: false },
  'win32 x64': { processor: 'x64', convention: 'windows', place: placeOnWindows, isUntested: false },
  'linux arm64': { processor: 'arm64', convention: undefined, place: placeOnLinuxForArm, isUntested: false },
  'darwin arm64': { processor: 'arm64', convention: undefined, place: placeOnMac, isUntested: true },
} as const satisfies Record<string, CodeSystem>;

interface CodeSystem {
  readonly processor: string;
  readonly convention: ConventionName | undefined; // calling convention of x64
  readonly place: Place;
  /** Written from the system's documentation, never run. */
  readonly isUntested: boolean;
}

export type CodeSystemName = keyof typeof codeSystems;

export const isCodeSystem = (name: string): name is CodeSystemName => Object.hasOwn(codeSystems, name);

export const ownSystem = `${process.platform} ${process.arch}`;

/** Whether code was never run on a system, by default this one. */
export const isUntestedSystem = (name = ownSystem): boolean => isCodeSystem(name) && codeSystems[name].isUntested;

/** Calling convention of code in this process. */
export const ownConvention = isCodeSystem(ownSystem) ? codeSystems[ownSystem].convention : undefined;

/**
 * Copies `code` into executable, read-only pages and returns its address. The pages live as long as the process.
 * @throws Error if the system gives no memory, or does not let this process run generated code.
 */
export const placeCode = (koffi: Koffi, code: Uint8Array, system = ownSystem): bigint =>
  placeCodeFor(koffi, code.length, () => code, system);

/** `placeCode` for code of at most `size` bytes, which is made when its address is known. */
export function placeCodeFor(koffi: Koffi, size: number, codeFor: CodeFor, system = ownSystem): bigint {
  if (!isCodeSystem(system)) throw new Error(`placeCode: system has ${system}, expected ${systemNames}`);
  return codeSystems[system].place(koffi, size, (address) => {
    const code = codeFor(address);
    if (code.length > size) throw new Error(`placeCode: code has ${code.length} bytes, expected at most ${size}`);
    return code;
  });
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

/** Clears the instruction cache, since that of an arm64 processor may still hold what was at these addresses before. */
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

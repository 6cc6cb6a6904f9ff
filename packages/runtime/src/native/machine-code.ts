import { readFileSync } from 'node:fs';
import { assembleProgram, type CodeLayout, type ExtensionName, extensions, type Play } from '@gradloom/core';
import { type Koffi, loadKoffi } from './koffi.ts';

/** Code in memory that may be run. All threads of the process share it. */
export interface MachineCode {
  readonly extension: ExtensionName; // of x64, that it is made of
  readonly layout: CodeLayout;
  readonly address: bigint;
}

/** Machine code for this processor, or one sentence that says why there is none. */
export type MachineCodeSearch =
  | { readonly code: MachineCode; readonly reason: null }
  | { readonly code: null; readonly reason: string };

export interface MachineCodeOptions {
  system?: string; // default: this process's platform and architecture
  flags?: ReadonlySet<string>; // of the processor, default: as /proc/cpuinfo has them
  koffi?: () => Koffi; // default: the installed one
}

let made: MachineCodeSearch | undefined;

/** Machine code of the kernels, made once a process: all that ask for the same share it. Never throws. */
export function machineCode(): MachineCodeSearch {
  made ??= makeMachineCode();
  return made;
}

/** Makes the code for this processor. Never throws. */
export function makeMachineCode(options: MachineCodeOptions = {}): MachineCodeSearch {
  const { system = `${process.platform} ${process.arch}`, koffi = loadKoffi } = options;
  if (system !== SYSTEM) return refusal(`system has ${system}, expected ${SYSTEM}`);
  const extension = widestExtension(options.flags ?? processorFlags());
  if (extension === undefined) {
    const wanted = Object.values(extensions).map(({ flags }) => flags.join(' and '));
    return refusal(`the processor has none of its extensions, expected ${wanted.join(', or ')}`);
  }
  let calls: Koffi;
  try {
    calls = koffi();
  } catch (error) {
    return refusal(`koffi is not installed, expected version 3 (${firstLine(error)})`);
  }
  try {
    const { code, layout } = assembleProgram(extension);
    return { code: { extension, layout, address: place(calls, code) }, reason: null };
  } catch (error) {
    return refusal(firstLine(error));
  }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error));

// The calling convention is System V's, and the system calls are Linux's.
const SYSTEM = 'linux x64';

const refusal = (reason: string): MachineCodeSearch => ({ code: null, reason: `machineCode: ${reason}` });

/** The extension that the kernels run fastest with, of those that a processor has. */
export function widestExtension(flags: ReadonlySet<string>): ExtensionName | undefined {
  const names = Object.keys(extensions) as ExtensionName[];
  return names.find((name) => extensions[name].flags.every((flag) => flags.has(flag)));
}

/** What the processor can do and the system lets programs use. */
function processorFlags(): ReadonlySet<string> {
  try {
    const [, flags = ''] = /^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return new Set(flags.split(' '));
  } catch {
    return new Set();
  }
}

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/** The address of `code` in pages that can be run and no longer written. They stay for as long as the process. */
function place(koffi: Koffi, code: Uint8Array): bigint {
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
    throw new Error('the system lets this process run no code that it made, expected mprotect to allow it');
  }
  return address;
}

/** The entry of code that some thread of this process has made: one function a thread, since koffi keeps what it has decoded. */
export function enterMachineCode({ address }: MachineCode): Play {
  let play = entries.get(address);
  if (play === undefined) {
    const koffi = loadKoffi();
    // koffi 3.3 has no stack for calls in a thread that has loaded nothing: a call of a bare address ends the process there.
    koffi.load(null);
    play = koffi.decode(address, koffi.proto('void', ['void *', 'void *', 'int', 'void *'])) as Play;
    entries.set(address, play);
  }
  return play;
}

const entries = new Map<bigint, Play>();

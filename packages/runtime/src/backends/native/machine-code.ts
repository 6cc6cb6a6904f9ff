import {
  assembleCode,
  type CodeLayout,
  createX64,
  type ExtensionName,
  extensions,
  type Play,
} from '@gradloom/core/internal';
import { placeCode } from './code-pages.ts';
import { type Koffi, loadKoffi } from './koffi.ts';
import { askProcessor } from './processor.ts';

/** Code in memory that may be run. All threads of the process share it. */
export interface MachineCode {
  readonly extension: ExtensionName; // of x64, that it is made of
  readonly layout: CodeLayout;
  readonly address: bigint;
}

/** Machine code for this processor, or the reason why there is none. */
export type MachineCodeSearch =
  | { readonly code: MachineCode; readonly reason: null }
  | { readonly code: null; readonly reason: string };

export interface MachineCodeOptions {
  system?: string; // default: this process's platform and architecture
  flags?: ReadonlySet<string>; // of the processor, default: what the processor itself says
  koffi?: () => Koffi; // default: the installed one
  type?: 'float64' | 'float32'; // of the elements, default float64
}

let made: MachineCodeSearch | undefined;

/** Machine code of the kernels, created once per process and shared. Never throws. */
export function machineCode(): MachineCodeSearch {
  made ??= makeMachineCode();
  return made;
}

/** Makes the code for this processor. Never throws. */
export function makeMachineCode(options: MachineCodeOptions = {}): MachineCodeSearch {
  const { system = `${process.platform} ${process.arch}`, koffi = loadKoffi, type = 'float64' } = options;
  if (system !== SYSTEM) return refusal(`system has ${system}, expected ${SYSTEM}`);
  let calls: Koffi;
  try {
    calls = koffi();
  } catch (error) {
    return refusal(`koffi is not installed, expected version 3 (${firstLine(error)})`);
  }
  try {
    const flags = options.flags ?? askProcessor(calls);
    const extension = widestExtension(flags);
    if (extension === undefined) {
      const has = flags.size === 0 ? 'none of its extensions' : `only ${[...flags].join(', ')}`;
      return refusal(`the processor has ${has}, expected ${EXTENSIONS}`);
    }
    const { code, layout } = assembleCode(createX64(extension, type));
    return { code: { extension, layout, address: placeCode(calls, code) }, reason: null };
  } catch (error) {
    return refusal(firstLine(error));
  }
}

const firstLine = (error: unknown): string => (error instanceof Error ? error.message.split('\n')[0] : String(error));

// The calling convention is System V's, and the system calls are Linux's.
const SYSTEM = 'linux x64';

const EXTENSIONS = Object.values(extensions)
  .map(({ flags }) => flags.join(' and '))
  .join(', or ');

const refusal = (reason: string): MachineCodeSearch => ({ code: null, reason: `machineCode: ${reason}` });

/** The extension that the kernels run fastest with, of those that a processor has. */
export function widestExtension(flags: ReadonlySet<string>): ExtensionName | undefined {
  const names = Object.keys(extensions) as ExtensionName[];
  return names.find((name) => extensions[name].flags.every((flag) => flags.has(flag)));
}

/**
 * The entry of code that some thread of this process has made: one function a thread, since koffi keeps what it has
 * decoded.
 */
export function enterMachineCode({ address }: Pick<MachineCode, 'address'>): Play {
  let play = entries.get(address);
  if (play === undefined) {
    const koffi = loadKoffi();
    // koffi 3.3 has no stack for calls in a thread that has loaded nothing: a call of a bare address ends the process
    // there.
    koffi.load(null);
    play = koffi.decode(address, koffi.proto('void', ['void *', 'void *', 'int', 'void *'])) as Play;
    entries.set(address, play);
  }
  return play;
}

const entries = new Map<bigint, Play>();

import type { ElementType } from '@gradloom/core';
import {
  assembleCode,
  assembleProcessorQueries,
  type CodeLayout,
  createLayout,
  type ExtensionName,
  extensions,
  FLOAT64,
  type Play,
  type ProductLayout,
  processorFlags,
} from '@gradloom/core/internal';
import { firstLine, type Koffi, loadKoffi } from '../../../system/native/koffi.ts';
import {
  type CodeSystemName,
  callingConvention,
  codeSystems,
  isCodeSystem,
  isUntestedSystem,
  placeCode,
  placeCodeFor,
  systemNames,
  thisSystem,
} from './code-pages.ts';

/** Executable code in memory, shared by all threads of the process. */
export interface MachineCode {
  readonly extension: ExtensionName; // the instruction set that it uses
  readonly layout: ProductLayout;
  readonly address: bigint;
}

/** Machine code for this processor, or the reason why there is none. */
export type MachineCodeSearch =
  | { readonly code: MachineCode; readonly reason: null }
  | { readonly code: null; readonly reason: string; readonly lacksKoffi: boolean };

export interface MachineCodeOptions {
  system?: string; // default: this process's platform and architecture
  flags?: ReadonlySet<string>; // of the processor; default: as the processor reports
  koffi?: () => Koffi; // default: the installed package
  environment?: Readonly<Record<string, string | undefined>>; // default process.env
  type?: ElementType; // element type; default float64
}

const searches: Partial<Record<ElementType, MachineCodeSearch>> = {};

/** Machine code of the kernels for an element type, created once per process and shared. Never throws. */
export function machineCode(type: ElementType = FLOAT64): MachineCodeSearch {
  searches[type] ??= makeMachineCode({ type });
  return searches[type];
}

/** Creates the code for this processor. Never throws. */
export function makeMachineCode(options: MachineCodeOptions = {}): MachineCodeSearch {
  const { system = thisSystem, koffi = loadKoffi, type = FLOAT64 } = options;
  if (!isCodeSystem(system)) return refusal(`system has ${system}, expected ${systemNames}`);
  const { GRADLOOM_NATIVE } = options.environment ?? process.env;
  if (isUntestedSystem(system) && GRADLOOM_NATIVE !== '1') {
    return refusal(`system has ${system}, where it is untested, expected GRADLOOM_NATIVE=1 to try it`);
  }
  let loadedKoffi: Koffi;
  try {
    loadedKoffi = koffi();
  } catch (error) {
    return refusal(`koffi is not installed, expected version 3 (${firstLine(error)})`, true);
  }
  try {
    const { processor, convention } = codeSystems[system];
    const flags = options.flags ?? flagsOf(loadedKoffi, system);
    const extension = widestExtension(processor, flags);
    if (extension === undefined) {
      const has = flags.size === 0 ? 'none of its extensions' : `only ${[...flags].join(', ')}`;
      return refusal(`the processor has ${has}, expected ${extensionsOf(processor)}`);
    }
    const { code, layout } = assembleCode(extensions[extension].createIsa(type, convention));
    return { code: { extension, layout, address: placeCode(loadedKoffi, code, system) }, reason: null };
  } catch (error) {
    return refusal(firstLine(error));
  }
}

/** The extensions that the processor reports; empty for arm64. */
const flagsOf = (koffi: Koffi, system: CodeSystemName): ReadonlySet<string> =>
  codeSystems[system].processor === 'x64' ? askProcessor(koffi, system) : new Set();

const extensionsOf = (processor: ProcessorName): string =>
  namesFor(processor)
    .map((name) => extensions[name].flags.join(' and '))
    .join(', or ');

const refusal = (reason: string, lacksKoffi = false): MachineCodeSearch => ({ code: null, reason, lacksKoffi });

export function widestExtension(processor: ProcessorName, flags: ReadonlySet<string>): ExtensionName | undefined {
  return namesFor(processor).find(isIn(flags));
}

/** The extensions of this process's processor, the widest first. */
export function extensionsHere(): ExtensionName[] {
  if (!isCodeSystem(thisSystem)) return [];
  const { processor } = codeSystems[thisSystem];
  return namesFor(processor).filter(isIn(flagsOf(loadKoffi(), thisSystem)));
}

const isIn =
  (flags: ReadonlySet<string>) =>
  (name: ExtensionName): boolean =>
    extensions[name].flags.every((flag) => flags.has(flag));

type ProcessorName = (typeof extensions)[ExtensionName]['processor'];

/** The extensions of a processor type, the widest first. */
function namesFor(processor: ProcessorName): ExtensionName[] {
  const names = Object.keys(extensions) as ExtensionName[];
  return names.filter((name) => extensions[name].processor === processor);
}

/** The entry point of code that any thread of the process made; one per thread is kept, as koffi frees none. */
export function enterMachineCode({ address }: Pick<MachineCode, 'address'>): Play {
  let play = entries.get(address);
  if (play === undefined) {
    const koffi = loadKoffi();
    // koffi 3.3 has no call stack in a thread that has not loaded a library: a call of a bare address would end the
    // process.
    koffi.load(null);
    play = koffi.decode(address, koffi.proto('void', ['void *', 'void *', 'int', 'void *'])) as Play;
    entries.set(address, play);
  }
  return play;
}

const entries = new Map<bigint, Play>();

/** Bytes that are reserved for a kernel: a multiple of the pages of every system. */
const KERNEL_BYTES = 65_536;

/** The kernels of this thread: it assembles those that it needs besides products, and keeps them. */
export function kernelsOf({ extension, layout, address }: MachineCode): CodeLayout {
  const existing = layouts.get(address);
  if (existing !== undefined) return existing;
  const { createIsa } = extensions[extension];
  const createdLayout = createLayout(
    createIsa(layout.type, callingConvention),
    (assemble) => {
      let kernel: ReturnType<typeof assemble> | undefined;
      placeCodeFor(loadKoffi(), KERNEL_BYTES, (kernelAddress) => {
        const origin = Number(kernelAddress - address); // offset in the code that calls the kernel
        const isa = createIsa(layout.type, callingConvention, origin);
        kernel = assemble(isa);
        return isa.code();
      });
      return kernel as ReturnType<typeof assemble>;
    },
    layout.offsets,
  );
  layouts.set(address, createdLayout);
  return createdLayout;
}

const layouts = new Map<bigint, CodeLayout>();

/**
 * Asks the processor for its extensions: /proc/cpuinfo describes the host, even under an emulator. @throws Error if the
 * system does not let this process run generated code.
 */
function askProcessor(koffi: Koffi, system: CodeSystemName): ReadonlySet<string> {
  const { code, cpuid, xgetbv } = assembleProcessorQueries(codeSystems[system].convention);
  const address = placeCode(koffi, code, system);
  const query = koffi.proto('void', ['void *']);
  const queryAt = (offset: number) => koffi.decode(address + BigInt(offset), query) as (words: Uint32Array) => void;
  const ask = (offset: number, ...question: readonly number[]): Uint32Array => {
    const words = new Uint32Array(4);
    words.set(question);
    queryAt(offset)(words);
    return words;
  };
  return processorFlags(
    (leaf) => {
      const [eax, ebx, ecx] = ask(cpuid, leaf, 0);
      return { eax, ebx, ecx };
    },
    () => ask(xgetbv)[0],
  );
}

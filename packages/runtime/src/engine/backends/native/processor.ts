import { assembleProcessorQueries, processorFlags } from '@gradloom/core/internal';
import type { Koffi } from '../../../system/native/koffi.ts';
import { type CodeSystemName, codeSystems, placeCode } from './code-pages.ts';

/**
 * The extensions of the processor that runs this process, by asking the processor itself: /proc/cpuinfo describes the
 * machine, even under an emulator. @throws Error if the system does not let this process run generated code.
 */
export function askProcessor(koffi: Koffi, system: CodeSystemName): ReadonlySet<string> {
  const { code, cpuid, xgetbv } = assembleProcessorQueries(codeSystems[system].convention);
  const address = placeCode(koffi, code, system);
  const query = koffi.proto('void', ['void *']);
  const at = (place: number) => koffi.decode(address + BigInt(place), query) as (words: Uint32Array) => void;
  const ask = (place: number, ...question: readonly number[]): Uint32Array => {
    const words = new Uint32Array(4);
    words.set(question);
    at(place)(words);
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

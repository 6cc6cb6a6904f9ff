import { at, createAssembler, r8, rax, rbx, rcx, rdx } from './assembler.ts';
import { type ConventionName, conventions } from './convention.ts';

/** Code that queries the processor. Both functions take the address of four 32-bit words, input and output. */
export interface ProcessorQueries {
  readonly code: Uint8Array; // position-independent
  readonly cpuid: number; // its offset. In: leaf, subleaf; out: eax, ebx, ecx, edx
  readonly xgetbv: number; // its offset. Out: eax, edx of XCR0. Requires OSXSAVE
}

export function assembleProcessorQueries(convention: ConventionName = 'systemV'): ProcessorQueries {
  const assembler = createAssembler();
  const [argument] = conventions[convention].arguments;
  const words = r8; // not overwritten by CPUID or XGETBV
  const cpuid = assembler.position;
  assembler.push(rbx); // both conventions preserve it
  assembler.move(words, argument);
  assembler.loadWord(rax, at(words));
  assembler.loadWord(rcx, at(words, 4));
  assembler.cpuid();
  for (const [word, register] of [rax, rbx, rcx, rdx].entries()) assembler.storeWord(at(words, 4 * word), register);
  assembler.pop(rbx);
  assembler.ret();
  const xgetbv = assembler.position;
  assembler.move(words, argument);
  assembler.clear(rcx);
  assembler.xgetbv();
  assembler.storeWord(at(words), rax);
  assembler.storeWord(at(words, 4), rdx);
  assembler.ret();
  return { code: assembler.bytes(), cpuid, xgetbv };
}

/** CPUID's answer to a leaf, subleaf 0. */
export interface CpuidAnswer {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
}

const OSXSAVE = 27; // bit of ecx of leaf 1: the system saves vectors, and XGETBV tells which
const FMA = 12; // bit of ecx of leaf 1
const LEAF_7 = { avx2: 5, avx512f: 16, avx512dq: 17 }; // bits of ebx of leaf 7
const YMM_STATE = 0b110; // bits of XCR0: lower and upper halves
const ZMM_STATE = 0b1110_0110; // also masks and wide vectors

/**
 * Extensions that the processor has and the system supports, by their flags in `extensions`. Vectors that the system
 * does not save for a program are left out ([Intel SDM, volume 1, 14.3](https://www.intel.com/sdm)).
 */
export function processorFlags(cpuid: (leaf: number) => CpuidAnswer, xcr0: () => number): ReadonlySet<string> {
  const flags = new Set<string>();
  const maxLeaf = cpuid(0).eax;
  const features = cpuid(1).ecx;
  if (!hasBit(features, OSXSAVE)) return flags;
  const state = xcr0();
  if ((state & YMM_STATE) !== YMM_STATE) return flags;
  if (hasBit(features, FMA)) flags.add('fma');
  if (maxLeaf < 7) return flags; // without leaf 7, CPUID would answer another leaf
  const { ebx } = cpuid(7);
  for (const [name, bit] of Object.entries(LEAF_7)) {
    const isSaved = !name.startsWith('avx512') || (state & ZMM_STATE) === ZMM_STATE;
    if (isSaved && hasBit(ebx, bit)) flags.add(name);
  }
  return flags;
}

const hasBit = (word: number, bit: number): boolean => ((word >>> bit) & 1) === 1;

import { at, createAssembler, r8, rax, rbx, rcx, rdx } from './assembler.ts';
import { type ConventionName, conventions } from './convention.ts';

/**
 * Code that asks the processor what it is. Both functions take the address of four 32-bit words, question and answer.
 */
export interface ProcessorQueries {
  readonly code: Uint8Array; // may lie anywhere
  readonly cpuid: number; // where in it: leaf, subleaf in; eax, ebx, ecx, edx out
  readonly xgetbv: number; // where in it: eax, edx of the register XCR0 out. Only where OSXSAVE is set
}

/** A few bytes. */
export function assembleProcessorQueries(convention: ConventionName = 'systemV'): ProcessorQueries {
  const assembler = createAssembler();
  const [given] = conventions[convention].arguments;
  const words = r8; // neither instruction overwrites it
  const cpuid = assembler.position;
  assembler.push(rbx); // which both conventions want back as it was
  assembler.move(words, given);
  assembler.loadWord(rax, at(words));
  assembler.loadWord(rcx, at(words, 4));
  assembler.cpuid();
  for (const [word, register] of [rax, rbx, rcx, rdx].entries()) assembler.storeWord(at(words, 4 * word), register);
  assembler.pop(rbx);
  assembler.ret();
  const xgetbv = assembler.position;
  assembler.move(words, given);
  assembler.clear(rcx);
  assembler.xgetbv();
  assembler.storeWord(at(words), rax);
  assembler.storeWord(at(words, 4), rdx);
  assembler.ret();
  return { code: assembler.bytes(), cpuid, xgetbv };
}

/** What CPUID answers to a leaf, subleaf 0. */
export interface CpuidAnswer {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
}

const OSXSAVE = 27; // bit of ecx of leaf 1: the system keeps vectors, and XGETBV may be asked which
const FMA = 12; // bit of ecx of leaf 1
const LEAF_7 = { avx2: 5, avx512f: 16, avx512dq: 17 }; // bits of its ebx
const YMM_STATE = 0b110; // of XCR0: lower halves and upper ones
const ZMM_STATE = 0b1110_0110; // the masks and the wide vectors beside them

/**
 * The extensions that the processor has and the system lets programs use, by the names in `extensions`: vectors that
 * the system does not keep for a program count for nothing ([Intel SDM, volume 1, 14.3](https://www.intel.com/sdm)).
 */
export function processorFlags(cpuid: (leaf: number) => CpuidAnswer, xcr0: () => number): ReadonlySet<string> {
  const flags = new Set<string>();
  const mostLeaf = cpuid(0).eax;
  const features = cpuid(1).ecx;
  if (!hasBit(features, OSXSAVE)) return flags;
  const state = xcr0();
  if ((state & YMM_STATE) !== YMM_STATE) return flags;
  if (hasBit(features, FMA)) flags.add('fma');
  if (mostLeaf < 7) return flags; // it would answer to another leaf
  const { ebx } = cpuid(7);
  for (const [name, bit] of Object.entries(LEAF_7)) {
    const isKept = !name.startsWith('avx512') || (state & ZMM_STATE) === ZMM_STATE;
    if (isKept && hasBit(ebx, bit)) flags.add(name);
  }
  return flags;
}

const hasBit = (word: number, bit: number): boolean => ((word >>> bit) & 1) === 1;

import { expect, test } from 'vitest';
import {
  assembleProcessorQueries,
  processorFlags,
} from '../../../../../packages/core/src/backends/isa/x64/processor.ts';

test('the questions are these instructions', () => {
  const { code, cpuid, xgetbv } = assembleProcessorQueries();
  const hex = Buffer.from(code).toString('hex');
  // As objdump reads them back. push rbx; mov r8, rdi; mov eax, [r8]; mov ecx, [r8+4]; cpuid; its four words; pop rbx;
  // ret
  const identify = '534989f8418b00418b48040fa241890041895804418948084189500c5bc3';
  // mov r8, rdi; xor ecx, ecx; xgetbv; its two words; ret
  expect(hex).toBe(`${identify}4989f833c90f01d041890041895004c3`);
  expect([cpuid, xgetbv]).toEqual([0, identify.length / 2]);
});

test('the questions of Windows find the words in its first register', () => {
  const ours = Buffer.from(assembleProcessorQueries().code).toString('hex');
  const theirs = Buffer.from(assembleProcessorQueries('windows').code).toString('hex');
  expect(theirs).toBe(ours.replaceAll('4989f8', '4989c8')); // mov r8, rcx
});

const FMA = 1 << 12;
const OSXSAVE = 1 << 27;
const AVX2 = 1 << 5;
const AVX512 = (1 << 16) | (1 << 17); // f and dq
const YMM = 0b111;
const ZMM = 0b1110_0111;
const wide = { mostLeaf: 13, features: FMA | OSXSAVE, extended: AVX2 | AVX512, state: ZMM };

/** What is read of a processor that answers so. A leaf that it does not have has all bits here: it must not be read. */
function flagsOf({ mostLeaf, features, extended, state }: typeof wide): string[] {
  const flags = processorFlags(
    (leaf) => {
      if (leaf === 0) return { eax: mostLeaf, ebx: 0, ecx: 0 };
      if (leaf === 1) return { eax: 0, ebx: 0, ecx: features >>> 0 };
      return { eax: 0, ebx: leaf > mostLeaf ? 0xffff_ffff : extended >>> 0, ecx: 0 };
    },
    () => {
      if ((features & OSXSAVE) === 0) throw new Error('XGETBV is no instruction here');
      return state;
    },
  );
  return [...flags].sort();
}

test.each<[string, Partial<typeof wide>, string[]]>([
  ['all', {}, ['avx2', 'avx512dq', 'avx512f', 'fma']],
  ['no wide vectors', { extended: AVX2 }, ['avx2', 'fma']],
  ['wide vectors in part', { extended: AVX2 | (1 << 16) }, ['avx2', 'avx512f', 'fma']],
  ['no fused product', { features: OSXSAVE, extended: AVX2 }, ['avx2']],
  ['wide vectors that the system does not keep', { state: YMM }, ['avx2', 'fma']],
  ['masks that the system does not keep', { state: ZMM & ~0b10_0000 }, ['avx2', 'fma']],
  ['vectors that the system keeps half of', { state: 0b011 }, []],
  ['a system that keeps nothing and knows no XGETBV', { features: FMA }, []],
  ['no leaf 7', { mostLeaf: 6 }, ['fma']],
])('a processor with %s', (_title, change, flags) => {
  expect(flagsOf({ ...wide, ...change })).toEqual(flags);
});

import { extensions } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { makeMachineCode, widestExtension } from '../../../packages/runtime/src/backends/native/machine-code.ts';
import { fakeKoffi } from '../../support/fake-koffi.ts';

const flags = new Set<string>(extensions.avx2.flags);

test('the widest extension that a processor has all of is taken', () => {
  expect(widestExtension('x64', new Set(['sse2', 'avx2']))).toBeUndefined();
  expect(widestExtension('x64', new Set(['avx2', 'fma', 'avx512f']))).toBe('avx2');
  expect(widestExtension('x64', new Set(['avx2', 'fma', 'avx512f', 'avx512dq']))).toBe('avx512');
});

test.each([
  [
    'another system',
    { system: 'sunos x64' },
    /^machineCode: system has sunos x64, expected linux x64, or linux arm64, or /,
  ],
  [
    'an older processor',
    { flags: new Set<string>(), koffi: fakeKoffi({}) },
    /^machineCode: the processor has none of its extensions, expected avx512f and avx512dq, or avx2 and fma$/,
  ],
  [
    'a processor with half of an extension',
    { flags: new Set(['fma']), koffi: fakeKoffi({}) },
    /the processor has only fma, expected avx512f/,
  ],
  [
    'no koffi',
    {
      flags,
      koffi: () => {
        throw new Error("Cannot find module 'koffi'\nRequire stack: ...");
      },
    },
    /^machineCode: koffi is not installed, expected version 3 \(Cannot find module 'koffi'\)$/,
  ],
  ['a process without system calls, where the processor is asked', { koffi: fakeKoffi({}) }, /No such file or dir/],
  ['a process without system calls', { flags, koffi: fakeKoffi({}) }, /^machineCode: .*No such file or directory$/],
])('%s is refused in a sentence', (_title, options, sentence) => {
  const { code, reason } = makeMachineCode({ system: 'linux x64', ...options });
  expect(code).toBeNull();
  expect(reason).toMatch(sentence);
});

/** A system's calls, as far as placing code takes them. */
const system = (calls: object) => () => {
  const functions: Record<string, (...values: unknown[]) => unknown> = {
    mmap: () => 4096n,
    mprotect: () => 0,
    memcpy: () => 4096n,
    ...calls,
  };
  const func = (declaration: string) => functions[/(\w+)\(/.exec(declaration)?.[1] ?? ''];
  return { ...fakeKoffi({})(), load: () => ({ func, symbol: () => undefined }) };
};

test('code is written before it may be run, and never after', () => {
  const calls: string[] = [];
  const note =
    (name: string, result: unknown) =>
    (...values: unknown[]) => {
      calls.push(name === 'memcpy' ? name : `${name} ${values[2]}`);
      return result;
    };
  const options = { mmap: note('mmap', 4096n), mprotect: note('mprotect', 0), memcpy: note('memcpy', 4096n) };
  const { code } = makeMachineCode({ system: 'linux x64', flags, koffi: system(options) });
  expect(code).toMatchObject({ extension: 'avx2', address: 4096n });
  expect(calls).toEqual(['mmap 3', 'memcpy', 'mprotect 5']); // read and write; read and run
});

test.each([
  ['gives no memory', { mmap: () => -1n }, /mmap gives no memory/],
  ['does not run generated code', { mprotect: () => -1 }, /does not let this process run generated code/],
])('a system that %s is refused in a sentence', (_title, calls, sentence) => {
  expect(makeMachineCode({ system: 'linux x64', flags, koffi: system(calls) }).reason).toMatch(sentence);
  // Asking the processor takes code, too.
  expect(makeMachineCode({ system: 'linux x64', koffi: system(calls) }).reason).toMatch(sentence);
});

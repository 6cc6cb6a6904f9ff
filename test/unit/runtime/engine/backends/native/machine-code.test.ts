import { assembleCode, createLayout, elementTypes, extensions } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import {
  makeMachineCode,
  widestExtension,
} from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { fakeKoffi } from '../../../../../support/fake-koffi.ts';

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
    /^system has sunos x64, expected linux x64, or win32 x64, or linux arm64, or /,
  ],
  [
    'an older processor',
    { flags: new Set<string>(), koffi: fakeKoffi({}) },
    /^the processor has none of its extensions, expected avx512f and avx512dq, or avx2 and fma$/,
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
    /^koffi is not installed, expected version 3 \(Cannot find module 'koffi'\)$/,
  ],
  ['a process without system calls, where the processor is asked', { koffi: fakeKoffi({}) }, /No such file or dir/],
  ['a process without system calls', { flags, koffi: fakeKoffi({}) }, /No such file or directory$/],
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
  ['gives no memory', { mmap: () => -1n }, /mmap has failed/],
  ['does not run generated code', { mprotect: () => -1 }, /does not let this process run generated code/],
])('a system that %s is refused in a sentence', (_title, calls, sentence) => {
  expect(makeMachineCode({ system: 'linux x64', flags, koffi: system(calls) }).reason).toMatch(sentence);
  // Asking the processor takes code, too.
  expect(makeMachineCode({ system: 'linux x64', koffi: system(calls) }).reason).toMatch(sentence);
});

/** The calls of a system in their order, each with some of its arguments. */
function watched(...watches: readonly (readonly [name: string, result: unknown, ...places: number[]])[]) {
  const calls: string[] = [];
  const functions = watches.map(([name, result, ...registers]) => [
    name,
    (...values: unknown[]) => {
      calls.push([name, ...registers.map((place) => values[place])].join(' '));
      return result;
    },
  ]);
  return { calls, koffi: system(Object.fromEntries(functions)) };
}

test('on Windows code is written before it may be run, and never after, and is called as Windows calls', () => {
  const { calls, koffi } = watched(
    ['VirtualAlloc', 4096n, 2, 3],
    ['RtlMoveMemory', undefined],
    ['VirtualProtect', 1, 0, 2],
    ['FlushInstructionCache', 1, 0, 1],
  );
  const { code } = makeMachineCode({ system: 'win32 x64', flags, koffi });
  expect(code).toMatchObject({ extension: 'avx2', address: 4096n });
  expect(code?.layout).toEqual(assembleCode(extensions.avx2.createIsa('float64', 'windows')).layout);
  // MEM_COMMIT and MEM_RESERVE, PAGE_READWRITE; PAGE_EXECUTE_READ; this process.
  const [allocate, protect] = [`VirtualAlloc ${0x3000} 4`, `VirtualProtect 4096 ${0x20}`];
  expect(calls).toEqual([allocate, 'RtlMoveMemory', protect, 'FlushInstructionCache -1 4096']);
});

test.each([
  ['gives no memory', { VirtualAlloc: (): null => null }, /VirtualAlloc has failed/],
  [
    'does not run generated code',
    { VirtualAlloc: (): bigint => 4096n, VirtualProtect: () => 0 },
    /expected VirtualProtect to/,
  ],
])('a Windows that %s is refused in a sentence', (_title, calls, sentence) => {
  const koffi = system({ RtlMoveMemory: () => undefined, ...calls });
  expect(makeMachineCode({ system: 'win32 x64', flags, koffi }).reason).toMatch(sentence);
  expect(makeMachineCode({ system: 'win32 x64', koffi }).reason).toMatch(sentence);
});

test('on arm64 the instruction cache forgets what stood where the code is', () => {
  const { calls, koffi } = watched(
    ['mmap', 4096n, 2, 3],
    ['memcpy', 4096n],
    ['mprotect', 0, 2],
    ['__clear_cache', undefined, 0, 1],
  );
  const { code } = makeMachineCode({ system: 'linux arm64', koffi });
  expect(code).toMatchObject({ extension: 'neon', address: 4096n });
  const { length } = assembleCode(extensions.neon.createIsa('float64')).code;
  expect(calls).toEqual(['mmap 3 34', 'memcpy', 'mprotect 5', `__clear_cache 4096 ${4096 + length}`]);
});

test('a system without the function that clears the instruction cache is refused in a sentence', () => {
  const load = (path: string | null) => {
    if (path !== null) throw new Error('libgcc_s.so.1: cannot open shared object file');
    return system({})().load();
  };
  const koffi = () => ({ ...system({})(), load });
  const { reason } = makeMachineCode({ system: 'linux arm64', koffi });
  expect(reason).toBe('libgcc_s.so.1: cannot open shared object file');
});

describe('on macOS, where nobody has run it, machine code', () => {
  const mac = { system: 'darwin arm64' };

  test('is refused unless the environment asks for it', () => {
    const expected = 'system has darwin arm64, where it is untested, expected GRADLOOM_NATIVE=1 to try it';
    for (const environment of [{}, { GRADLOOM_NATIVE: '' }, { GRADLOOM_NATIVE: '0' }]) {
      expect(makeMachineCode({ ...mac, environment, koffi: system({}) })).toMatchObject({
        code: null,
        reason: expected,
      });
    }
  });

  test('is written before it may be run, to pages that no thread is kept from running', () => {
    const { calls, koffi } = watched(
      ['mmap', 4096n, 2, 3],
      ['memcpy', 4096n],
      ['mprotect', 0, 2],
      ['sys_icache_invalidate', undefined, 0],
    );
    const { code } = makeMachineCode({ ...mac, environment: { GRADLOOM_NATIVE: '1' }, koffi });
    expect(code).toMatchObject({ extension: 'neon', address: 4096n });
    // MAP_PRIVATE and MAP_ANON of its sys/mman.h. pthread_jit_write_protect_np would keep V8's own code from running.
    expect(calls).toEqual([`mmap 3 ${0x1002}`, 'memcpy', 'mprotect 5', 'sys_icache_invalidate 4096']);
  });

  test('is refused in a sentence where the system does not let it run', () => {
    const koffi = system({ sys_icache_invalidate: () => undefined, mprotect: () => -1 });
    const { reason } = makeMachineCode({ ...mac, environment: { GRADLOOM_NATIVE: '1' }, koffi });
    expect(reason).toMatch(/^the system does not let this process run generated code/);
  });
});

// Each is assembled where a network first uses it; 17 serve the operations of graphs alone.
test.each(Object.entries(extensions))('all kernels of %s together have less than 342 kB', (_name, { createIsa }) => {
  for (const type of elementTypes) {
    const { code, layout } = assembleCode(createIsa(type));
    let bytes = code.length;
    const all = createLayout(
      createIsa(type),
      (assemble) => {
        const isa = createIsa(type);
        const kernel = assemble(isa);
        bytes += isa.code().length;
        return kernel;
      },
      layout.offsets,
    );
    JSON.stringify(all); // reads, and so assembles, every kernel
    expect(bytes, type).toBeGreaterThan(1.4 * code.length);
    expect(bytes, type).toBeLessThan(342_000);
  }
});

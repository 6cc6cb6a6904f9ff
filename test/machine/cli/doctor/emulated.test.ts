import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { needs } from '../../../support/needs.ts';
import { programFile } from '../../../support/program-file.ts';

/** What a process finds that is started so. */
async function describeBy(command: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(command, [...args, programFile('describe-processor')]);
  return JSON.parse(stdout);
}

/** The same where the processor is another than the machine's, of which /proc/cpuinfo speaks. */
const describeOn = (processor: string) => describeBy('qemu-x86_64', '-cpu', processor, process.execPath);

test(
  'without AVX2 there is no machine code, and auto chooses another backend',
  needs('native', 'qemu-x86_64'),
  async () => {
    expect(await describeOn('Nehalem')).toEqual({
      extension: null,
      reason: 'the processor has none of its extensions, expected avx512f and avx512dq, or avx2 and fma',
      auto: expect.stringMatching(/^(blas|wasm)$/),
      products: [33],
    });
  },
);

test('a processor with AVX2 runs machine code for it', needs('native', 'qemu-x86_64'), async () => {
  expect(await describeOn('Haswell-noTSX')).toEqual({
    extension: 'avx2',
    reason: null,
    auto: 'native',
    products: [33],
  });
});

test('a processor of arm64 runs machine code for it, which auto chooses', needs('arm64'), async () => {
  expect(await describeBy(process.env.GRADLOOM_ARM64_NODE ?? '')).toEqual({
    extension: 'neon',
    reason: null,
    auto: 'native',
    products: [33],
  });
});

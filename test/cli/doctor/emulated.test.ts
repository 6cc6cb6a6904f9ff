import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundleProgram } from '../../support/bundle-program.ts';
import { temporaryDirectory } from '../../support/command-line.ts';

const isHere = process.arch === 'x64' && spawnSync('qemu-x86_64', ['--version']).status === 0;
const title = isHere ? 'qemu-x86_64' : 'qemu-x86_64, which is not installed here (Debian: qemu-user)';
const program = fileURLToPath(new URL('../../support/describe-processor.ts', import.meta.url));

/** What a process finds whose processor is another than the machine's, of which /proc/cpuinfo speaks. */
async function describeOn(processor: string): Promise<unknown> {
  const file = await bundleProgram(program, temporaryDirectory());
  const { stdout } = await promisify(execFile)('qemu-x86_64', ['-cpu', processor, process.execPath, file]);
  return JSON.parse(stdout);
}

test.runIf(isHere)(
  `${title}: a processor without AVX2 has no machine code, and auto takes what runs there`,
  async () => {
    expect(await describeOn('Nehalem')).toEqual({
      extension: null,
      reason: 'machineCode: the processor has none of its extensions, expected avx512f and avx512dq, or avx2 and fma',
      auto: expect.stringMatching(/^(blas|wasm)$/),
      products: [33],
    });
  },
);

test.runIf(isHere)(`${title}: a processor with AVX2 runs machine code for it`, async () => {
  expect(await describeOn('Haswell-noTSX')).toEqual({
    extension: 'avx2',
    reason: null,
    auto: 'native',
    products: [33],
  });
});

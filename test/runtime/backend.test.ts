import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileFor, createBackendKernels, resolveBackend } from '../../packages/runtime/src/backend.ts';
import { createKernelMemory } from '../../packages/runtime/src/memory/kernel-memory.ts';
import { takeKernelScratch } from '../../packages/runtime/src/thread-scratch.ts';
import { needs } from '../support/needs.ts';

const of = (...widths: number[]) => {
  const layers: NetworkSpec['layers'] = widths.slice(1).map((out) => ({ kind: 'dense', out }));
  return buildNetwork({ input: widths[0], layers });
};

describe('auto', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('is wasm where no layer is large enough for another, without a look at what the machine has', () => {
    expect(resolveBackend('auto', undefined, of(2, 2, 1))).toEqual({ name: 'wasm' });
    expect(resolveBackend('auto', undefined, of(15, 17, 15))).toEqual({ name: 'wasm' });
  });

  test('is native from the first layer of 256 weights on, where the machine runs it', needs('native'), () => {
    expect(resolveBackend('auto', undefined, of(2, 16, 16, 1))).toEqual({ name: 'native' });
    expect(resolveBackend('auto')).toEqual({ name: 'native' });
  });

  test('is the library that is named, however small the layers, or says that it does not work', needs('koffi'), () => {
    expect(() => resolveBackend('auto', '/nowhere/libblas.so', of(2, 2, 1))).toThrow(/nowhere/);
    vi.stubEnv('GRADLOOM_BLAS', '/nowhere/libblas.so');
    expect(() => resolveBackend('auto', undefined, of(2, 2, 1))).toThrow(/nowhere/);
  });
});

describe('blas', () => {
  test(
    'takes update and gathering in machine code where there is some, and never several leaves: its rows depend on each other',
    needs('blas', 'native'),
    () => {
      const backend = resolveBackend('blas');
      const compiled = compileFor(backend);
      const { memory, arrays: scratch } = createKernelMemory(compiled, (allocate) =>
        takeKernelScratch([], 'blas', allocate),
      );
      const kernels = createBackendKernels(backend, { ...compiled, memory, scratch });
      expect(kernels.name).toBe('blas');
      expect(kernels.gatherBytes).toBeTypeOf('function');
      expect(kernels.fast.meanUpdates?.adam).toBeTypeOf('function');
      const [dW, db, x, dy] = [64 * 64, 64, 32 * 64, 32 * 64].map((length) => new Float64Array(length));
      expect(() => kernels.affineBackwardWeights(dW, db, x, dy, 32, 16, false, 64, 64)).toThrow(
        'blas: gradient has 32 rows in leaves of 16, expected one leaf',
      );
    },
  );
});

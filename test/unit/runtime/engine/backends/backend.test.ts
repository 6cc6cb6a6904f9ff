import { buildNetwork, createOptimizer, type NetworkSpec, referenceKernels } from '@gradloom/core';
import { createList, ops, updateOp } from '@gradloom/core/internal';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { meanUpdateOp } from '../../../../../packages/core/src/program/ops/index.ts';
import {
  compileFor,
  createBackendKernels,
  resolveBackend,
} from '../../../../../packages/runtime/src/engine/backends/backend.ts';
import { takeKernelScratch } from '../../../../../packages/runtime/src/engine/memory/thread-scratch.ts';
import { createKernelMemory } from '../../../../../packages/runtime/src/measurement/measure-gflops.ts';
import { needs } from '../../../../support/needs.ts';
import { runOp } from '../../../../support/run-op.ts';

const of = (...widths: number[]) => {
  const layers: NetworkSpec['layers'] = widths.slice(1).map((out) => ({ kind: 'dense', out }));
  return buildNetwork({ input: widths[0], layers });
};

describe('auto', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('is wasm where no layer is large enough for another, without a look at what the machine has', () => {
    expect(resolveBackend('auto', { network: of(2, 2, 1) })).toEqual({ name: 'wasm' });
    expect(resolveBackend('auto', { network: of(15, 17, 15) })).toEqual({ name: 'wasm' });
  });

  test('is native from the first layer of 256 weights on, where the machine runs it', needs('native'), () => {
    expect(resolveBackend('auto', { network: of(2, 16, 16, 1) })).toEqual({ name: 'native' });
    expect(resolveBackend('auto')).toEqual({ name: 'native' });
  });

  test('is the library that is named, however small the layers, or says that it does not work', needs('koffi'), () => {
    expect(() => resolveBackend('auto', { path: '/nowhere/libblas.so', network: of(2, 2, 1) })).toThrow(/nowhere/);
    vi.stubEnv('GRADLOOM_BLAS', '/nowhere/libblas.so');
    expect(() => resolveBackend('auto', { network: of(2, 2, 1) })).toThrow(/nowhere/);
  });
});

describe('blas', () => {
  test(
    'takes update and gathering in machine code where there is some, and never several leaves: its rows depend on each other',
    needs('blas', 'native'),
    () => {
      const backend = resolveBackend('blas');
      const compiled = compileFor(backend);
      const { memory, arrays: scratch } = createKernelMemory(backend, (allocate) =>
        takeKernelScratch([], 'blas', allocate),
      );
      const kernels = createBackendKernels(backend, { ...compiled, memory, scratch });
      expect(kernels.name).toBe('blas');
      expect(kernels.gatherBytes).not.toBe(referenceKernels.gatherBytes);
      const [square, theta, m, v, hyper, gSum] = Array.from({ length: 6 }, () => new Float64Array(2048));
      const { calls, emit } = createList();
      emit(
        meanUpdateOp(updateOp(createOptimizer('adam'))),
        square,
        theta,
        [m, v],
        2048,
        hyper,
        gSum,
        2048,
        1,
        Float64Array.of(1),
      );
      expect(kernels.bind(calls[0])).not.toBeNull();
      const [dW, db, x, dy] = [64 * 64, 64, 32 * 64, 32 * 64].map((length) => new Float64Array(length));
      expect(() => runOp(kernels, ops.affineBackwardWeights, dW, db, x, dy, 32, 16, false, 64, 64)).toThrow(
        'blas: gradient has 32 rows in leaves of 16, expected one leaf',
      );
    },
  );
});

import fc from 'fast-check';
import type { FastKernels } from '../../../packages/core/src/kernels/kernels.ts';
import { createOptimizer, type OptimizerSpec } from '../../../packages/core/src/optimizers/index.ts';
import { type KernelCase, length } from './kernel-case.ts';

/** One update by each of `specs`, which take every branch of the optimizer. */
function updateCase(name: keyof FastKernels['updates'], specs: readonly OptimizerSpec[]): KernelCase {
  const members = specs.map(createOptimizer);
  const slots = ['m', 'v'];
  return {
    dims: fc.tuple(length, fc.nat(specs.length - 1)),
    arrays: ([n]) => ({ theta: n, g: n, m: n, v: n, hyper: 8 }),
    writes: ['theta', 'm', 'v'],
    prepare({ v, hyper }, [, member]) {
      const { hyper: write, lr, initialScalars } = members[member];
      write(hyper, Float64Array.of(lr), Float64Array.from(initialScalars));
      for (let i = 0; i < v.length; i++) v[i] = Math.abs(v[i]);
    },
    run({ fast }, arrays, [n, member]) {
      const optimizer = members[member];
      const state = optimizer.slots.map((_, slot) => arrays[slots[slot]]);
      (fast.updates[name] ?? optimizer.update)(arrays.theta, arrays.g, state, n, arrays.hyper);
      return undefined;
    },
  };
}

export const updateCases = {
  'updates.sgd': updateCase('sgd', [
    { kind: 'sgd' },
    { kind: 'sgd', weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9 },
    { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9, nesterov: true },
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  ]),
  'updates.adam': updateCase('adam', [{ kind: 'adam' }, { kind: 'adam', weightDecay: 0.01 }]),
  'updates.adamw': updateCase('adamw', [{ kind: 'adamw' }, { kind: 'adamw', weightDecay: 0 }]),
};

import fc from 'fast-check';
import type { FastKernels } from '../../../packages/core/src/kernels/kernels.ts';
import { createOptimizer, type OptimizerSpec } from '../../../packages/core/src/optimizers/index.ts';
import { type KernelCase, length, width } from './kernel-case.ts';

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

/**
 * One update by the mean of up to nine rows of gradients, of which the block leaves out some parameters before and
 * behind.
 */
function meanUpdateCase(name: 'adam' | 'adamw', specs: readonly OptimizerSpec[]): KernelCase {
  const { arrays, prepare, run } = updateCase(name, specs);
  return {
    dims: fc.tuple(length, fc.nat(specs.length - 1), fc.integer({ min: 1, max: 9 }), fc.nat(5), fc.nat(5), width),
    arrays: ([n, member, S, before, after]) => {
      const { g: _, ...others } = arrays([n, member]);
      return { square: 1, ...others, gSum: S * (before + n + after) };
    },
    writes: ['square', 'theta', 'm', 'v'],
    spoils: ['gSum'],
    ...(prepare === undefined ? {} : { prepare }),
    run(kernels, { square, gSum, ...others }, [n, member, S, before, after, batch]) {
      const P = before + n + after;
      const sums = { joins: [], count: S, step: 1 };
      const g = gSum.subarray(before, before + n);
      const { theta, m, v, hyper } = others;
      const inOne = kernels.fast.meanUpdates?.[name];
      if (inOne !== undefined) inOne(square, theta, g, [m, v], n, hyper, gSum, sums, P, before, batch);
      else {
        kernels.averageNodes(square, g, gSum, sums, P, before, n, batch);
        run(kernels, { ...others, g }, [n, member]);
      }
      return undefined;
    },
  };
}

const adams: OptimizerSpec[] = [{ kind: 'adam' }, { kind: 'adam', weightDecay: 0.01 }];
const adamws: OptimizerSpec[] = [{ kind: 'adamw' }, { kind: 'adamw', weightDecay: 0 }];

export const updateCases = {
  'updates.sgd': updateCase('sgd', [
    { kind: 'sgd' },
    { kind: 'sgd', weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9 },
    { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9, nesterov: true },
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  ]),
  'updates.adam': updateCase('adam', adams),
  'updates.adamw': updateCase('adamw', adamws),
  'meanUpdates.adam': meanUpdateCase('adam', adams),
  'meanUpdates.adamw': meanUpdateCase('adamw', adamws),
};

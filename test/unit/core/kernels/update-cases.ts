import fc from 'fast-check';
import { createOptimizer, type OptimizerSpec } from '../../../../packages/core/src/families/optimizers/index.ts';
import type { Optimizer } from '../../../../packages/core/src/families/optimizers/optimizer.ts';
import { meanUpdateOp, ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';
import { matrixOptimizer } from '../../../support/matrix-optimizer.ts';
import { type KernelCase, length, width } from './kernel-case.ts';

/** One update by each of `members`, which take every branch of one operation. */
export function updateCase(members: readonly Optimizer[]): KernelCase {
  return {
    ops: [updateOp(members[0])],
    dims: fc.tuple(length, fc.nat(members.length - 1)),
    arrays: ([n]) => ({ theta: n, g: n, m: n, v: n, hyper: 8 }),
    writes: ['theta', 'm', 'v'],
    prepare({ v, hyper }, [, member]) {
      const { hyper: write, lr, initialScalars } = members[member];
      write(hyper, Float64Array.of(lr), Float64Array.from(initialScalars));
      for (let i = 0; i < v.length; i++) v[i] = Math.abs(v[i]);
    },
    emit(emit, arrays, [n, member]) {
      const optimizer = members[member];
      const state = optimizer.slots.map((slot) => arrays[slot === 'v' ? 'v' : 'm']);
      emit(updateOp(optimizer), arrays.theta, arrays.g, state, n, arrays.hyper);
    },
  };
}

/**
 * One update by the mean of up to nine rows of gradients. The block leaves out some parameters at its start and end.
 * One operation where the backend has it.
 */
function meanUpdateCase(members: readonly Optimizer[]): KernelCase {
  const { arrays, prepare, emit: emitUpdate } = updateCase(members);
  const update = updateOp(members[0]);
  return {
    ops: [meanUpdateOp(update), ops.averageRows, update],
    dims: fc.tuple(length, fc.nat(members.length - 1), fc.integer({ min: 1, max: 9 }), fc.nat(5), fc.nat(5), width),
    arrays: ([n, member, S, before, after]) => {
      const { g: _, ...others } = arrays([n, member]);
      return { square: 1, inverseCount: 1, ...others, gSum: S * (before + n + after) };
    },
    writes: ['square', 'theta', 'm', 'v'],
    prepare(arrays, dims) {
      prepare?.(arrays, dims);
      arrays.inverseCount[0] = 1 / dims[5];
    },
    emit(emit, { square, gSum, inverseCount, ...others }, [n, member, S, before, after]) {
      const row = before + n + after;
      const first = gSum.subarray(before, before + (S - 1) * row + n);
      const g = first.subarray(0, n);
      emit(ops.averageRows, square, g, first, S, row, n, inverseCount);
      emitUpdate(emit, { ...others, g }, [n, member]);
    },
  };
}

/** Each optimizer with and without weight decay. */
const specs: Readonly<Record<string, readonly OptimizerSpec[]>> = {
  sgd: [{ kind: 'sgd' }, { kind: 'sgd', weightDecay: 0.01 }],
  'sgd with momentum': [
    { kind: 'sgd', momentum: 0.9 },
    { kind: 'sgd', momentum: 0.9, weightDecay: 0.01 },
    { kind: 'sgd', momentum: 0.9, nesterov: true },
    { kind: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  ],
  adam: [{ kind: 'adam' }, { kind: 'adam', weightDecay: 0.01 }],
  adamw: [{ kind: 'adamw' }, { kind: 'adamw', weightDecay: 0 }],
  rmsprop: [{ kind: 'rmsprop' }, { kind: 'rmsprop', weightDecay: 0.01 }],
  'rmsprop with momentum': [
    { kind: 'rmsprop', momentum: 0.9 },
    { kind: 'rmsprop', momentum: 0.9, weightDecay: 0.01 },
  ],
  adagrad: [{ kind: 'adagrad' }, { kind: 'adagrad', weightDecay: 0.01 }],
  lion: [{ kind: 'lion' }, { kind: 'lion', weightDecay: 0.01 }],
};

export const updateCases: Record<string, KernelCase> = Object.fromEntries(
  [
    ...Object.entries(specs).map(([name, spec]) => [name, spec.map(createOptimizer)] as const),
    ['matrices of muon', [matrixOptimizer('muon')]] as const,
  ].flatMap(([name, members]) => [
    [name, updateCase(members)],
    [`${name} by a mean`, meanUpdateCase(members)],
  ]),
);

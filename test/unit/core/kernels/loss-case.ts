import fc from 'fast-check';
import { createLoss, type LossSpec } from '../../../../packages/core/src/families/losses/index.ts';
import { leafCount } from '../../../../packages/core/src/math/tree/index.ts';
import { emitLossOf, lossOp, ops } from '../../../../packages/core/src/program/ops/index.ts';
import { choice, type KernelCase, rows, width } from './kernel-case.ts';

/** Outputs of a row; one more often, since WebAssembly then takes a vector of rows at a time. */
const outputs = fc.oneof({ weight: 3, arbitrary: width }, { weight: 1, arbitrary: fc.constant(1) });

/** Rows and outputs, now and then more than machine code takes at once. */
const size = fc.oneof(
  { weight: 10, arbitrary: fc.tuple(rows, outputs) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(1, 2, 3, 4, 5, 9), fc.constantFrom(1024, 1025, 1027, 2048, 2100)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(1023, 1025, 2049, 2054), fc.constantFrom(1, 2, 5)) },
);

const leafRows = fc.constantFrom(1, 2, 16, 64, 1000);

/** A loss and its gradient, in place where `shared` is 1. */
export function lossCase(spec: LossSpec): KernelCase {
  const loss = createLoss(spec);
  const classes = loss.targets === 'classes';
  const op = lossOp(loss);
  return {
    ops: [op],
    dims: fc.tuple(size, choice, leafRows).map(([[B, O], shared, leafRows]) => [B, O, shared, leafRows]),
    arrays: ([B, O, , leafRows]) => ({
      lossSums: B === 0 ? 0 : leafCount(B, leafRows),
      dy: B * O,
      y: B * O,
      t: classes ? B : B * O,
    }),
    writes: ['lossSums', 'dy', 'y'],
    prepare({ t }, [_B, O]) {
      if (classes) for (let n = 0; n < t.length; n++) t[n] = (7 * n) % O;
    },
    emit(emit, { lossSums, dy, y, t }, [B, O, shared, leafRows]) {
      emitLossOf(emit, loss, lossSums, shared === 1 ? y : dy, y, t, B, leafRows, O);
    },
  };
}

export const weighingCase: KernelCase = {
  ops: [ops.weighLosses],
  dims: fc.tuple(size, leafRows).map(([[B, O], leafRows]) => [B, O, leafRows]),
  arrays: ([B, O, leafRows]) => ({ lossSums: B === 0 ? 0 : leafCount(B, leafRows), dy: B * O, losses: B, w: B }),
  writes: ['lossSums', 'dy'],
  emit(emit, { lossSums, dy, losses, w }, [B, O, leafRows]) {
    emit(ops.weighLosses, lossSums, dy, losses, w, B, leafRows, O);
  },
};

export const addingCase: KernelCase = {
  ops: [ops.addLosses],
  dims: fc.tuple(rows),
  arrays: ([n]) => ({ sums: n, others: n }),
  writes: ['sums'],
  emit(emit, { sums, others }, [n]) {
    emit(ops.addLosses, sums, others, n);
  },
};

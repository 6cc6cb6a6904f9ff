import fc from 'fast-check';
import { createLoss, type LossName } from '../../../packages/core/src/losses/index.ts';
import { choice, type KernelCase, rows, width } from './kernel-case.ts';

/** A loss and its gradient, in place where `shared` is 1. */
export function lossCase(name: LossName): KernelCase {
  const loss = createLoss(name);
  const classes = loss.targets === 'classes';
  return {
    dims: fc.tuple(rows, width, choice),
    arrays: ([B, O]) => ({ lossSum: 1, dy: B * O, y: B * O, t: classes ? B : B * O }),
    writes: ['lossSum', 'dy', 'y'],
    prepare({ t }, [_B, O]) {
      if (classes) for (let n = 0; n < t.length; n++) t[n] = (7 * n) % O;
    },
    run({ fast }, { lossSum, dy, y, t }, [B, O, shared]) {
      (fast.losses[name] ?? loss.evaluate)(lossSum, shared === 1 ? y : dy, y, t, B, O);
      return undefined;
    },
  };
}

import fc from 'fast-check';
import { createLoss, type LossName } from '../../../packages/core/src/losses/index.ts';
import { choice, type KernelCase, rows, width } from './kernel-case.ts';

/** A loss and its gradient, in place where `shared` is 1. */
export function lossCase(name: LossName): KernelCase {
  const loss = createLoss(name);
  const classes = loss.targets === 'classes';
  return {
    dims: fc.tuple(rows, width, choice),
    arrays: ([B, O]) => ({ dy: B * O, y: B * O, t: classes ? B : B * O }),
    writes: ['dy', 'y'],
    prepare({ t }, [_B, O]) {
      if (classes) for (let n = 0; n < t.length; n++) t[n] = (7 * n) % O;
    },
    run({ fast }, { dy, y, t }, [B, O, shared]) {
      return (fast.losses[name] ?? loss.evaluate)(shared === 1 ? y : dy, y, t, B, O);
    },
  };
}

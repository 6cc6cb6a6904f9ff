import type { UpdateKernel } from '../../optimizers/optimizer.ts';
import { ONE_ROW } from '../../tree/index.ts';
import { addressOf, isInside } from '../address.ts';
import type { Kernels, MeanUpdateKernel } from '../kernels.ts';
import { referenceKernels } from '../reference.ts';
import type { CallTape } from './call-tape.ts';
import type { AdamUpdates } from './mean-updates.ts';
import { halved, type RowAdds } from './row-adds.ts';

/**
 * The kernels of `wasm` for runs whose gradients and optimizer state may lie outside of its memory. What WebAssembly
 * cannot reach goes to machine code or to plain code, to the same bits. Its tape cannot hold such calls, so nothing is
 * recorded.
 */
export function withOutside(
  { record: _, recordSteps: __, ...wasm }: Kernels,
  rowAdds: RowAdds,
  { adam, adamw }: AdamUpdates,
  tape: CallTape,
): Kernels {
  return {
    ...wasm,
    affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O) {
      (isInside(dW) ? wasm : referenceKernels).affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O);
    },
    averageNodes(square, g, gSum, sums, P, offset, n, rows) {
      if (isInside(gSum)) return wasm.averageNodes(square, g, gSum, sums, P, offset, n, rows);
      const first = addressOf(gSum) + 8 * offset;
      rowAdds.join(sums.joins, first, 8 * P, n);
      for (let left = sums.count, next = 8 * P * sums.step; left > 1; left = halved(left), next *= 2) {
        rowAdds.addNeighbours(first, next, left, n);
      }
      tape.run();
      referenceKernels.averageNodes(square, g, gSum, ONE_ROW, P, offset, n, rows);
    },
    add(sum, term, n) {
      if (isInside(sum) && isInside(term)) return wasm.add(sum, term, n);
      rowAdds.add(addressOf(sum), addressOf(term), n);
      tape.run();
    },
    scale(g, n, factor) {
      (isInside(g) ? wasm : referenceKernels).scale(g, n, factor);
    },
    fast: { ...wasm.fast, updates: { adam: ofOneRow(adam), adamw: ofOneRow(adamw) } },
  };
}

/** An update by a gradient as one by the mean of a single row of a batch of one: x · 1 is x. */
function ofOneRow(update: MeanUpdateKernel): UpdateKernel {
  const square = new Float64Array(1); // of no use
  return (theta, g, state, n, hyper) => update(square, theta, g, state, n, hyper, g, ONE_ROW, n, 0, 1);
}

import { ONE_ROW } from '../../tree/index.ts';
import { addressOf, isInside } from '../address.ts';
import type { Kernels } from '../kernels.ts';
import { referenceKernels } from '../reference.ts';
import type { CallTape } from './call-tape.ts';
import { halved, type RowAdds } from './row-adds.ts';

/**
 * The kernels of `wasm` for runs whose gradients and optimizer state may lie outside of its memory. What it cannot
 * reach goes to machine code, or to plain code where little or nothing is gained: the products of layers of few
 * weights, and updates other than by a mean. The bits are the same. A tape of WebAssembly cannot hold such calls, so
 * nothing is recorded.
 */
export function withOutside(
  { record: _, recordSteps: __, ...wasm }: Kernels,
  rowAdds: RowAdds,
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
    fast: { ...wasm.fast, updates: {} },
  };
}

import type { Loss } from '../../families/losses/index.ts';
import * as math from '../../math/index.ts';

/** Converts outputs of a network by its loss. Overwrites `y`. */
type ToProbabilities = (
  y: Float64Array, // [N, O] in and out
  O: number,
) => void;

const byLoss: Partial<Record<string, ToProbabilities>> = {
  'softmax-cross-entropy': softmaxRows,
  'binary-cross-entropy': (y) => {
    for (let i = 0; i < y.length; i++) y[i] = math.sigmoid(y[i]);
  },
};

/** Converts logits to probabilities. Overwrites `y`. @throws Error if the loss has no logits. */
export function toProbabilities(
  where: string,
  loss: Loss | null,
  y: Float64Array, // [N, O] in and out
  O: number,
): void {
  const convert = byLoss[loss?.name ?? ''];
  if (convert === undefined) {
    throw new Error(`${where}: loss has ${loss?.name ?? 'none'}, expected ${Object.keys(byLoss).join(' or ')}`);
  }
  convert(y, O);
}

/** p[n,o] = e^(y[n,o] - m) / Σ, with the row's maximum m, so that nothing overflows. Overwrites `y`. */
function softmaxRows(
  y: Float64Array, // [N, O] in and out
  O: number,
): void {
  for (let row = 0; row < y.length; row += O) {
    let m = -Infinity;
    for (let i = row; i < row + O; i++) m = Math.max(m, y[i]);
    let sum = 0;
    for (let i = row; i < row + O; i++) sum += y[i] = math.exp(y[i] - m);
    for (let i = row; i < row + O; i++) y[i] /= sum;
  }
}

/** Whether the outputs of a network with this loss are logits, of which probabilities can be made. */
export const hasProbabilities = (loss: Loss | null): boolean => byLoss[loss?.name ?? ''] !== undefined;

import { defineOptions, type OptionsOf, positiveInteger } from '../../checks/options/index.ts';
import type { Metric } from './metric.ts';
import { badOutput } from './unanswered.ts';

const topKOptions = defineOptions('metric top-k', {
  /** k: how many of the largest outputs count. @default 5 */
  k: positiveInteger(5),
});

/** Options of top-k. */
export interface TopKOptions extends OptionsOf<typeof topKOptions.table> {}

/**
 * Share of rows whose target class is among the k largest outputs. Of equal outputs the first ranks higher, so k = 1 is
 * accuracy. Targets are classes. A row without an answer counts as wrong.
 */
export function topK(options: TopKOptions = {}): Metric {
  const { k } = topKOptions.read(options);
  let right = 0;
  let rows = 0;
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) if (badOutput(y, n, O) === undefined && rankOf(y, n * O, O, t[n]) < k) right++;
      rows += B;
    },
    value: () => right / rows,
  };
}

/** Number of outputs that rank higher than the one at `target`. */
function rankOf(y: Float64Array, from: number, O: number, target: number): number {
  const targetOutput = y[from + target];
  let higher = 0;
  for (let o = 0; o < O; o++) {
    const other = y[from + o];
    if (other > targetOutput || (other === targetOutput && o < target)) higher++;
  }
  return higher;
}

import { onlyKeys, positiveInteger } from '../text/check.ts';
import type { Metric } from './metric.ts';
import { badOutput } from './unanswered.ts';

/** Options of top-k. */
export interface TopKOptions {
  /** k: how many of the largest outputs count. @default 5 */
  k?: number;
}

/**
 * Share of rows whose target class is among the k largest outputs. Of equal outputs the first ranks higher, so k = 1 is
 * accuracy. Targets are classes. A row without an answer is wrong.
 */
export function topK(options: TopKOptions = {}): Metric {
  onlyKeys('metric top-k', options, ['k']);
  const k = positiveInteger('metric top-k', 'k', options.k ?? 5);
  let right = 0;
  let rows = 0;
  return {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++) if (badOutput(y, n, O) === undefined && placeOf(y, n * O, O, t[n]) < k) right++;
      rows += B;
    },
    value: () => right / rows,
  };
}

/** Number of outputs that rank higher than the one at `target`. */
function placeOf(y: Float64Array, from: number, O: number, target: number): number {
  const own = y[from + target];
  let before = 0;
  for (let o = 0; o < O; o++) {
    const other = y[from + o];
    if (other > own || (other === own && o < target)) before++;
  }
  return before;
}

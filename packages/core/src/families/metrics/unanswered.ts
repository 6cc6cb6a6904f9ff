import { type NoOptions, noOptions } from '../family.ts';
import type { Metric } from './metric.ts';

/** Stands for a missing class index: the row has no answer. */
export const NO_ANSWER = -1;

/** The first output of row n of y [B, O] that is not finite, which leaves the row no answer; undefined if all are. */
export function badOutput(y: ArrayLike<number>, n: number, O: number): number | undefined {
  const row = n * O;
  for (let o = 0; o < O; o++) if (y[row + o] - y[row + o] !== 0) return o;
  return undefined;
}

/** Number of rows without an answer; 0 before the first row. */
export function unanswered(options: NoOptions = {}): Metric {
  noOptions('metric unanswered', options);
  let rows = 0;
  return {
    add(y, _t, B, O) {
      for (let n = 0; n < B; n++) if (badOutput(y, n, O) !== undefined) rows++;
    },
    value: () => rows,
  };
}

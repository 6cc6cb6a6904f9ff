import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Counted, HeldRows } from './counted.ts';
import type { Metric } from './metric.ts';
import { createSpread } from './spread.ts';

/**
 * R² = 1 - Σ(y - t)² / Σ(t - t̄)² of each output, mean over outputs, as scikit-learn has it; NaN where a target does
 * not vary. Σ(t - t̄)² is carried from row to row, which loses no digits where t̄ is large. [Welford
 * 1962](https://doi.org/10.1080/00401706.1962.10490022)
 */
export function r2(options: NoOptions = {}): Metric {
  noOptions('metric r2', options);
  let rows = 0;
  let mean = new Float64Array(0); // [O] of t
  let total = new Float64Array(0); // [O] Σ(t - t̄)²
  let residual = new Float64Array(0); // [O] Σ(y - t)²
  return {
    add(y, t, B, O) {
      if (rows === 0) [mean, total, residual] = [new Float64Array(O), new Float64Array(O), new Float64Array(O)];
      for (let n = 0; n < B; n++) {
        rows++;
        for (let o = 0; o < O; o++) {
          const i = n * O + o;
          const distance = t[i] - mean[o];
          mean[o] += distance / rows;
          total[o] += distance * (t[i] - mean[o]);
          residual[o] += (y[i] - t[i]) * (y[i] - t[i]);
        }
      }
    },
    value() {
      let sum = 0;
      for (let o = 0; o < total.length; o++) sum += 1 - (total[o] === 0 ? Number.NaN : residual[o] / total[o]);
      return sum / total.length;
    },
  };
}

/** The same over held rows. */
export const countedR2 =
  ({ rows, outputs: O, y, t }: HeldRows): Counted =>
  (counts) => {
    const spread = createSpread();
    const residual = new Float64Array(O); // [O] Σ(y - t)²
    for (let n = 0; n < rows; n++) {
      if (counts[n] === 0) continue;
      for (let o = 0; o < O; o++) {
        const i = n * O + o;
        spread.add(o, t[i], counts[n]);
        residual[o] += counts[n] * (y[i] - t[i]) * (y[i] - t[i]);
      }
    }
    const total = spread.squares();
    let sum = 0;
    for (let o = 0; o < O; o++) sum += 1 - (total[o] === 0 ? Number.NaN : residual[o] / total[o]);
    return sum / O;
  };

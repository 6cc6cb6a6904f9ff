import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Counted, HeldRows } from './counted.ts';
import type { Metric } from './metric.ts';
import { createSpread } from './spread.ts';

/**
 * 1 - Var(t - y) / Var(t) of each output, mean over outputs: R² of predictions whose mean error is taken off. NaN where
 * a target does not vary (scikit-learn: 1 if exact, else 0).
 */
export function explainedVariance(options: NoOptions = {}): Metric {
  noOptions('metric explained-variance', options);
  const { add, value } = createVariances();
  return { add: (y, t, B, O) => add(y, t, B, O, null), value };
}

/** The same over held rows. */
export const countedExplainedVariance =
  ({ rows, outputs, y, t }: HeldRows): Counted =>
  (counts) => {
    const { add, value } = createVariances();
    add(y, t, rows, outputs, counts);
    return value();
  };

function createVariances() {
  const targets = createSpread();
  const errors = createSpread();
  return {
    add(y: Float64Array, t: Float64Array, B: number, O: number, counts: Uint32Array | null) {
      for (let n = 0; n < B; n++) {
        const count = counts === null ? 1 : counts[n];
        for (let o = 0; o < O; o++) {
          const i = n * O + o;
          targets.add(o, t[i], count);
          errors.add(o, t[i] - y[i], count);
        }
      }
    },
    value() {
      const [all, left] = [targets.squares(), errors.squares()];
      let sum = 0;
      for (let o = 0; o < all.length; o++) sum += 1 - (all[o] === 0 ? Number.NaN : left[o] / all[o]);
      return sum / all.length;
    },
  };
}

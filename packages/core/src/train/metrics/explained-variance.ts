import { type NoOptions, noOptions } from '../../model/family.ts';
import type { Metric } from './metric.ts';
import { createSpread, ratioOf, type Spread, type Squares } from './spread.ts';

/** Squares of pairs of output and target. */
interface Left {
  add(y: number, t: number): void;
  squares(): Squares;
}

/** 1 - left / Σ(t - t̄)² of each output, mean over outputs; NaN where a target does not vary. */
export function explainedShare(createLeft: () => Left): Metric {
  const outputs: { readonly all: Spread; readonly left: Left }[] = [];
  return {
    add(y, t, B, O) {
      while (outputs.length < O) outputs.push({ all: createSpread(), left: createLeft() });
      for (let o = 0; o < O; o++) {
        const { all, left } = outputs[o];
        for (let i = o; i < B * O; i += O) {
          all.add(t[i]);
          left.add(y[i], t[i]);
        }
      }
    },
    value() {
      const sum = outputs.reduce((sum, { all, left }) => sum + (1 - ratioOf(left.squares(), all.squares())), 0);
      return sum / outputs.length;
    },
  };
}

/**
 * 1 - Var(t - y) / Var(t) of each output, mean over outputs: R² of predictions whose mean error is taken off. NaN where
 * a target does not vary (scikit-learn: 1 if exact, else 0).
 */
export function explainedVariance(options: NoOptions = {}): Metric {
  noOptions('metric explained-variance', options);
  return explainedShare(createSpread);
}

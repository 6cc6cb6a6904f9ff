import { type NoOptions, noOptions } from '../family.ts';
import type { Metric } from './metric.ts';
import { createSpread, ratioOf, type Spread, type Squares } from './spread.ts';

/** Residual sum of squares over pairs of output and target. */
interface Residual {
  add(y: number, t: number): void;
  squares(): Squares;
}

/** 1 - residual / Σ(t - t̄)² of each output, mean over outputs; NaN if a target does not vary. */
export function explainedShare(createResidual: () => Residual): Metric {
  const outputs: { readonly total: Spread; readonly residual: Residual }[] = [];
  return {
    add(y, t, B, O) {
      while (outputs.length < O) outputs.push({ total: createSpread(), residual: createResidual() });
      for (let o = 0; o < O; o++) {
        const { total, residual } = outputs[o];
        for (let i = o; i < B * O; i += O) {
          total.add(t[i]);
          residual.add(y[i], t[i]);
        }
      }
    },
    value() {
      const shares = outputs.map(({ total, residual }) => 1 - ratioOf(residual.squares(), total.squares()));
      return shares.reduce((sum, share) => sum + share, 0) / outputs.length;
    },
  };
}

/**
 * 1 - Var(t - y) / Var(t) of each output, mean over outputs: R² after subtracting the mean error. NaN if a target does
 * not vary (scikit-learn: 1 if exact, else 0).
 */
export function explainedVariance(options: NoOptions = {}): Metric {
  noOptions('metric explained-variance', options);
  return explainedShare(createSpread);
}

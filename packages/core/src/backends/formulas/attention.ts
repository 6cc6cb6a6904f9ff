import type { Arithmetic } from './arithmetic.ts';
import type { Value } from './formula.ts';
import type { MatrixFormula } from './norms.ts';

/** exp(score · scale - m), where m is the largest scaled score of the query. */
const exponential = ({ exp, subtract, multiply }: Arithmetic, score: Value, m: Value, scale: Value): Value =>
  exp(subtract(multiply(score, scale), m));

/** dS = p · (dP - D), flushed. */
const slope = ({ flush, subtract, multiply }: Arithmetic, p: Value, dP: Value, D: Value): Value =>
  flush(multiply(p, subtract(dP, D)));

/** The elementwise formulas of attention. The columns of a row are the keys of a query, or its d numbers. */
export const attentionFormulas = {
  /** Scores of keys that the query does not read become -∞; other limits are ∞. */
  limitedScores: {
    inputs: ['scores', 'limits'],
    outputs: ['scores'],
    apply: ({ lesser }, score, limit) => [lesser(score, limit)],
  },
  /** The largest scaled score is the largest score, scaled: rounding keeps their order. */
  maxima: {
    inputs: ['maximum'],
    numbers: ['scale'],
    outputs: ['maxima'],
    apply: ({ constant, add, multiply }, maximum, scale) => [add(multiply(maximum, scale), constant(0))],
  },
  exponentials: {
    inputs: ['scores'],
    columns: ['maxima'],
    numbers: ['scale'],
    outputs: ['scores'],
    apply: (m, score, maximum, scale) => [exponential(m, score, maximum, scale)],
  },
  /** Normalizes exponentials: p = e / s, flushed. */
  probabilities: {
    inputs: ['exponentials'],
    columns: ['sums'],
    outputs: ['exponentials'],
    apply: ({ flush, divide }, e, s) => [flush(divide(e, s))],
  },
  /** Computes p from scores once more, as the forward pass did. */
  weights: {
    inputs: ['scores'],
    columns: ['maxima', 'sums'],
    numbers: ['scale'],
    outputs: ['scores'],
    apply: (m, score, maximum, s, scale) => [m.flush(m.divide(exponential(m, score, maximum, scale), s))],
  },
  slopes: { inputs: ['weights', 'dP'], columns: ['D'], outputs: ['dP'], apply: (m, p, dP, D) => [slope(m, p, dP, D)] },
  /** Computes `weights` and `slopes` in one loop. */
  weightsAndSlopes: {
    inputs: ['scores', 'dP'],
    columns: ['maxima', 'sums', 'D'],
    numbers: ['scale'],
    outputs: ['scores', 'dP'],
    apply(m, score, dP, maximum, s, D, scale) {
      const p = m.flush(m.divide(exponential(m, score, maximum, scale), s));
      return [p, slope(m, p, dP, D)];
    },
  },
  /** The terms of D = Σ dy · y. */
  terms: {
    inputs: ['dy', 'y'],
    outputs: ['terms'],
    hasOwnDistance: true,
    apply: ({ multiply }, dy, y) => [multiply(dy, y)],
  },
  scaledRows: {
    inputs: ['x'],
    numbers: ['scale'],
    outputs: ['x'],
    apply: ({ multiply }, x, scale) => [multiply(x, scale)],
  },
  copies: { inputs: ['x'], outputs: ['y'], apply: (_m, x) => [x] },
} satisfies Record<string, MatrixFormula>;

export type AttentionFormulaName = keyof typeof attentionFormulas;

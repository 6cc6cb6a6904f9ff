import type { Pausable } from '../../math/pausable.ts';
import { type ClassRanking, rankClassesOnce } from './ranking.ts';
import type { EvaluatedRows } from './weighted-metric.ts';

/** A point of the ROC and of the precision-recall curve: the rows that score at least `score` are taken as positive. */
export interface RankingPoint {
  readonly score: number;
  /** Share of the rows of other classes that are taken. */
  readonly falsePositives: number;
  /** Share of the rows of the class that are taken. */
  readonly recall: number;
  /** Share of the taken rows that belong to the class. */
  readonly precision: number;
}

/** The curves of a class. */
export interface RankingCurve {
  readonly index: number; // index of the class
  readonly share: number; // share of the rows that belong to it, which is the precision of a guess
  readonly rocAuc: number; // area under all points, by trapezoids
  readonly prAuc: number; // average precision
  readonly points: readonly RankingPoint[]; // scores descending
}

/**
 * ROC and precision-recall curves of class 1 of two, or of each class against all others, of at most `maxPoints` points
 * each: those of evenly spaced ranks. Null if a row has no answer; a class without rows, or with all, has no curve.
 */
export function* rankingCurves(
  scores: EvaluatedRows,
  targets: 'classes' | 'values',
  maxPoints: number,
): Pausable<RankingCurve[] | null> {
  const rankings = yield* rankClassesOnce(scores, targets);
  if (rankings === null) return null;
  return rankings.flatMap((ranking, c) => {
    const positives = ranking.positive.reduce((sum, bit) => sum + bit, 0);
    if (positives === 0 || positives === scores.rows) return [];
    const [index, share] = [rankings.length === 1 ? 1 : c, positives / scores.rows];
    return [{ index, share, ...curveOf(ranking, positives, scores, index, maxPoints) }];
  });
}

function curveOf(
  { order, ends, positive }: ClassRanking,
  positives: number,
  { rows, outputs: O, y }: EvaluatedRows,
  index: number, // of the class
  maxPoints: number,
): Pick<RankingCurve, 'points' | 'rocAuc' | 'prAuc'> {
  const points: RankingPoint[] = [];
  const spacing = Math.floor((rows + maxPoints - 2) / (maxPoints - 1));
  let [predicted, right, next] = [0, 0, spacing];
  let [rocAuc, prAuc, falseBefore, recallBefore] = [0, 0, 0, 0];
  for (let n = rows - 1; n >= 0; n--) {
    predicted++;
    right += positive[n];
    // A point stands after all rows of one score: not if the next lower row has the same.
    if (n > 0 && ends[n - 1] === 0) continue;
    const [falsePositives, recall, precision] = [
      (predicted - right) / (rows - positives),
      right / positives,
      right / predicted,
    ];
    rocAuc += ((falsePositives - falseBefore) * (recall + recallBefore)) / 2;
    prAuc += (recall - recallBefore) * precision;
    [falseBefore, recallBefore] = [falsePositives, recall];
    if (predicted < next && n > 0) continue;
    while (next <= predicted) next += spacing;
    points.push({ score: y[order[n] * O + (O === 1 ? 0 : index)], falsePositives, recall, precision });
  }
  // Rounding can put the sums of a perfect order above 1.
  return { rocAuc: Math.min(1, rocAuc), prAuc: Math.min(1, prAuc), points };
}

import { type EvaluatedRows, rankingCurves, type Scoring } from '@gradloom/core/internal';
import type { OutputReader } from '@gradloom/runtime';
import { inTurns } from '@gradloom/runtime/internal';
import { type Curves, MAX_CURVE_POINTS } from '../../report/findings/findings.ts';

/** Scores and targets of all rows, for figures that need all of them at once. */
export interface HeldScores extends Required<OutputReader> {
  readonly scores: EvaluatedRows;
}

/** Bytes of a row while sorting. */
const SORTING_BYTES = 24;

/** Bytes of a row in each ranking of a class. */
const RANKING_BYTES = 6;

/** Bytes to hold the scores of `rows` rows and their rankings. */
const bytesOfScores = (rows: number, { outputs, columns }: Scoring): number =>
  rows * (8 * (outputs + columns) + SORTING_BYTES + RANKING_BYTES * outputs);

/** Larger scores are not held: rankings and intervals are then left out. */
const MAX_SCORE_BYTES = 2 ** 30;

/** Why the scores are not held. */
export const TOO_MANY_SCORES = 'the scores of all rows take more than a quarter of the free memory, or than 1 GiB';

/** Whether the scores of `rows` rows may be held: they may take at most a quarter of the free memory. */
export const scoresFit = (rows: number, scoring: Scoring, freeBytes: number): boolean =>
  bytesOfScores(rows, scoring) <= Math.min(MAX_SCORE_BYTES, freeBytes / 4);

/** Collects the scores of `rows` rows. */
export function holdScores(rows: number, scoring: Scoring): HeldScores {
  const { outputs, columns } = scoring;
  const y = new Float64Array(rows * outputs);
  const t = new Float64Array(rows * columns);
  let count = 0;
  return {
    bytes: bytesOfScores(rows, scoring),
    scores: { rows, outputs, y, t },
    add(scores, targets, B) {
      y.set(scores, count * outputs);
      t.set(targets, count * columns);
      count += B;
    },
  };
}

/** ROC and precision-recall curves of held rows; undefined if a row has no answer. */
export async function curvesOf(
  scores: EvaluatedRows,
  { task }: Scoring,
  labels: readonly string[] | undefined,
): Promise<Curves | undefined> {
  const curves = await inTurns(rankingCurves(scores, task === 'classes' ? 'classes' : 'values', MAX_CURVE_POINTS));
  return curves?.map(({ index, points, ...figures }) => ({
    label: labels?.[index] ?? String(index),
    ...figures,
    points: points.map(({ falsePositives, recall, precision }) => [falsePositives, recall, precision]),
  }));
}

/** Quantiles and means of prediction minus target of an output, over the rows where both are numbers. */
export interface Residuals {
  readonly name?: string; // of the target column, if there are several
  readonly p5: number;
  readonly p50: number;
  readonly p95: number;
  readonly mae: number;
  readonly rmse: number;
}

/** The residuals of each output of held rows. */
export function residualsOf({ rows, outputs: O, y, t }: EvaluatedRows, names: readonly string[] | null): Residuals[] {
  return Array.from({ length: O }, (_, o) => {
    const residuals = Float64Array.from({ length: rows }, (_, n) => y[n * O + o] - t[n * O + o])
      .filter(Number.isFinite)
      .sort();
    // The value below which a share of the rows lies, without interpolation.
    const quantile = (share: number): number =>
      residuals[Math.min(residuals.length - 1, Math.floor(share * residuals.length))] ?? Number.NaN;
    return {
      ...(names === null ? {} : { name: names[o] }),
      p5: quantile(0.05),
      p50: quantile(0.5),
      p95: quantile(0.95),
      mae: residuals.reduce((sum, residual) => sum + Math.abs(residual), 0) / residuals.length,
      rmse: Math.sqrt(residuals.reduce((sum, residual) => sum + residual * residual, 0) / residuals.length),
    };
  });
}

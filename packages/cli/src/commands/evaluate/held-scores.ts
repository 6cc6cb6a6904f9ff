import type { HeldRows, Scoring } from '@gradloom/core/internal';
import type { OutputReader } from '@gradloom/runtime';

/** Scores and targets of all rows, for figures that need all of them at once. */
export interface HeldScores extends Required<OutputReader> {
  readonly held: HeldRows;
}

/** Bytes of a row while sorting. */
const SORTING = 24;

/** Bytes of a row in each ranking of a class. */
const RANKED = 6;

/** Bytes to hold the scores of `rows` rows and their rankings. */
const bytesOfScores = (rows: number, { outputs, columns }: Scoring): number =>
  rows * (8 * (outputs + columns) + SORTING + RANKED * outputs);

/** Larger scores are not held: rankings and intervals are then left out. */
const MOST_HELD = 2 ** 30;

/** Why the scores are not held. */
export const TOO_MANY_SCORES = 'the scores of all rows take more than a quarter of the free memory, or than 1 GiB';

/** Whether the scores of `rows` rows may be held: they may take at most a quarter of the free memory. */
export const scoresFit = (rows: number, scoring: Scoring, freeBytes: number): boolean =>
  bytesOfScores(rows, scoring) <= Math.min(MOST_HELD, freeBytes / 4);

/** Collects the scores of `rows` rows. */
export function holdScores(rows: number, scoring: Scoring): HeldScores {
  const { outputs, columns } = scoring;
  const y = new Float64Array(rows * outputs);
  const t = new Float64Array(rows * columns);
  let at = 0;
  return {
    bytes: bytesOfScores(rows, scoring),
    held: { rows, outputs, y, t },
    add(scores, targets, B) {
      y.set(scores, at * outputs);
      t.set(targets, at * columns);
      at += B;
    },
  };
}

import { chooseThreshold, type HeldRows, type Scoring, type ThresholdCriterion } from '@gradloom/core/internal';
import { inTurns } from '@gradloom/runtime/internal';
import type { ThresholdChoice } from '../../options/threshold.ts';
import { UsageError } from '../../terminal/failure.ts';

/** The threshold that figures are measured at, and its source. */
export interface FoundThreshold {
  readonly value: number;
  readonly by: ThresholdCriterion | 'flag' | 'model' | 'default';
  /** Rows on which it was chosen: the validation set, or the measured rows themselves. */
  readonly on: { readonly split: string; readonly rows: number; readonly areMeasured: boolean } | null;
}

/** The threshold of a binary task. `scoresOf` returns the rows to choose it on. */
export async function findThreshold(
  asked: ThresholdChoice | undefined,
  ofModel: number | undefined,
  scoring: Scoring,
  scoresOf: () => Promise<{ held: HeldRows; split: string; areMeasured: boolean }>,
): Promise<FoundThreshold | null> {
  if (scoring.task !== 'binary') {
    if (asked === undefined) return null;
    throw new UsageError(
      `--threshold has ${asked}, expected none, since the model does not choose between two classes`,
    );
  }
  if (asked === undefined) {
    return ofModel === undefined
      ? { value: scoring.threshold, by: 'default', on: null }
      : { value: ofModel, by: 'model', on: null };
  }
  if (typeof asked === 'number') return { value: asked, by: 'flag', on: null };
  const { held, split, areMeasured } = await scoresOf();
  const chosen = await inTurns(chooseThreshold(held, asked));
  if (chosen === null) {
    throw new Error(
      `--threshold has ${asked}, expected a number, since the ${held.rows} ${split === 'all' ? '' : `${split} `}rows are of one class`,
    );
  }
  return { value: chosen.threshold, by: asked, on: { split, rows: held.rows, areMeasured } };
}

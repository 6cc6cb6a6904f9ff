import { chooseThreshold, type HeldRows, type Scoring, type ThresholdCriterion } from '@gradloom/core/internal';
import { inTurns } from '@gradloom/runtime/internal';
import type { ThresholdChoice } from '../../options/threshold.ts';
import { UsageError } from '../../terminal/failure.ts';

/** The threshold that figures are measured at, and its source. */
export interface ChosenThreshold {
  readonly value: number;
  readonly by: ThresholdCriterion | 'flag' | 'model' | 'default';
  /** Rows on which it was chosen: the validation set, or the measured rows themselves. */
  readonly on: { readonly split: string; readonly rows: number; readonly areMeasured: boolean } | null;
}

/** The threshold of a binary task. `scoresOf` returns the rows to choose it on. */
export async function chooseThresholdFor(
  choice: ThresholdChoice | undefined,
  modelThreshold: number | undefined,
  scoring: Scoring,
  scoresOf: () => Promise<{ scores: HeldRows; split: string; areMeasured: boolean }>,
): Promise<ChosenThreshold | null> {
  if (scoring.task !== 'binary') {
    if (choice === undefined) return null;
    throw new UsageError(
      `--threshold has ${choice}, expected none, since the model does not choose between two classes`,
    );
  }
  if (choice === undefined) {
    return modelThreshold === undefined
      ? { value: scoring.threshold, by: 'default', on: null }
      : { value: modelThreshold, by: 'model', on: null };
  }
  if (typeof choice === 'number') return { value: choice, by: 'flag', on: null };
  const { scores: held, split, areMeasured } = await scoresOf();
  const chosen = await inTurns(chooseThreshold(held, choice));
  if (chosen === null) {
    throw new Error(
      `--threshold has ${choice}, expected a number, since the ${held.rows} ${split === 'all' ? '' : `${split} `}rows are of one class`,
    );
  }
  return { value: chosen.threshold, by: choice, on: { split, rows: held.rows, areMeasured } };
}

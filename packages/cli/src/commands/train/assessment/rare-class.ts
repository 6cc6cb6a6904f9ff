import { createLoss, type Loss, metrics, type Pausable } from '@gradloom/core';
import { createDecision, hasProbabilities, targetKind, toProbabilities } from '@gradloom/core/internal';
import type { Dataset, OutputReader, TrainResult } from '@gradloom/runtime';
import { hasTargetsByPosition, inTurns } from '@gradloom/runtime/internal';
import { classCounts } from '../../../report/findings/baseline.ts';
import { classFigures, isRare } from '../../evaluate/class-figures.ts';
import { evaluateResult } from '../findings/read-answers.ts';
import type { Recipe } from '../recipe.ts';

/** A class of few rows, whose figures accuracy hides. */
export interface RareClass {
  readonly label: string;
  readonly share: number; // of the training rows
  readonly recall: number; // NaN if none of the measured rows belongs to it
  readonly precision: number; // NaN if no measured row is predicted as it
  readonly prAuc: number; // against all other classes
}

/** The class with the fewest training rows; null if none is rare. */
function* rarest(train: Dataset): Pausable<{ readonly index: number; readonly share: number } | null> {
  const { classes } = train;
  if (classes === null || classes < 2 || hasTargetsByPosition(train)) return null;
  const counts = [...(yield* classCounts(train))];
  if (counts.length < 2) return null;
  const [index, count] = counts.reduce((smallest, entry) => (entry[1] < smallest[1] ? entry : smallest));
  const share = count / train.rows;
  return isRare(share, classes) ? { index, share } : null;
}

/** Measures the rarest class on held-out rows. Resolves to null if no class is rare, or no rows are held out. */
export async function measureRareClass({ sets, ...recipe }: Recipe, result: TrainResult): Promise<RareClass | null> {
  const rows = sets.test ?? sets.validation;
  const reader = await rareReader(sets.train, createLoss(result.loss, result.parts?.customParts));
  if (reader === null || rows === undefined) return null;
  await evaluateResult({ sets, ...recipe }, result, rows, [reader]);
  return reader.figures();
}

/** Reads answers for the figures of the rarest class. */
export interface RareReader extends OutputReader {
  figures(): RareClass;
}

/** The reader of the rarest class; resolves to null if no class is rare. */
export async function rareReader(train: Dataset, loss: Loss): Promise<RareReader | null> {
  const rare = await inTurns(rarest(train));
  if (rare === null) return null;
  const { threshold = 0.5 } = loss;
  const targets = targetKind(loss);
  const { target: labelOf } = createDecision('rare class', { targets, threshold });
  const confusion = metrics['confusion-matrix']({ targets, threshold });
  const ranking = metrics['pr-auc']({ targets: 'values' });
  return {
    add(y, t, B, O) {
      confusion.add(y, t, B, O);
      const p = y.slice(0, B * O);
      if (hasProbabilities(loss)) toProbabilities('answers', loss, p, O);
      // A single output is the score of the second of two classes.
      const scoreOf = (n: number) => (O === 1 ? p[n] * (rare.index === 1 ? 1 : -1) : p[n * O + rare.index]);
      const rareScores = Float64Array.from({ length: B }, (_, n) => scoreOf(n));
      const areRare = Float64Array.from({ length: B }, (_, n) => Number(labelOf(t, n, O) === rare.index));
      ranking.add(rareScores, areRare, B, 1);
    },
    figures() {
      const { label, recall, precision } = classFigures(confusion.value(), train.labels)[rare.index];
      return { label, share: rare.share, recall, precision, prAuc: ranking.value() };
    },
  };
}

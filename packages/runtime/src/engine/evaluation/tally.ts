import { type Elements, type Loss, NO_ANSWER } from '@gradloom/core';
import { createDecision, type Workspace } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';

/** Sums of a chunk of an evaluation, in doubles: first of rows, or all of positions that count if these are targets. */
export const TALLY = {
  loss: 0,
  /** -log of the probability of the target, if the loss is softmax cross-entropy. */
  surprise: 1,
  count: 2,
  /** Positions whose class is predicted correctly. */
  right: 3,
  /** Positions with an output that is not finite. */
  unanswered: 4,
  /** Losses times the weights of their rows, and these weights. */
  weightedLoss: 5,
  weights: 6,
} as const;

export const TALLIES = Object.keys(TALLY).length;

const { answer } = createDecision('tally', { targets: 'classes' });

/** Whether evaluations have the surprise of each position, and so the perplexity. */
export const hasSurprise = (loss: Loss): boolean =>
  loss.customName === undefined && loss.name === 'softmax-cross-entropy';

/** Adds the losses of `rows` rows to a tally, and the positions of each that count, ascending. */
export function addPositions(
  tally: Float64Array, // [TALLIES] in and out
  { t, rowWeights }: Workspace, // `losses` has the surprise of each position
  lossSums: Float64Array, // [rows] summed losses of the positions of each that count
  y: Elements, // [rows, R, V]
  { weights }: Dataset,
  first: number, // row of the dataset
  rows: number,
  R: number,
  V: number,
): void {
  if (rowWeights === null) return;
  const { w, losses } = rowWeights; // w is 0 for positions that do not count
  for (let n = 0; n < rows; n++) {
    const weight = weights === undefined ? 1 : weights.array[first + n] / weights.divisor;
    tally[TALLY.loss] += lossSums[n];
    tally[TALLY.weightedLoss] += weight * lossSums[n];
    for (let p = n * R; p < (n + 1) * R; p++) {
      if (w[p] === 0) continue;
      const answeredClass = answer(y, p, V);
      tally[TALLY.surprise] += losses[p];
      tally[TALLY.count]++;
      if (answeredClass === t[p]) tally[TALLY.right]++;
      if (answeredClass === NO_ANSWER) tally[TALLY.unanswered]++;
      tally[TALLY.weights] += weight;
    }
  }
}

/** Adds the tallies of the chunks to `sums`, in order. */
export function addTallies(
  sums: Float64Array, // [TALLIES] in and out
  tallies: Float64Array, // [chunks, TALLIES]
  chunks: number,
): void {
  for (let k = 0; k < chunks * TALLIES; k++) sums[k % TALLIES] += tallies[k];
}

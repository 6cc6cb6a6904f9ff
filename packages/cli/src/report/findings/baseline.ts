import type { Pausable } from '@gradloom/core';
import {
  classesOfProbabilities,
  createSpread,
  createSquares,
  decodeValue,
  ofText,
  rootMean,
} from '@gradloom/core/internal';
import { createTokenizer, type DataSplits, type Dataset, type Evaluation, type TrainResult } from '@gradloom/runtime';
import { storedPieces } from '@gradloom/runtime/internal';
import { showLabel } from '../../terminal/text/format.ts';
import type { Baseline } from './findings.ts';

/** The baseline for the rows of the main metric: test rows, else validation rows; null if there are none. */
export function* baselineFor(sets: DataSplits, { test, validation }: TrainResult): Pausable<Baseline | null> {
  if (sets.test !== undefined && test !== undefined) return yield* baselineOf(sets.train, sets.test, test);
  if (sets.validation === undefined || validation === undefined) return null;
  return yield* baselineOf(sets.train, sets.validation, validation);
}

/**
 * The result of a constant answer on `rows`, chosen from the training rows: their most frequent class, or the mean of
 * their targets. Measured by the metric of the network; null if it has none.
 */
export function* baselineOf(train: Dataset, rows: Dataset, measured: Evaluation): Pausable<Baseline | null> {
  if (measured.accuracy !== undefined) return yield* mostFrequent(train, rows);
  return measured.rmse === undefined ? null : meanTarget(train, rows);
}

function* mostFrequent(train: Dataset, rows: Dataset): Pausable<Baseline> {
  const counts = yield* classCounts(train);
  const labels = classesOfProbabilities(train.preprocessing?.target) ?? train.labels;
  const [[answer]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b);
  const rowCounts = yield* classCounts(rows);
  const total = [...rowCounts.values()].reduce((sum, count) => sum + count, 0);
  return {
    answer: tokenOf(train, answer) ?? showLabel(labels?.[answer] ?? String(answer)),
    accuracy: (rowCounts.get(answer) ?? 0) / total,
    rmse: Number.NaN,
  };
}

/** The token of a class in quotes; its number if it is only a part of a character. */
function tokenOf({ preprocessing }: Dataset, answer: number): string | undefined {
  const spec = ofText(preprocessing)?.text.tokenizer;
  if (spec === undefined) return undefined;
  const token = createTokenizer(spec).decode([answer]);
  return token.includes('\ufffd') ? `token ${answer}` : JSON.stringify(token);
}

/**
 * How often each class is a target, or the likeliest of a row; without classes, how often 0 and 1 are. Targets of -1
 * are not counted.
 */
export function* classCounts(dataset: Dataset): Pausable<Map<number, number>> {
  const { classes, targets, rows, starts, preprocessing } = dataset;
  if (classesOfProbabilities(preprocessing?.target) !== undefined) return likeliestCounts(dataset);
  const counts = new Float64Array(classes ?? 0); // [classes], 20 times as fast as a map
  const bits = new Map<number, number>();
  for (const piece of storedPieces(targets, rows, starts)) {
    for (let i = 0; i < piece.length; i++) {
      if (classes !== null && piece[i] >= 0) counts[piece[i]]++;
      if (classes === null) bits.set(piece[i] / targets.divisor, (bits.get(piece[i] / targets.divisor) ?? 0) + 1);
    }
    yield;
  }
  return classes === null ? bits : new Map([...counts.entries()].filter(([, count]) => count > 0));
}

function likeliestCounts({ targets: { array, columns }, rows }: Dataset): Map<number, number> {
  const counts = new Map<number, number>();
  for (let n = 0; n < rows; n++) {
    let best = 0;
    for (let c = 1; c < columns; c++) if (array[n * columns + c] > array[n * columns + best]) best = c;
    counts.set(best, (counts.get(best) ?? 0) + 1);
  }
  return counts;
}

/** Answers the mean of each output. The error is over rows and outputs in units of the target, as the metric rmse. */
function meanTarget(train: Dataset, rows: Dataset): Baseline {
  const { columns } = train.targets;
  const { add, squares } = createSquares();
  for (let o = 0; o < columns; o++) {
    const spread = createSpread();
    for (let n = 0; n < train.rows; n++) spread.add(targetAt(train, n, o));
    const [scale, mean] = [scaleOf(rows, o), spread.mean()];
    for (let n = 0; n < rows.rows; n++) add(scale * targetAt(rows, n, o), scale * mean);
  }
  const rmse = rootMean(squares(), rows.rows * columns);
  return { answer: 'the mean', accuracy: Number.NaN, rmse };
}

/** The divisor of a table's target in training; 1 for other targets. */
function scaleOf({ preprocessing }: Dataset, o: number): number {
  const target = preprocessing?.target?.[o];
  return target?.type === 'values' && target.transform === undefined ? target.scale : 1;
}

/** A target as the network learns it, but in its own units if the network learns its logarithm. */
function targetAt({ targets: { array, columns, divisor }, preprocessing }: Dataset, n: number, o: number): number {
  const target = preprocessing?.target?.[o];
  const value = array[n * columns + o] / divisor;
  return target?.type === 'values' && target.transform !== undefined ? decodeValue(value, target) : value;
}

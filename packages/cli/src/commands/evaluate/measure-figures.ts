import type { Pausable } from '@gradloom/core';
import {
  bootstrap,
  chooseThreshold,
  type EvaluatedRows,
  type FigureName,
  figures,
  figuresOf,
  type Interval,
  type Scoring,
  type ThresholdCriterion,
  type WeightedMetric,
} from '@gradloom/core/internal';
import type { OutputReader } from '@gradloom/runtime';
import { inTurns } from '@gradloom/runtime/internal';
import { UsageError } from '../../terminal/failure.ts';
import type { ThresholdChoice } from './options.ts';

/** A figure measured on rows. */
export interface MeasuredFigure {
  readonly name: FigureName;
  readonly value: number;
  readonly interval: Interval | null;
}

/** Figures that are measured while rows arrive. */
export interface FigureReaders {
  readonly readers: readonly OutputReader[];
  /** The figures, after the last row. Figures that need all rows at once are left out if `scores` is null. */
  measure(scores: EvaluatedRows | null, resampling: Resampling | null): Pausable<MeasuredFigure[]>;
}

/** How confidence intervals are found. */
export interface Resampling {
  readonly resamples: number;
  readonly seed: number;
}

/** The figures that fit the task of a model. */
export function createFigures(scoring: Scoring, threshold: number): FigureReaders {
  const { task } = scoring;
  const names = figuresOf(scoring);
  const streamedMetrics = new Map(
    names.filter((name) => !figures[name].keepsRows).map((name) => [name, figures[name].metric(task, threshold)]),
  );
  return {
    readers: [...streamedMetrics.values()],
    *measure(scores, resampling) {
      const figureList: { name: FigureName; value: number }[] = [];
      const weighted: Partial<Record<FigureName, WeightedMetric>> = {};
      for (const name of names) {
        const metric = streamedMetrics.get(name);
        const needsRows = metric === undefined || resampling !== null;
        if (needsRows && scores !== null) weighted[name] = yield* figures[name].weighted(scores, task, threshold);
        // A figure of all rows weighs each row once.
        const value = metric?.value() ?? weighted[name]?.(new Uint32Array(scores?.rows ?? 0).fill(1));
        if (value !== undefined) figureList.push({ name, value });
        yield;
      }
      const intervals =
        resampling === null || scores === null
          ? {}
          : yield* bootstrap(scores.rows, weighted as Record<FigureName, WeightedMetric>, resampling);
      return figureList.map((figure) => ({ ...figure, interval: intervals[figure.name as never] ?? null }));
    },
  };
}

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
  scoresOf: () => Promise<{ scores: EvaluatedRows; split: string; areMeasured: boolean }>,
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
  const { scores, split, areMeasured } = await scoresOf();
  const threshold = await inTurns(chooseThreshold(scores, choice));
  if (threshold === null) {
    throw new Error(
      `--threshold has ${choice}, expected a number, since the ${scores.rows} ${split === 'all' ? '' : `${split} `}rows are of one class`,
    );
  }
  return { value: threshold.threshold, by: choice, on: { split, rows: scores.rows, areMeasured } };
}

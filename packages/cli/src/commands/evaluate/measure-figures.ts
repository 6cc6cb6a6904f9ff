import type { Pausable } from '@gradloom/core';
import {
  bootstrap,
  type Counted,
  type FigureName,
  figures,
  figuresOf,
  type HeldRows,
  type Interval,
  type Scoring,
} from '@gradloom/core/internal';
import type { OutputReader } from '@gradloom/runtime';

/** A figure measured on rows. */
export interface MeasuredFigure {
  readonly name: FigureName;
  readonly value: number;
  readonly interval: Interval | null;
}

/** Figures that are measured while rows arrive. */
export interface FigureReaders {
  readonly readers: readonly OutputReader[];
  /** The figures, after the last row. Figures that need all rows at once are left out if `held` is null. */
  measure(scores: HeldRows | null, resampling: Resampling | null): Pausable<MeasuredFigure[]>;
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
  const streamed = new Map(
    names.filter((name) => !figures[name].keepsRows).map((name) => [name, figures[name].metric(task, threshold)]),
  );
  return {
    readers: [...streamed.values()],
    *measure(scores, resampling) {
      const measured: { name: FigureName; value: number }[] = [];
      const counted: Partial<Record<FigureName, Counted>> = {};
      for (const name of names) {
        const metric = streamed.get(name);
        const needsRows = metric === undefined || resampling !== null;
        if (needsRows && scores !== null) counted[name] = yield* figures[name].counted(scores, task, threshold);
        const value = metric?.value() ?? counted[name]?.(new Uint32Array(scores?.rows ?? 0).fill(1));
        if (value !== undefined) measured.push({ name, value });
        yield;
      }
      const intervals =
        resampling === null || scores === null
          ? {}
          : yield* bootstrap(scores.rows, counted as Record<FigureName, Counted>, resampling);
      return measured.map((figure) => ({ ...figure, interval: intervals[figure.name as never] ?? null }));
    },
  };
}

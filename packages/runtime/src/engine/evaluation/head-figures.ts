import { type Loss, type Metric, metrics } from '@gradloom/core';
import { columnsOfRows, type HeadTask, isElementwise, ofTable, targetKind } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { headsOfDataset } from '../../data/dataset-of-head.ts';
import { columnsOfHead } from '../../data/targets.ts';
import { figuresOf, moveCountedToFront, type OutputReader } from './figures.ts';
import { lossUnit, toTargetUnits } from './target-units.ts';

/** Figures of one of several outputs. One that does not apply is absent. */
export interface HeadFigures {
  /** Mean loss over the rows, in units of the targets, or over the positions that count; not times its weight. */
  readonly loss: number;
  /** Share of the rows or positions classified correctly, from 0 to 1. Classes only. */
  readonly accuracy?: number;
  /** F1 of the second of two classes, 0 without a row that is or is answered as it. */
  readonly f1?: number;
  /** Mean absolute error, in units of the targets. Values only. */
  readonly mae?: number;
  /** Root of the mean squared error, in units of the targets. Values only. */
  readonly rmse?: number;
  /** R² as in `Evaluation`. Values only. */
  readonly r2?: number;
}

/** Reads one of several outputs, before it is converted to the units of its targets. */
export interface HeadReader extends OutputReader {
  readonly name: string;
  figures(): HeadFigures;
}

/** A task for each value of an output of several named targets, in its own units. None for a loss of the whole row. */
export function tasksOfValues(outputs: number, loss: Loss, dataset: Dataset): readonly HeadTask[] {
  const heads = headsOfDataset(dataset) ?? [];
  if (!isElementwise(loss) || heads.length < 2 || heads.length !== outputs) return [];
  return heads.map(({ name }, k) => ({
    name,
    loss,
    weight: 1,
    shape: [1],
    start: k,
    size: 1,
    positions: 1,
    targetStart: k,
    targetColumns: 1,
  }));
}

/** The figures of all targets of one output: of several those without a unit, as no mean is taken over units. */
export function figuresOfAll(outputs: number, loss: Loss, dataset: Dataset): ReturnType<typeof figuresOf> {
  const figures = figuresOf(outputs, loss, dataset.classes, dataset.targets.array);
  const { mae: _, rmse: __, ...unitless } = figures;
  return tasksOfValues(outputs, loss, dataset).length === 0 ? figures : unitless;
}

/** Creates the reader of the output of `task`. */
export function createHeadReader(task: HeadTask, tasks: readonly HeadTask[], dataset: Dataset): HeadReader {
  const { name, loss, start, size, positions: R, targetStart, targetColumns } = task;
  const O = size / R;
  const target = ofTable(dataset.preprocessing)?.target.filter((decoding) => decoding.name === name);
  const encoding = ofTable(dataset.preprocessing);
  const preprocessing = encoding === undefined || target === undefined ? undefined : { ...encoding, target };
  const headMetrics: Readonly<Record<string, Metric>> = loss.targets === 'none' ? {} : metricsOfHead();
  let lossSum = 0;
  let count = 0;

  function metricsOfHead(): Readonly<Record<string, Metric>> {
    const head = columnsOfHead(dataset, task, tasks);
    if (head === undefined) return {};
    const { array, columns } = dataset.targets;
    // Only targets of one column are read, to tell bits.
    const values = Float64Array.from({ length: O === 1 ? dataset.rows : 0 }, (_, n) => array[n * columns + head.start]);
    const figures = figuresOf(O, loss, head.classes, values);
    if (head.classes !== 2 || R > 1) return figures;
    return { ...figures, f1: metrics.f1({ targets: targetKind(loss), threshold: loss.threshold ?? 0.5 }) };
  }

  return {
    name,
    add(allOutputs, allTargets, rows, width) {
      const y = columnsOfRows(allOutputs, rows, width, start, size);
      const columnCount = tasks.reduce((sum, other) => sum + other.targetColumns, 0);
      const t = columnsOfRows(allTargets, rows, columnCount, targetStart, targetColumns);
      const B = R === 1 ? rows : moveCountedToFront(y, t, rows * R, O);
      const losses = new Float64Array(B);
      const leafRows = 1; // so that each row has its own loss
      loss.evaluate(losses, new Float64Array(B * O), y, targetColumns === 0 ? y : t, B, leafRows, O);
      for (const rowLoss of losses) lossSum += rowLoss;
      count += B;
      toTargetUnits(t, B, preprocessing);
      toTargetUnits(y, B, preprocessing);
      for (const metric of Object.values(headMetrics)) metric.add(y, t, B, O);
    },
    figures: () => ({
      loss: (lossSum / Math.max(1, count)) * lossUnit(loss, preprocessing),
      ...(count === 0
        ? {}
        : Object.fromEntries(Object.entries(headMetrics).map(([figure, metric]) => [figure, metric.value()]))),
    }),
  };
}

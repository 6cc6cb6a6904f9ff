import type { LossName } from '@gradloom/core';
import {
  type Dataset,
  scalingOf,
  sharedArrays,
  splitDataset,
  syntheticDatasets,
  valueMatrix,
} from '@gradloom/runtime/browser';
import type { Domain, PlanePoints } from './messages.ts';
import { classesOf, type Points } from './points.ts';
import { dataOptions, POINTS, type Settings, testShareOf } from './settings.ts';

/** The sets of a run, and the coordinates of its inputs in the plane. */
export interface PlaneData {
  readonly train: Dataset;
  readonly test: Dataset | null;
  readonly loss: LossName;
  readonly classes: readonly string[];
  /** An input of column c is at the coordinate value · scale[c] + center[c]. */
  readonly center: readonly number[];
  readonly scale: readonly number[];
}

type Generator = (options: Readonly<Record<string, number>>) => Dataset;
const generators = syntheticDatasets as Readonly<Record<string, Generator>>;

/** Made-up datasets whose rows are points of the plane. */
export const planes = Object.keys(generators).filter((name) => generators[name]({ rows: 8 }).inputs.columns === 2);

/** Makes the rows that the command trains on, bit for bit. @throws Error for data that cannot be trained on. */
export function openData(settings: Settings, points: Points): PlaneData {
  if (settings.data === POINTS) return openPoints(points);
  const dataset = generators[settings.data](dataOptions(settings));
  const { classes } = dataset;
  const testShare = testShareOf(settings);
  const { train, test = null } =
    testShare === 0 ? { train: dataset } : splitDataset(dataset, { test: testShare, seed: 0 });
  const names = Array.from({ length: classes ?? 2 }, (_, c) => String(c));
  const loss = classes === null ? 'mse' : 'softmax-cross-entropy';
  return { train, test, loss, classes: names, center: [0, 0], scale: [1, 1] };
}

/** Points as the command line reads them from their file: standardized, with classes in the order of their names. */
function openPoints(points: Points): PlaneData {
  const { list, name } = points;
  const classes = classesOf(points);
  if (list.length === 0) throw new Error('There are no points yet: click on the plane, and draw at least 2 colours.');
  if (classes.length < 2) {
    throw new Error(`The points have ${classes.length} of the colours, expected at least 2: draw some of another.`);
  }
  const columns = [list.map(({ x }) => x), list.map(({ y }) => y)];
  const scalings = columns.map((column) => scalingOf(Float64Array.from(column), 'standard'));
  const inputs = sharedArrays.float64(2 * list.length);
  const targets = sharedArrays.int32(list.length);
  for (const [n, { label }] of list.entries()) {
    for (const [c, { center, divisor }] of scalings.entries()) inputs[2 * n + c] = (columns[c][n] - center) / divisor;
    targets[n] = classes.indexOf(label);
  }
  const matrices = { inputs: valueMatrix(inputs, 2), targets: valueMatrix(targets, 1) };
  return {
    train: { name, rows: list.length, ...matrices, classes: classes.length, labels: classes },
    test: null,
    loss: 'softmax-cross-entropy',
    classes,
    center: scalings.map(({ center }) => center),
    scale: scalings.map(({ divisor }) => divisor),
  };
}

/** The points of a set, in the coordinates of their file. */
export function planePoints({ rows, inputs, targets }: Dataset, { center, scale }: PlaneData): PlanePoints {
  const column = (c: number) =>
    Float64Array.from({ length: rows }, (_, n) => inputs.array[2 * n + c] * scale[c] + center[c]);
  // Targets of a dataset without classes are 0 or 1.
  const labels = Int32Array.from({ length: rows }, (_, n) => Math.round(targets.array[n]));
  return { x: column(0), y: column(1), classes: labels };
}

/** A square around all points, with a margin; for drawn points, the square that can be drawn in. */
export function domainOf(sets: readonly PlanePoints[], isDrawn: boolean): Domain {
  if (isDrawn) return { left: -1, bottom: -1, side: 2 };
  const rangeOf = (values: readonly number[]): [number, number] =>
    values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const [left, right] = rangeOf(sets.flatMap(({ x }) => [...x]));
  const [bottom, top] = rangeOf(sets.flatMap(({ y }) => [...y]));
  const side = 1.2 * Math.max(right - left, top - bottom, 1e-9);
  return { left: (left + right - side) / 2, bottom: (bottom + top - side) / 2, side };
}

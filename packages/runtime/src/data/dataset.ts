import type { ChannelScale, Preprocessing, Shape } from '@gradloom/core';
import { shapeText } from '@gradloom/core/internal';
import type { DataArray } from './number-types.ts';

/** Rows that stay in a file and are read there when needed. */
export interface FileRows {
  /** Path of the file. */
  readonly path: string;
  /** File format. */
  readonly format: 'npy' | 'idx' | 'bytes';
  /** Number type, as the file names it. */
  readonly type: string;
  /** Byte offset of its numbers. */
  readonly start: number;
  /** Size in bytes. A file that changes during a run is refused. */
  readonly size: number;
  /** Time of the last change, in milliseconds since 1970. */
  readonly changedMs: number;
  /** Indices of the used rows in the file, in order; null: all rows. */
  readonly rows: Uint32Array<SharedArrayBuffer> | null;
}

/** Rows of numbers in their stored type, so that bytes stay bytes. */
export interface DataMatrix {
  /** The stored numbers, row by row [rows, columns]. */
  readonly array: DataArray;
  /** Numbers per row. */
  readonly columns: number;
  /**
   * Numbers from the start of a row to the start of the next. With fewer than `columns`, rows share numbers: windows of
   * a text or a series.
   * @default columns
   */
  readonly step?: number;
  /**
   * Where each row starts, in steps from the start of the array [N]. For windows of several series, of which none
   * crosses from one to the next.
   * @default row n starts at step n
   */
  readonly places?: Int32Array<SharedArrayBuffer>;
  /** Shape of a row, of `columns` numbers: [28, 28, 1] for an image. @default [columns] */
  readonly shape?: Shape;
  /** The value of a stored number is number / divisor, such as 255 for bytes of an image. */
  readonly divisor: number;
  /** Mean and deviation of the channels, the last axis of `shape`, which standardize the value. @default none */
  readonly scale?: ChannelScale;
  /** With `stream`: where the rows are in a file. `array` is then empty and tells only the type. */
  readonly file?: FileRows;
}

/** Training data: rows of inputs and their targets. */
export interface Dataset {
  /** Name in messages. */
  readonly name: string;
  /** N: number of rows. */
  readonly rows: number;
  /** Inputs of the network [N, I]. */
  readonly inputs: DataMatrix;
  /**
   * Targets: class indices if `classes` is a number, [N, 1] of rows or [N, T] of the positions of each, where -1 is a
   * position that does not count; else [N, O] values.
   */
  readonly targets: DataMatrix;
  /** Number of classes; null if targets are values. */
  readonly classes: number | null;
  /**
   * Targets of a network with several outputs, in the order of their columns in `targets`. `classes` is then null.
   * @default the targets are those of one output
   */
  readonly heads?: readonly TargetHead[];
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Decisions about the files that it was read from, a sentence each, with how to change them. @default none */
  readonly decisions?: readonly string[];
  /** For rows of a table, and images: how they became inputs and targets. Stored in models and checkpoints. */
  readonly preprocessing?: Preprocessing;
  /**
   * Weight of each row in the training loss [N, 1], at least 0. Only ratios matter: weights are divided by their mean.
   * Evaluations count every row once and report the weighted loss separately.
   */
  readonly weights?: DataMatrix;
  /**
   * Real positions of each row [N, 1], from 1 to T, for sequences of shape [T] or [T, C] that are padded on the right.
   * Rows of a network with several inputs have a length for each, in their order [N, parts], which is 1 for what is no
   * sequence. Layers leave out the others: attention, gru, last-position, global-avg-pool. @default all positions are
   * real
   */
  readonly lengths?: DataMatrix;
  /**
   * For windows of one text: the number of places, one after another, where a window can start. With shuffling, each
   * row of an epoch starts at a random one of them, in place of a shuffle of the rows. `inputs` and `targets` then have
   * `starts + columns - 1` numbers, and rows without gap or overlap. @default rows are shuffled
   */
  readonly starts?: number;
}

/** The targets of one of several outputs: columns of `Dataset.targets`. */
export interface TargetHead {
  /** Name of the output. */
  readonly name: string;
  /** Its columns: 1 for the index of a class, T for those of positions, or one for each value. */
  readonly columns: number;
  /** Number of classes; null if its targets are values. */
  readonly classes: number | null;
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
}

/** The sets of a run. */
export interface DataSplits {
  /** Training rows. */
  readonly train: Dataset;
  /** Validation rows, for plateau schedules and the best checkpoint. They have no other effect on the weights. */
  readonly validation?: Dataset;
  /** Test rows, evaluated once at the end. */
  readonly test?: Dataset;
}

/** Converts the training set, then the validation set, then the test set, and returns the results. */
export function mapSets<A, B>(
  sets: { readonly [Set in keyof DataSplits]: A },
  convert: (set: A, name: keyof DataSplits) => B,
): { readonly [Set in keyof DataSplits]: B } {
  const { train, validation, test } = sets;
  return {
    train: convert(train, 'train'),
    ...(validation === undefined ? {} : { validation: convert(validation, 'validation') }),
    ...(test === undefined ? {} : { test: convert(test, 'test') }),
  };
}

/** The size of a row in a message: '784 or [28, 28, 1]', or '784' for a row without axes. */
export const rowText = ({ columns, shape }: DataMatrix): string =>
  shape === undefined || shape.length === 1 ? String(columns) : `${columns} or ${shapeText(shape)}`;

/** Whether rows are windows of one text or series, which may share numbers, and do not lie one after another. */
export const hasWindows = ({ starts, inputs, targets }: Dataset): boolean =>
  starts !== undefined || [inputs, targets].some(({ step, places }) => step !== undefined || places !== undefined);

/** A matrix with divisor 1. */
export const valueMatrix = (array: DataArray, columns: number): DataMatrix => ({ array, columns, divisor: 1 });

/** A subset of the rows, by indices into them. */
export function someRows(file: FileRows, indices: Uint32Array): FileRows {
  const rows = new Uint32Array(new SharedArrayBuffer(4 * indices.length));
  for (const [n, index] of indices.entries()) rows[n] = file.rows === null ? index : file.rows[index];
  return { ...file, rows };
}

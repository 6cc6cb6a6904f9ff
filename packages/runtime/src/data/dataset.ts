import type { Preprocessing } from '@gradloom/core';
import type { DataArray } from './number-types.ts';

/** Rows that stay in a file: whoever needs one reads it there. */
export interface FileRows {
  /** Path of the file. */
  readonly path: string;
  /** Its format. */
  readonly format: 'npy' | 'idx';
  /** Type of its numbers, as the file names it. */
  readonly type: string;
  /** First byte of its numbers. */
  readonly start: number;
  /** Bytes of the file, and when it was changed: a file that changes meanwhile is refused. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedMs: number;
  /** Rows of the file that these are, in order; null: all of them. */
  readonly rows: Uint32Array<SharedArrayBuffer> | null;
}

/** Rows of numbers as they are stored, so that bytes stay bytes. */
export interface DataMatrix {
  /** The stored numbers, row by row [rows, columns]. */
  readonly array: DataArray;
  /** Numbers per row. */
  readonly columns: number;
  /** The value of a stored number is number / divisor: 255 for bytes of an image. */
  readonly divisor: number;
  /** Where the rows stay in a file, with `stream`: `array` is then empty, and of the type that it would have. */
  readonly file?: FileRows;
}

/** What a network learns from: rows of inputs and their targets. */
export interface Dataset {
  /** Its name in messages. */
  readonly name: string;
  /** N: number of rows. */
  readonly rows: number;
  /** Inputs of the network [N, I]. */
  readonly inputs: DataMatrix;
  /** Targets: [N, 1] class indices if `classes` is a number, else [N, O] values. */
  readonly targets: DataMatrix;
  /** Number of classes; null if targets are values. */
  readonly classes: number | null;
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Of rows of a table: how they became inputs and targets. Models and checkpoints keep it. */
  readonly preprocessing?: Preprocessing;
  /**
   * What each row counts in the training loss [N, 1], at least 0. Only their ratios count: each is divided by their
   * mean. Evaluations count every row once, and have the weighed loss beside it.
   */
  readonly weights?: DataMatrix;
}

/** The sets of a run. */
export interface DataSplits {
  /** Training rows. */
  readonly train: Dataset;
  /**
   * Validation rows, evaluated between epochs: plateau schedules and the best checkpoint use them. They never change a
   * weight otherwise.
   */
  readonly validation?: Dataset;
  /** Test rows, evaluated once at the end. */
  readonly test?: Dataset;
}

/** A matrix of values that are stored as they are. */
export const valueMatrix = (array: DataArray, columns: number): DataMatrix => ({ array, columns, divisor: 1 });

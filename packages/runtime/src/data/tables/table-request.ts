import type { Preprocessing } from '@gradloom/core';
import type { TableOptions } from './table-options.ts';

/** A file of rows, and what it is read for. */
export interface TableRequest {
  /** The function that is called, for messages. */
  readonly where: string;
  readonly path: string;
  /** Checked, and without those that are undefined. */
  readonly options: TableOptions;
  /** Of the model that reads it; null where the types are found here. */
  readonly preprocessing: Preprocessing | null;
  /** Inputs are numbers without gaps, and numbers of a target are values. */
  readonly isPlain: boolean;
  /** An error about the file. `problem` begins with ' has' or with ': line 3', say. */
  fault(problem: string, cause?: unknown): Error;
}

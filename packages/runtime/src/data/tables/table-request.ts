import type { CellFormat, TablePreprocessing } from '@gradloom/core';
import type { TableOptions } from './table-options.ts';

/** A table to read, and its purpose. */
export interface TableRequest {
  /** The called function, for messages. */
  readonly where: string;
  readonly path: string;
  /** Checked options, without undefined ones. */
  readonly options: TableOptions;
  /** Preprocessing of the model that reads the table; null if types are found from the cells. */
  readonly preprocessing: TablePreprocessing | null;
  /** Inputs are numbers without gaps, and a numeric target holds values. */
  readonly isPlain: boolean;
  /** How the cells of columns are written, where they are not plain; null: found from all cells. */
  readonly formats: ReadonlyMap<string, CellFormat> | null;
  /** Targets of numbers with marks of gaps; not known while they are found. */
  readonly markedTargets?: ReadonlySet<string>;
  /** Makes an error about the file. `problem` begins with ' has' or ': line 3', for example. */
  fault(problem: string, cause?: unknown): Error;
}

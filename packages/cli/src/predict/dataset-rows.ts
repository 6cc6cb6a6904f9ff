import type { DataMatrix, Dataset } from '@gradloom/runtime';
import type { RowRange } from '../options/row-ranges.ts';
import { UsageError } from '../usage-error.ts';
import type { RowBatch } from './row-batch.ts';

const BATCH_ROWS = 256;

/** Rows of a dataset, as the network reads them. @throws UsageError for a row that is not there. */
export function* datasetRows(dataset: Dataset, ranges: readonly RowRange[] | undefined): Generator<RowBatch> {
  const { rows, name, inputs, targets, labels } = dataset;
  const missing = ranges?.find(({ last }) => last >= rows);
  if (missing !== undefined) {
    throw new UsageError(`--rows has ${missing.last}, expected rows from 0 to ${rows - 1} (of ${name})`);
  }
  for (const { first, last } of ranges ?? [{ first: 0, last: rows - 1 }]) {
    for (let from = first; from <= last; from += BATCH_ROWS) {
      const numbers = Array.from({ length: Math.min(BATCH_ROWS, last + 1 - from) }, (_, n) => from + n);
      yield {
        x: Float64Array.from(numbers.flatMap((n) => rowOf(inputs, n))),
        numbers,
        targets: numbers.map((n) => rowOf(targets, n)),
        ...(labels === undefined ? {} : { targetLabels: numbers.map((n) => labels[targets.array[n]]) }),
      };
    }
  }
}

function rowOf({ array, columns, divisor }: DataMatrix, n: number): number[] {
  return Array.from(array.subarray(n * columns, (n + 1) * columns), (value) => value / divisor);
}

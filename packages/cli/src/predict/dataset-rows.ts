import { createElements } from '@gradloom/core/internal';
import type { DataMatrix, Dataset, ElementType } from '@gradloom/runtime';
import { gatherRows } from '@gradloom/runtime/internal';
import type { RowRange } from '../options/row-ranges.ts';
import { UsageError } from '../usage-error.ts';
import type { RowBatch } from './row-batch.ts';

const BATCH_ROWS = 256;

/** Rows of a dataset, as a network that computes with `type` reads them. @throws UsageError for a missing row. */
export function* datasetRows(
  dataset: Dataset,
  ranges: readonly RowRange[] | undefined,
  type: ElementType,
): Generator<RowBatch> {
  const { rows, name, inputs, targets, labels } = dataset;
  const missing = ranges?.find(({ last }) => last >= rows);
  if (missing !== undefined) {
    throw new UsageError(`--rows has ${missing.last}, expected rows from 0 to ${rows - 1} (of ${name})`);
  }
  for (const { first, last } of ranges ?? [{ first: 0, last: rows - 1 }]) {
    for (let from = first; from <= last; from += BATCH_ROWS) {
      const numbers = Array.from({ length: Math.min(BATCH_ROWS, last + 1 - from) }, (_, n) => from + n);
      // As a run does: floats are divided by a divisor that is rounded to a float first.
      const x = createElements(type, numbers.length * inputs.columns);
      gatherRows(x, inputs, null, from, numbers.length);
      yield {
        x: Float64Array.from(x),
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

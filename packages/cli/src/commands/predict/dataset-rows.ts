import { createElements, roundingOf } from '@gradloom/core/internal';
import type { DataMatrix, Dataset, ElementType } from '@gradloom/runtime';
import type { RowRange } from '../../options/row-ranges.ts';
import { UsageError } from '../../terminal/usage-error.ts';
import type { RowBatch } from './row-batch.ts';

const BATCH_ROWS = 256;

/** Rows of a dataset, as a network that computes with `type` reads them. @throws UsageError for a missing row. */
export function* datasetRows(
  dataset: Dataset,
  ranges: readonly RowRange[] | undefined,
  type: ElementType,
): Generator<RowBatch> {
  const { rows, name, inputs, targets, labels } = dataset;
  // As a run does: of floats, the divisor is rounded to a float, too.
  const round = roundingOf(createElements(type, 0));
  const missing = ranges?.find(({ last }) => last >= rows);
  if (missing !== undefined) {
    throw new UsageError(`--rows has ${missing.last}, expected rows from 0 to ${rows - 1} (of ${name})`);
  }
  for (const { first, last } of ranges ?? [{ first: 0, last: rows - 1 }]) {
    for (let from = first; from <= last; from += BATCH_ROWS) {
      const numbers = Array.from({ length: Math.min(BATCH_ROWS, last + 1 - from) }, (_, n) => from + n);
      yield {
        x: Float64Array.from(numbers.flatMap((n) => rowOf(inputs, n, round))),
        numbers,
        targets: numbers.map((n) => rowOf(targets, n, Number)),
        ...(labels === undefined ? {} : { targetLabels: numbers.map((n) => labels[targets.array[n]]) }),
      };
    }
  }
}

function rowOf({ array, columns, divisor }: DataMatrix, n: number, round: (value: number) => number): number[] {
  const over = round(divisor);
  return Array.from(array.subarray(n * columns, (n + 1) * columns), (value) => round(value / over));
}

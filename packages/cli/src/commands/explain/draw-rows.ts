import { createRandom, shuffle } from '@gradloom/core';
import type { Dataset, Model } from '@gradloom/runtime';
import type { SelectedRows } from '../../files/datasets/split-names.ts';
import type { ExplainedRows } from '../../lab/figures/explained-rows.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type ExplainValues, explainOptions } from './options.ts';

/** Draws `count` rows, in ascending order; all rows if there are no more. */
export function drawRows({ rows }: Dataset, count: number | 'all', seed: number): Uint32Array {
  const rowIndices = Uint32Array.from({ length: rows }, (_, n) => n);
  if (count === 'all' || count >= rows) return rowIndices;
  shuffle(rowIndices, createRandom(seed, 'explain-rows'));
  return rowIndices.slice(0, count).sort();
}

/** More images would be too small on a page, and more texts too many. */
const MAX_ROWS = 100;

/** Draws the rows of an explanation of images or texts. @throws UsageError for an option without effect on them. */
export function drawFew(
  model: Model,
  { split, dataset }: SelectedRows,
  values: ExplainValues,
  { what, standard }: { readonly what: 'images' | 'texts'; readonly standard: number },
): { readonly rowIndices: Uint32Array; readonly facts: ExplainedRows } {
  const { rows = standard, seed = explainOptions.seed.standard, metric, backend, blas } = values;
  const refuse = (name: string, has: unknown, expected: string): never => {
    throw new UsageError(`--${name} has ${has}, expected ${expected}, since the rows are ${what}`);
  };
  if (metric !== undefined) refuse('metric', metric, 'none');
  if (backend !== undefined && backend !== 'auto' && backend !== 'wasm') refuse('backend', backend, 'wasm');
  if (blas !== undefined) refuse('blas', blas, 'none');
  if (what === 'texts' && values.repeats !== undefined) refuse('repeats', values.repeats, 'none');
  const rowIndices = drawRows(dataset, rows, seed);
  if (rowIndices.length > MAX_ROWS) refuse('rows', rows, `at most ${MAX_ROWS}`);
  const { fingerprint } = model;
  return { rowIndices, facts: { fingerprint, dataset: dataset.name, split, allRows: dataset.rows, seed } };
}

import { show } from '@gradloom/core/internal';
import type { Paint } from '../../terminal/paint.ts';
import { decimal, whole } from '../../terminal/text/format.ts';
import { table } from '../../terminal/text/table.ts';
import type { Comparison } from './compare.ts';

/** Text output of a comparison: the options that differ, then the tensors. */
export function describeComparison(comparison: Comparison, width: number, paint: Paint): string[] {
  const { files, options, tensors, unmatched } = comparison;
  const [a, b] = files;
  const lines = [`${paint('bold', a)} and ${paint('bold', b)}: ${weightsText(comparison)}`];
  if (options.length > 0) {
    const rows = options.map(({ path, own: value, other }) => [brief(path), text(value), text(other)]);
    lines.push('', ...table(['differs', a, b], rows, { width }));
  }
  if (tensors.length > 0) {
    const rows = tensors.map(({ name, shape, differing, largest, at, a: first, b: second }) => [
      name,
      shape.join('x'),
      whole(differing),
      decimal(largest),
      indexOf(at, shape),
      decimal(first),
      decimal(second),
    ]);
    const head = ['tensor', 'shape', 'numbers', 'largest', 'at', 'first', 'second'];
    lines.push('', ...table(head, rows, { width, right: [1, 2, 3, 4, 5, 6] }));
  }
  if (unmatched.length > 0) lines.push('', `Only in one of them: ${unmatched.join(', ')}`);
  return lines;
}

/** 'the same weights', or 'other weights, float64 and float32'. */
function weightsText({ hasWeights, sameWeights, precisions, tensors, unmatched }: Comparison): string {
  if (!hasWeights) return 'no weights';
  if (sameWeights) return 'the same weights';
  const [first, second] = precisions;
  if (first === second) return 'other weights';
  const isSame = tensors.length === 0 && unmatched.length === 0;
  return `${isSame ? 'the same numbers' : 'other weights'}, ${first} and ${second}`;
}

const text = (value: unknown): string =>
  value === undefined ? '-' : typeof value === 'string' ? brief(value) : show(value);

/** Maximum number of characters of a cell: wrapping a text that fills a file header would take minutes. */
const MAX_CHARACTERS = 200;

const brief = (text: string): string =>
  text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS - 3)}...`;

/** '[3, 7]': the index of a number in a row-major tensor. */
function indexOf(at: number, shape: readonly number[]): string {
  const indices: number[] = [];
  let remainder = at;
  for (const extent of [...shape].reverse()) {
    indices.unshift(remainder % extent);
    remainder = Math.floor(remainder / extent);
  }
  return `[${indices.join(', ')}]`;
}

import { OptionError } from '../../checks/option-error.ts';
import {
  checkedBy,
  defineOptions,
  finite,
  type Named,
  type OptionsOf,
  oneOf,
  required,
} from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import { shapeText } from '../shape.ts';
import { MAX_EXTENT } from './axes.ts';
import { moveLayer, type Run, readingOfRuns, runOf } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

const isSize = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_EXTENT;

/** By mode, the numbers of an axis of n that its padding repeats; 'constant' repeats none. */
const modes: Readonly<Record<'constant' | 'edge' | 'reflect', (n: number, before: number, after: number) => Run[]>> = {
  constant: () => [],
  edge: (n, before, after) => [runOf(0, before, 0, 0), runOf(before + n, after, n - 1, 0)],
  reflect: (n, before, after) => [runOf(0, before, before, -1), runOf(before + n, after, n - 2, -1)],
};

export const padOptions = defineOptions('pad', {
  /** Numbers before and after each axis of a row: [[1, 1], [0, 2]], or [1, 2] with as many on both sides. */
  padding: required(
    checkedBy(
      'a list with a whole number of at least 0, or two of them, for each axis',
      (value): value is readonly (number | readonly [before: number, after: number])[] =>
        Array.isArray(value) &&
        value.every((size) => isSize(size) || (Array.isArray(size) && size.length === 2 && size.every(isSize))),
    ),
  ),
  /** What stands there: `value`, the number at the edge, or the numbers mirrored at it. @default 'constant' */
  mode: oneOf(modes)('constant'),
  /** Number that 'constant' pads with. @default 0 */
  value: finite(0),
});

/** Options of a padding. */
export interface PadOptions extends OptionsOf<typeof padOptions.table>, Named {}

/**
 * y: x with further numbers before and after its axes, as NumPy pads. dx is dy at its place, to which dy of the numbers
 * that are read from it are added.
 */
export function pad(options: PadOptions, { input }: LayerContext): Layer {
  const { padding, mode, value } = padOptions.read(options);
  if (padding.length !== input.length) {
    const expected = `expected an entry for each axis of rows of shape ${shapeText(input)}, ${input.length}`;
    throw new OptionError('pad', 'padding', `${has(padding)}, ${expected}`);
  }
  const readings = input.map((n, a) => {
    const sizes = padding[a];
    const [before, after] = typeof sizes === 'number' ? [sizes, sizes] : sizes;
    if (mode === 'reflect' && Math.max(before, after) >= n) {
      const problem = `has ${Math.max(before, after)} at axis ${a} of ${n}, expected less (reflect does not repeat the edge)`;
      throw new OptionError('pad', 'padding', problem);
    }
    if (before + after === 0) return null;
    const paddedRuns = modes[mode](n, before, after).filter(({ count }) => count > 0);
    const unwrittenRuns = mode === 'constant' ? [runOf(0, before), runOf(before + n, after)] : [];
    return readingOfRuns(before + n + after, [runOf(before, n, 0), ...paddedRuns], {
      unwritten: unwrittenRuns.filter(({ count }) => count > 0),
    });
  });
  return moveLayer('pad', input, readings, value);
}

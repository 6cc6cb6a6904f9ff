import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import { type Shape, shapeText } from '../shape.ts';
import { axesOption, axisOf, type SpecOrRead, wholeOrList } from './axes.ts';
import { moveLayer, type Run, readingOfRuns, runOf } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const sliceOptions = defineOptions('slice', {
  /** First index along the axis, or along each; a negative one is counted from the end. @default the first, 0 */
  start: wholeOrList(undefined, undefined, '0'),
  /** Index after the last, at which the slice ends; a negative one is counted from the end. @default the end */
  end: wholeOrList(undefined, undefined, 'the end'),
  /** Distance of indices, not 0; below 0 from the last index to the first. @default 1 */
  step: wholeOrList(1),
  /** Axis of a row that is sliced, or a list of axes. @default the last; with lists the first axes in order */
  axis: axesOption(undefined, undefined, 'the last'),
});

/** Options of a slice. */
export interface SliceOptions extends OptionsOf<typeof sliceOptions.table>, Named {}

/** y = x[start:end:step] along axes, as NumPy: indices beyond an axis end at it. dx is dy where x is read, else 0. */
export function slice(options: SliceOptions, { input }: LayerContext): Layer {
  const ranges = slicedRanges(sliceOptions.read(options), input);
  const readings = ranges.map((range, a) => {
    if (range === null) return null;
    const { start, step, count } = range;
    return readingOfRuns(count, [runOf(0, count, start, step)], { unread: unreadBy(range, input[a]) });
  });
  return moveLayer('slice', input, readings);
}

/** Indices start, start + step, … of an axis. */
interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** What a slice keeps of each axis; null for an axis that stays whole. @throws OptionError if it keeps nothing */
export function slicedRanges({ start, end, step, axis }: SpecOrRead<SliceOptions>, input: Shape): (Range | null)[] {
  const lists = Object.entries({ start, end, step, axis }).flatMap(([name, value]) =>
    typeof value === 'object' ? [{ name, value }] : [],
  );
  const [longest = { name: 'axis', value: [0] }] = lists;
  const other = lists.find(({ value }) => value.length !== longest.value.length);
  if (other !== undefined) {
    const expected = `expected ${longest.value.length} numbers, as many as ${longest.name} has`;
    throw new OptionError('slice', other.name, `${has(other.value)}, ${expected}`);
  }
  const ranges: (Range | null)[] = input.map(() => null);
  for (const k of longest.value.keys()) {
    const a = axisOf('slice', entryAt(axis, k) ?? (lists.length > 0 ? k : -1), input);
    const range = rangeOf(input[a], entryAt(start, k), entryAt(end, k), entryAt(step, k) ?? 1);
    if (range.count === 0) {
      const problem = `leaves nothing of axis ${a}, expected at least 1 of its ${input[a]} indices`;
      throw new OptionError(
        'slice',
        end === undefined ? 'start' : 'end',
        `${problem} (rows have shape ${shapeText(input)})`,
      );
    }
    ranges[a] = range;
  }
  return ranges;
}

/** The number of an option for the slice of axis k of the list. */
const entryAt = (option: number | readonly number[] | undefined, k: number): number | undefined =>
  typeof option === 'object' ? option[k] : option;

/** The indices of a slice of an axis of n. @throws OptionError for a step of 0 */
function rangeOf(n: number, start: number | undefined, end: number | undefined, step: number): Range {
  if (step === 0) throw new OptionError('slice', 'step', 'has 0, expected a step other than 0');
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const within = (index: number): number => Math.min(Math.max(index < 0 ? index + n : index, low), high);
  const [first, last] = step > 0 ? [low, high] : [high, low];
  const from = start === undefined ? first : within(start);
  const distance = Math.abs((end === undefined ? last : within(end)) - from);
  const isEmpty = end !== undefined && Math.sign(within(end) - from) !== Math.sign(step);
  const count = isEmpty ? 0 : Math.floor((distance + Math.abs(step) - 1) / Math.abs(step));
  return { start: from, step, count };
}

/** The places of an axis of n that a range leaves out. */
function unreadBy({ start, step, count }: Range, n: number): Run[] {
  const distance = Math.abs(step);
  const first = step > 0 ? start : start + (count - 1) * step;
  const last = first + (count - 1) * distance;
  // Between the places: each gap by itself, or all first places of gaps, all second ones and so on.
  const gaps =
    count <= distance
      ? Array.from({ length: count - 1 }, (_, k) => runOf(first + k * distance + 1, distance - 1))
      : Array.from({ length: distance - 1 }, (_, k) => ({ ...runOf(first + k + 1, count - 1), toStep: distance }));
  return [runOf(0, first), ...gaps, runOf(last + 1, n - last - 1)].filter((run) => run.count > 0);
}

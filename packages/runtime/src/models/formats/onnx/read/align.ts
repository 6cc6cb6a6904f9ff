import { parameter, type Value } from '@gradloom/core';
import { createElements, sizeOf, typeOf } from '@gradloom/core/internal';
import { reorder } from '../../reorder.ts';
import { type Call, type Item, isConstant, type LayerAdder } from './call.ts';
import {
  type Axes,
  arrangeAxes,
  commonFactors,
  extentOf,
  groupParts,
  newAxes,
  type Part,
  ROWS,
  type Rows,
  rowParts,
  split,
} from './rows.ts';
import type { Tensor } from './tensor.ts';

/** An item while it is aligned with others. */
interface Aligned {
  readonly item: Item;
  readonly axes: Axes;
  readonly stored: readonly Part[];
  /** Of values that are joined along an axis: what stands for its parts, and these. */
  readonly joined?: { readonly mark: Part; readonly parts: readonly Part[] };
}

/** Values that are spread over each other's axes as in NumPy, in one order of their parts. */
export interface Alignment {
  readonly axes: Axes;
  readonly stored: readonly Part[];
  /** The values, with axes that layers spread from the last one on. Constants are made parameters. */
  readonly values: readonly Value[];
}

/**
 * Brings items that a function of numbers reads to one order of parts: that of the first computed one with all parts.
 * @throws Error for axes that do not fit.
 */
export function align(call: Call, items: readonly Item[]): Alignment {
  const rank = Math.max(...items.map((item) => (isConstant(item) ? item.dims : item.axes).length));
  const start = items.map((item, k): Aligned => {
    const { axes, stored } = partsOf(item, k);
    return { item, axes: [...Array<Part[]>(rank - axes.length).fill([]), ...axes], stored };
  });
  return alignParts(call, start);
}

/** The same for values that are joined along an axis, which may have another extent in each; `at` is its index. */
export function alignBeside(call: Call, items: readonly Item[], axis: number): Alignment & { readonly at: number } {
  const mark: Part = { extent: Number.POSITIVE_INFINITY };
  const start = items.map((item, k): Aligned => {
    const { axes, stored } = partsOf(item, k);
    const parts = axes[axis];
    if (parts.includes(ROWS)) throw mixedRows(call);
    const order = parts.length === 0 ? stored : groupParts(stored, parts);
    const at = parts.length === 0 ? order.length : order.indexOf(parts[0]);
    const markedOrder = [...order.slice(0, at), mark, ...order.slice(at + parts.length)];
    return { item, axes: axes.with(axis, [mark]), stored: markedOrder, joined: { mark, parts } };
  });
  const alignment = alignParts(call, start);
  const at = alignment.stored.indexOf(mark);
  return { ...alignment, at };
}

const partsOf = (item: Item, index: number): Pick<Rows, 'axes' | 'stored'> =>
  isConstant(item) ? partsOfConstant(item) : index === 0 ? item : freshParts(item);

function alignParts(call: Call, start: readonly Aligned[]): Alignment {
  let entries = start;
  const rank = start[0].axes.length;
  for (let axis = 0; axis < rank; axis++) entries = alignAxis(call, entries, axis);
  const axes = Array.from({ length: rank }, (_, axis) => {
    return entries.find((entry) => entry.axes[axis].length > 0)?.axes[axis] ?? [];
  });
  const parts = rowParts(axes);
  const wholeEntries = entries.filter(({ stored }) => stored.length === parts.length);
  const storedParts = (wholeEntries.find(({ item }) => !isConstant(item)) ?? wholeEntries[0])?.stored ?? parts;
  return { axes, stored: storedParts, values: entries.map((entry) => parameterOrRows(call, entry, storedParts)) };
}

/** The parts of a constant; one that has rows, all alike, has one of them. */
function partsOfConstant({ dims }: Tensor): Pick<Rows, 'axes' | 'stored'> {
  const axes = newAxes(dims);
  return { axes, stored: axes.flat() };
}

/** Parts of its own, since two items may share one along different axes. */
function freshParts({ axes, stored }: Rows): Pick<Rows, 'axes' | 'stored'> {
  const parts = new Map(stored.map((part) => [part, { extent: part.extent }]));
  const replaceParts = (list: readonly Part[]): Part[] => list.map((part) => parts.get(part) ?? part);
  return { axes: axes.map(replaceParts), stored: replaceParts(stored) };
}

const isSameAxis = (a: readonly Part[], b: readonly Part[]): boolean =>
  a.length === b.length && a.every((part, i) => part === b[i]);

/** Gives one axis of all items, unless it has length 1, the same parts. */
function alignAxis(call: Call, entries: readonly Aligned[], axis: number): Aligned[] {
  let result = [...entries];
  for (const [k, entry] of entries.entries()) {
    const first = result.findIndex(({ axes }) => axes[axis].length > 0);
    const [a, b] = [result[first]?.axes[axis] ?? [], entry.axes[axis]];
    if (first >= k || first === -1 || b.length === 0 || isSameAxis(a, b)) continue;
    if (extentOf(a) !== extentOf(b)) {
      const [problem, expected] = [`extents ${show(a)} and ${show(b)} in one axis`, 'extents that are equal or 1'];
      throw a.includes(ROWS) || b.includes(ROWS) ? mixedRows(call, problem, expected) : call.fault(problem, expected);
    }
    const sharedFactors = commonFactors(a, b);
    if (sharedFactors === null) throw call.fault('an axis that is split in two ways', 'one order of its parts');
    const { pieces, countsA, countsB } = sharedFactors;
    if (a.includes(ROWS) !== b.includes(ROWS)) throw mixedRows(call);
    result = result.map((other, j) => {
      if (j === k) return split(other, b, pieces, countsB);
      return j < k && other.axes[axis].length > 0 ? split(other, a, pieces, countsA) : other;
    });
  }
  return result;
}

const show = (parts: readonly Part[]): string =>
  parts.includes(ROWS)
    ? `of the batch${parts.length > 1 ? ` · ${extentOf(parts) / ROWS.extent}` : ''}`
    : `${extentOf(parts)}`;

/** The rows of a batch do not stay apart, so that only all of them together can be a row of a network. */
export class MixedRowsError extends Error {}

/** The error of an operator that mixes the rows of a batch. */
export const mixedRows = (
  call: Call,
  problem = 'a value that mixes the rows of a batch',
  expected = 'rows that stay apart, in the first axis',
): MixedRowsError => new MixedRowsError(call.fault(problem, expected).message);

/** The item with its parts in the order of `storedParts`, and 1 where it has none. */
function parameterOrRows(
  call: Call,
  { item, axes, stored: itemParts, joined }: Aligned,
  storedParts: readonly Part[],
): Value {
  const partsOf = (part: Part): readonly Part[] => (part === joined?.mark ? joined.parts : [part]);
  const groups = storedParts.map((part) => (itemParts.includes(part) ? partsOf(part) : []));
  const first = joined === undefined ? groups.findIndex((group) => group.length > 0) : 0;
  const from = first === -1 ? [] : groups.slice(first);
  const ownAxes = axes.map((parts) => parts.flatMap(partsOf));
  if (!isConstant(item)) return arrangeAxes({ ...item, axes: ownAxes, stored: itemParts.flatMap(partsOf) }, from);
  return constantValue(call, item, ownAxes, from);
}

/** Largest float32. */
export const LARGEST = (2 - 2 ** -23) * 2 ** 127;

/** A constant as a parameter, its parts in the order of the groups. */
export function constantValue(adder: LayerAdder, tensor: Tensor, axes: Axes, groups: Axes): Value {
  const parts = axes.flat();
  const order = groups.flat().map((part) => parts.indexOf(part));
  const shape = groups.length === 0 ? [1] : groups.map(extentOf);
  const numbers = createElements(typeOf(tensor.numbers), sizeOf(shape));
  if (order.length === 0) numbers.set(tensor.numbers);
  else
    reorder(
      numbers,
      tensor.numbers,
      parts.map(({ extent }) => extent),
      order,
    );
  // Weights are finite. A mask of -∞ before a softmax does the same with the lowest float.
  const isMask = numbers.some((number) => Math.abs(number) === Number.POSITIVE_INFINITY);
  if (isMask) for (const [k, number] of numbers.entries()) numbers[k] = Math.min(Math.max(number, -LARGEST), LARGEST);
  const isTrained = tensor.weight !== undefined && !isMask;
  return adder.add(adder.anyRows(), parameter(shape), { W: numbers }, [tensor.weight], isTrained);
}

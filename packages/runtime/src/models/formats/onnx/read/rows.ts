import { reshape, transpose, type Value } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import type { TensorType } from './tensor.ts';

/**
 * A factor of the extent of an axis. The numbers of a value lie in memory part by part, in any order: an image
 * [N, C, H, W] of a graph lies as H, W, C, and flattened it is one axis of the parts C, H, W that still lies so. Then a
 * transposition, and a reshape that cuts no part, move no number. Axes of length 1 have no part.
 */
export interface Part {
  readonly extent: number;
}

/**
 * The rows of a batch, whose number is free. It is this prime in all arithmetic of shapes, so that any extent that it
 * divides has the rows in it. No value has them in memory: layers read row after row.
 */
export const ROWS: Part = { extent: 1_000_003 };

/** Extents of a constant that is the same for all rows, in place of extents with the rows in them. */
export const withoutBatch = (dims: readonly number[]): number[] =>
  dims.map((extent) => (extent > 0 && extent % ROWS.extent === 0 ? extent / ROWS.extent : extent));

/** Axes of a graph's value, each of its parts, the outermost first. */
export type Axes = readonly (readonly Part[])[];

/** A value that layers compute. */
export interface Rows {
  readonly type: TensorType;
  readonly axes: Axes;
  /** All parts but `ROWS`, in the order in which they lie in memory. */
  readonly stored: readonly Part[];
  /** The numbers. Its shape has the extents of the stored parts, and may have further axes of length 1. */
  readonly value: Value;
}

/** The axes of an extent each. */
export const newAxes = (dims: readonly number[]): Axes => dims.map((extent) => (extent === 1 ? [] : [{ extent }]));

export const extentOf = (parts: readonly Part[]): number => sizeOf(parts.map(({ extent }) => extent));

export const dimsOf = ({ axes }: Pick<Rows, 'axes'>): number[] => axes.map(extentOf);

/** The parts of axes that lie in memory, in the order of the graph. */
export const rowParts = (axes: Axes): Part[] => axes.flat().filter((part) => part !== ROWS);

const isSameOrder = (a: readonly Part[], b: readonly Part[]): boolean =>
  a.length === b.length && a.every((part, k) => part === b[k]);

const movedValues = new WeakMap<Value, Map<string, Value>>();

/** The value that `make` makes of another; it is made once for each key. */
function once(value: Value, key: string, make: () => Value): Value {
  const known = movedValues.get(value) ?? new Map<string, Value>();
  movedValues.set(value, known);
  const result = known.get(key) ?? make();
  known.set(key, result);
  return result;
}

/** The value in another shape of as many numbers. */
export const reshapeValue = (value: Value, shape: readonly number[]): Value =>
  String(value.shape) === String(shape) ? value : once(value, `shape ${shape}`, () => value.through(reshape(shape)));

/** The numbers in an order of parts, with an axis for each group (1 for an empty one). `groups` has each part once. */
export function arrangeAxes({ stored, value }: Rows, groups: Axes): Value {
  const order = groups.flat();
  const shape = groups.length === 0 ? [1] : groups.map(extentOf);
  if (isSameOrder(order, stored)) return reshapeValue(value, shape);
  const axes = order.map((part) => stored.indexOf(part));
  const inParts = reshapeValue(
    value,
    stored.map(({ extent }) => extent),
  );
  return reshapeValue(
    once(inParts, `axes ${axes}`, () => inParts.through(transpose({ axes }))),
    shape,
  );
}

/** The value with its numbers in the order of the graph, an axis for each of the graph, but for that of the rows. */
export const valueInOrder = (rows: Rows): Value => arrangeAxes(rows, withoutRows(rows.axes));

/** The axes without the rows, and without an axis that is the rows alone. */
export const withoutRows = (axes: Axes): Axes =>
  axes.filter((parts) => !isSameOrder(parts, [ROWS])).map((parts) => parts.filter((part) => part !== ROWS));

/** The order that has some parts next to each other, in their order, where the innermost of them lay. */
export function groupParts(storedParts: readonly Part[], parts: readonly Part[]): Part[] {
  const last = storedParts.findLastIndex((part) => parts.includes(part));
  const rest = (part: Part): boolean => !parts.includes(part);
  return [...storedParts.slice(0, last + 1).filter(rest), ...parts, ...storedParts.slice(last + 1).filter(rest)];
}

/** The factors of which both lists of parts are made, and how many of them each part has; null if one is cut. */
export function commonFactors(
  a: readonly Part[],
  b: readonly Part[],
): {
  readonly pieces: readonly Part[];
  readonly countsA: readonly number[];
  readonly countsB: readonly number[];
} | null {
  const pieces: Part[] = [];
  const [countsA, countsB] = [a.map(() => 0), b.map(() => 0)];
  let [i, j] = [0, 0];
  let [restA, restB] = [a[0]?.extent, b[0]?.extent];
  while (i < a.length && j < b.length) {
    const [extent, larger] = [Math.min(restA, restB), Math.max(restA, restB)];
    if (larger % extent !== 0) return null;
    const [isWholeA, isWholeB] = [extent === a[i].extent, extent === b[j].extent];
    pieces.push(isWholeA && a[i] === ROWS ? ROWS : isWholeB && b[j] === ROWS ? ROWS : isWholeA ? a[i] : { extent });
    countsA[i]++;
    countsB[j]++;
    restA /= extent;
    restB /= extent;
    if (restA === 1) restA = a[++i]?.extent;
    if (restB === 1) restB = b[++j]?.extent;
  }
  return i === a.length && j === b.length ? { pieces, countsA, countsB } : null;
}

/** Replaces each of the parts by so many of the pieces, one part after the other. */
export function split<T extends Pick<Rows, 'axes' | 'stored'>>(
  rows: T,
  parts: readonly Part[],
  pieces: readonly Part[],
  counts: readonly number[],
): T {
  const piecesOf = new Map<Part, readonly Part[]>();
  let first = 0;
  for (const [k, part] of parts.entries()) {
    piecesOf.set(part, pieces.slice(first, first + counts[k]));
    first += counts[k];
  }
  const replace = (list: readonly Part[]): Part[] => list.flatMap((part) => piecesOf.get(part) ?? [part]);
  return { ...rows, axes: rows.axes.map(replace), stored: replace(rows.stored) };
}

/**
 * The value with other axes, as Reshape makes them. Where a part would be cut, its numbers are first moved to the order
 * of the graph; null if they cannot be, since rows would be mixed.
 */
export function regroupAxes(rows: Rows, dims: readonly number[]): Rows | null {
  const flat = rows.axes.flat();
  const extents = dims.filter((extent) => extent !== 1).map((extent) => ({ extent }));
  const sharedFactors = commonFactors(flat, extents);
  if (sharedFactors === null) {
    const [first] = flat;
    const parts = rowParts(rows.axes);
    if (flat.length <= 1 || (flat.includes(ROWS) && first !== ROWS) || parts.length <= 1) return null;
    const [wholeAxis] = newAxes([extentOf(parts)]);
    const axes = first === ROWS ? [[ROWS, ...wholeAxis]] : [wholeAxis];
    return regroupAxes({ ...rows, axes, stored: wholeAxis, value: arrangeAxes(rows, [parts]) }, dims);
  }
  const { pieces, countsA, countsB } = sharedFactors;
  if (flat.includes(ROWS) && !pieces.includes(ROWS)) return null;
  let next = 0;
  let axis = 0;
  const axes = dims.map((extent) => {
    if (extent === 1) return [];
    const count = countsB[axis++];
    next += count;
    return pieces.slice(next - count, next);
  });
  return { ...split(rows, flat, pieces, countsA), axes };
}

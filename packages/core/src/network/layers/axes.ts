import { OptionError } from '../../checks/option-error.ts';
import { checkedBy } from '../../checks/options/index.ts';
import { has, show } from '../../checks/show.ts';
import { type Shape, sizeOf } from '../shape.ts';

const isAxis = (value: unknown): value is number => Number.isSafeInteger(value);

/** An axis of a row, counted from 0, or from the end: -1 is the last. */
export const axisOption = checkedBy('a whole number, below 0 from the last axis', isAxis);

/** One axis of a row or a list of them. */
export const axesOption = checkedBy(
  'a whole number, below 0 from the last axis, or a list of them',
  (value): value is number | readonly number[] =>
    isAxis(value) || (Array.isArray(value) && value.length > 0 && value.every(isAxis)),
);

/** Largest extent of an axis: kernels compute positions with 32 bits, and float32 represents all numbers up to it. */
export const MAX_EXTENT = 16_777_216;

const isWhole = (value: unknown): value is number => Number.isInteger(value) && Math.abs(Number(value)) <= MAX_EXTENT;

/** A list of whole numbers, which may be below 0. */
export const wholeList = checkedBy(
  `a list of at least 1 whole number from -${MAX_EXTENT} to ${MAX_EXTENT}`,
  (value): value is readonly number[] => Array.isArray(value) && value.length > 0 && value.every(isWhole),
);

/** A whole number, or a list of them, which may be below 0. */
export const wholeOrList = checkedBy(
  `a whole number from -${MAX_EXTENT} to ${MAX_EXTENT}, or a list of them`,
  (value): value is number | readonly number[] => isWhole(value) || wholeList.isValid(value),
);

/** Options of a spec, or the same with their defaults. */
export type SpecOrRead<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** The index of an axis that may be counted from the end. @throws OptionError if a row of this shape has none such. */
export function axisOf(kind: string, axis: number, input: Shape, name = 'axis'): number {
  const index = axis < 0 ? input.length + axis : axis;
  if (index >= 0 && index < input.length) return index;
  const range = `from ${-input.length} to ${input.length - 1}`;
  throw new OptionError(kind, name, `has ${axis}, expected an axis of a row of shape ${show(input)}, ${range}`);
}

/** The indices of different axes, the last one first; of all axes where none is requested. */
export function axesOf(kind: string, axes: number | readonly number[] | undefined, input: Shape): readonly number[] {
  const requested: readonly number[] = [axes ?? Array.from(input, (_, axis) => axis)].flat();
  const indices = new Set(requested.map((axis) => axisOf(kind, axis, input)));
  if (indices.size < requested.length) throw new OptionError(kind, 'axis', `${has(axes)}, expected each axis once`);
  return [...indices].sort((a, b) => b - a);
}

/** A row as [outer, n, inner], where n is the length of an axis. */
export interface Axis {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

export const alongAxis = (shape: Shape, axis: number): Axis => ({
  outer: sizeOf(shape.slice(0, axis)),
  n: shape[axis],
  inner: sizeOf(shape.slice(axis + 1)),
});

/** The shape without the axes, or with length 1 along them; at least one axis stays. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  if (keepdims) return shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const rest = shape.filter((_, axis) => !axes.includes(axis));
  return rest.length === 0 ? [1] : rest;
}

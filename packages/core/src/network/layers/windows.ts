import { OptionError } from '../../checks/option-error.ts';
import { checkedBy } from '../../checks/options/index.ts';
import { has, show } from '../../checks/show.ts';
import type { WindowAxis } from '../../math/windows.ts';
import type { Shape } from '../shape.ts';
import { MAX_EXTENT } from './axes.ts';

const isWhole = (value: unknown, min: number): boolean =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= MAX_EXTENT;

/** A whole number for all axes, or one for each of at most two. */
export const perAxis = (min: number) =>
  checkedBy(
    `a whole number from ${min} to ${MAX_EXTENT}, or a list of one for each axis`,
    (value): value is number | readonly number[] =>
      Array.isArray(value) ? value.length <= 2 && value.every((n) => isWhole(n, min)) : isWhole(value, min),
  );

const SHAPES: Readonly<Record<number, string>> = { 1: '[length, channels]', 2: '[height, width, channels]' };

/** The number of axes before the channels. @throws OptionError if it is none of `allowedAxes`. */
export function axesOf(kind: string, input: Shape, allowedAxes: readonly (1 | 2)[]): number {
  const axes = input.length - 1;
  if (allowedAxes.some((number) => number === axes)) return axes;
  const expected = allowedAxes.map((number) => SHAPES[number]).join(' or ');
  throw new OptionError(kind, 'in', `has shape ${show(input)}, expected ${expected}`, { about: 'input' });
}

/** The value of an option along axis `a`. @throws OptionError if it is a list of another length. */
export function alongAxis(
  kind: string,
  name: string,
  value: number | readonly number[],
  a: number,
  axes: number,
): number {
  if (typeof value === 'number') return value;
  if (value.length === axes) return value[a];
  throw new OptionError(kind, name, `${has(value)}, expected a number for each axis, ${axes}`);
}

/**
 * The windows along axis `a` of the input, with `padding` positions on its two sides together.
 * @throws OptionError about the option `name` if not even one window fits.
 */
export function windowsAlong(
  kind: string,
  name: string,
  input: Shape,
  a: number,
  { padding, ...window }: Omit<WindowAxis, 'inputs' | 'outputs'> & { readonly padding: number },
): WindowAxis {
  const span = window.dilation * (window.kernel - 1) + 1;
  const extent = input[a] + padding;
  if (span > extent) {
    const size = `${show(input)}${padding > 0 ? ' with its padding' : ''}`;
    throw new OptionError(kind, name, `spans ${span} positions of ${extent}, expected one that fits into ${size}`);
  }
  return { ...window, inputs: input[a], outputs: Math.floor((extent - span) / window.stride) + 1 };
}

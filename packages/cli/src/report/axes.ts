import type { ScaleOptions } from '@observablehq/plot';
import { whole } from '../terminal/text/format.ts';

/** Width in pixels that texts are given for a letter; most are narrower. */
export const LETTER_WIDTH = 6.8;

/** With larger values, the length of an axis overflows. */
const MAX_DRAWABLE = 1e300;

/** Whether a value can be drawn on an axis; on a logarithmic axis it must be positive. */
export const isDrawable = (value: number, log = false): boolean =>
  Math.abs(value) <= MAX_DRAWABLE && (!log || value >= 1 / MAX_DRAWABLE);

export const isDrawableLog = (value: number): boolean => isDrawable(value, true);

/** Margins in pixels of a chart with labels on both axes, and the width between them. */
export const axisMargins = { left: 62, right: 24, top: 28, bottom: 40 };
export const innerWidth = (width: number): number => width - axisMargins.left - axisMargins.right;

/** Powers of ten. */
export type LogRange = readonly [low: number, high: number];

/** The range of the positive values, rounded outwards to powers of ten, and `above` powers higher. */
export function logRange(values: readonly number[], above = 0): LogRange {
  const logs = values.filter(isDrawableLog).map(Math.log10);
  if (logs.length === 0) return [0.1, 1];
  const [low, high] = [Math.floor(lowest(logs)), Math.ceil(highest(logs) + above)];
  return [10 ** low, 10 ** (high > low ? high : low + 1)];
}

/** At most `max` of the items, evenly spaced from the first. */
export function evenlySpaced<T>(items: readonly T[], max: number): T[] {
  const stride = Math.ceil(items.length / max);
  return items.filter((_, k) => k % stride === 0);
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** Tick labels such as 10⁻⁵ and 3 × 10⁻⁵; numbers that are easy to read stay plain. */
export function tick(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6) {
    return size >= 1000 ? whole(value) : String(Number(value.toPrecision(6)));
  }
  const [digits, exponent] = value.toExponential(2).split('e');
  const power = `10${[...exponent.replace('+', '')].map((sign) => (sign === '-' ? '⁻' : superscripts[Number(sign)])).join('')}`;
  const factor = Number(digits);
  return factor === 1 ? power : `${factor}\u00a0×\u00a0${power}`;
}

/** A number in text, rounded to some significant digits: three are enough for a title. */
export const shortNumber = (value: number, digits = 3): string => tick(Number(value.toPrecision(digits)));

/** Ticks at powers of ten, about `count` of them; in a shorter range also at 2 and 5 times these. */
export function logTicks(low: number, high: number, count = 7): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const exponents = Array.from({ length: last - first + 1 }, (_, k) => first + k);
  const multiplesInRange = (digits: readonly number[]) =>
    exponents
      .flatMap((exponent) => digits.map((digit) => Number(`${digit}e${exponent}`)))
      .filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const powers = multiplesInRange([1]);
  if (powers.length > 2) return evenlySpaced(powers.toReversed(), count).reverse();
  const ticks = multiplesInRange([1, 2, 5]);
  return ticks.length >= 2 ? ticks : [low, Math.sqrt(low * high), high].map((value) => Number(value.toPrecision(2)));
}

/** Width of a digit of a tick label, and the least gap between two labels, in pixels. */
const [DIGIT_WIDTH, LABEL_GAP] = [7, 14];

/**
 * Ticks of a linear axis from `low` to `high`, at multiples of 1, 2 or 5 times a power of ten: at most `maxTicks`,
 * whose labels fit side by side into `width` pixels.
 */
export function fittingTicks(low: number, high: number, width: number, maxTicks: number, minStep = 0): number[] {
  const range = high - low;
  if (!(range > 0)) return [low];
  for (let power = Math.floor(Math.log10(range / maxTicks)); ; power++) {
    for (const digit of [1, 2, 5]) {
      const step = Number(`${digit}e${power}`);
      if (step < minStep) continue;
      const first = Math.ceil(low / step - 1e-9);
      const count = Math.floor(high / step + 1e-9) - first + 1;
      const ticks = Array.from({ length: Math.min(count, maxTicks + 1) }, (_, k) =>
        Number(((first + k) * step).toPrecision(12)),
      );
      const labelWidth = highest(ticks.map((value) => tick(value).length * DIGIT_WIDTH + LABEL_GAP));
      const tickWidth = (width * step) / range;
      if (count <= maxTicks && (count < 2 || labelWidth <= tickWidth)) return ticks;
    }
  }
}

/** A scale over the values that it can show. */
export function scaleOver(values: readonly number[], label: string, log = false): ScaleOptions {
  const drawable = values.filter((value) => isDrawable(value, log));
  if (drawable.length === 0) return { label, domain: [0, 1] };
  let [low, high] = [lowest(drawable), highest(drawable)];
  if (!log) {
    if (low === high) [low, high] = [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2];
    return { label, domain: [low, high], nice: true, tickFormat: tick, grid: true };
  }
  if (high / low < 1.01) [low, high] = [low / 1.5, high * 1.5];
  return { label, type: 'log', domain: [low, high], ticks: logTicks(low, high), tickFormat: tick, grid: true };
}

/** Least range of an axis: in a smaller one, noise would look like progress. */
const MIN_SHARE_OF_HIGHEST = 0.2;
const MIN_PERCENTAGE_POINTS = 10;

/** The range of an axis, below 0 only if a value is; of percentages it ends at 100, and starts lower instead. */
export function axisRange(values: readonly number[], inPercent = false): [number, number] {
  const finite = values.filter((value) => isDrawable(value));
  if (finite.length === 0) return [0, 1];
  const [low, high] = [lowest(finite), highest(finite)];
  const minRange = inPercent ? MIN_PERCENTAGE_POINTS : MIN_SHARE_OF_HIGHEST * Math.abs(high);
  const margin = Math.max(0, minRange - (high - low)) / 2;
  const upper = Math.min(high + margin, inPercent ? 100 : Number.POSITIVE_INFINITY);
  return [Math.max(Math.min(0, low), low - margin - (high + margin - upper)), upper];
}

export const percentRange = (values: readonly number[]): [number, number] => axisRange(values, true);

/** The lowest value; Infinity for none. Math.min takes only some ten thousand arguments. */
export const lowest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** The highest value; -Infinity for none. */
export const highest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

import type { ScaleOptions } from '@observablehq/plot';
import { whole } from '../terminal/text/format.ts';

/** With larger values, the length of an axis overflows. */
const MAX_DRAWABLE = 1e300;

/** Whether a value can be drawn on an axis; on a logarithmic axis it must be positive. */
export const isDrawable = (value: number, log = false): boolean =>
  Math.abs(value) <= MAX_DRAWABLE && (!log || value >= 1 / MAX_DRAWABLE);

/** Powers of ten. */
export type LogRange = readonly [low: number, high: number];

/** The range of the positive values, rounded outwards to powers of ten, plus `above` powers. */
export function logRange(values: readonly number[], above = 0): LogRange {
  const logs = values.filter((value) => isDrawable(value, true)).map(Math.log10);
  if (logs.length === 0) return [0.1, 1];
  const [low, high] = [Math.floor(lowest(logs)), Math.ceil(highest(logs) + above)];
  return [10 ** low, 10 ** (high > low ? high : low + 1)];
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

/** Ticks at powers of ten, about `count` of them; in a shorter range also at 2 and 5 times these. */
export function logTicks(low: number, high: number, count = 7): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const within = (values: number[]) => values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
  const powers = Array.from({ length: last - first + 1 }, (_, k) => first + k);
  const few = within(powers.map((power) => Number(`1e${power}`)));
  if (few.length > 2) {
    const every = Math.ceil(few.length / count);
    return few.filter((_, k) => (few.length - 1 - k) % every === 0);
  }
  const more = within(powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))));
  return more.length >= 2 ? more : [low, Math.sqrt(low * high), high].map((value) => Number(value.toPrecision(2)));
}

/** Width of a digit of a tick label, and the least gap between two labels, in pixels. */
const DIGIT = 7;
const GAP = 14;

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
      const labelWidth = highest(ticks.map((value) => tick(value).length * DIGIT + GAP));
      const tickWidth = (width * step) / range;
      if (count <= maxTicks && (count < 2 || labelWidth <= tickWidth)) return ticks;
    }
  }
}

/** A scale over `values`, logarithmic if asked for and possible; values that it cannot show are not drawn. */
export function scaleOver(values: readonly number[], label: string, log: boolean): ScaleOptions {
  const all = values.filter((value) => isDrawable(value, log));
  if (all.length === 0) return { label, domain: [0, 1] };
  let [low, high] = [lowest(all), highest(all)];
  if (!log) {
    if (low === high) [low, high] = [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2];
    return { label, domain: [low, high], nice: true, tickFormat: tick, grid: true };
  }
  if (high / low < 1.01) [low, high] = [low / 1.5, high * 1.5];
  return { label, type: 'log', domain: [low, high], ticks: logTicks(low, high), tickFormat: tick, grid: true };
}

/** Least height of an axis, so that noise does not look like progress: a share of the value, or points of percent. */
export const SHARE_OF_VALUE = 0.2;
export const POINTS = 10;

/**
 * The range of values, widened to at least the share `minHeight` of its highest value; with a `limit`, to at least
 * `minHeight` itself, below the limit.
 */
export function roomFor(values: readonly number[], minHeight: number, limit?: number): [number, number] {
  const finite = values.filter((value) => isDrawable(value));
  const [low, high] = [lowest(finite), highest(finite)];
  if (finite.length === 0) return [0, 1];
  const missing = Math.max(0, (limit === undefined ? minHeight * Math.abs(high) : minHeight) - (high - low)) / 2;
  const upper = Math.min(high + missing, limit ?? Number.POSITIVE_INFINITY);
  return [Math.max(Math.min(0, low), low - missing - (high + missing - upper)), upper];
}

/** The lowest value; Infinity for none. Math.min takes only some ten thousand arguments. */
export const lowest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** The highest value; -Infinity for none. */
export const highest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

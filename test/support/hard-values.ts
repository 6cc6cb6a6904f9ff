import { type ElementType, typeOf } from '../../packages/core/src/math/element-type.ts';

/**
 * Kinds of difficult numbers: 'plain' lies in [-1, 1) with zeros of both signs; 'broad' exceeds the range of exp;
 * 'wide' has every exponent from subnormal to huge; 'tiny' surrounds 0, the subnormals and the flushing limit of
 * gradients; 'special' mixes NaN, ±Infinity and range limits with plain ones; 'sparse' is 0 except for one in twenty,
 * some with products below the smallest subnormal; 'hair' produces numbers just below the flushing limit.
 */
export const valueMixes = ['plain', 'broad', 'wide', 'tiny', 'special', 'sparse', 'hair'] as const;
export type ValueMix = (typeof valueMixes)[number];

/**
 * Fills `values` from a 32-bit seed with difficult numbers of their type; for 'hair', those of the run's type, which
 * flushes. Overwrites `values`.
 */
export function fillHardValues(
  values: Float64Array | Float32Array,
  mix: ValueMix,
  seed: number,
  run: ElementType = typeOf(values),
): void {
  const next = mulberry32(seed);
  const draw = draws[mix];
  const range = { float64, float32 }[mix === 'hair' ? run : typeOf(values)];
  for (let i = 0; i < values.length; i++) values[i] = draw(next, range);
}

/** Draws a number uniform in [0, 1). */
type Next = () => number;

/** Difficult numbers of a type. */
interface Range {
  readonly broad: number; // e to this power overflows
  readonly exponents: readonly [least: number, count: number];
  readonly tinyExponents: readonly [least: number, count: number];
  readonly edges: readonly number[]; // 0, subnormals, and numbers on both sides of the flushing limit
  readonly hairs: readonly number[]; // factors of products that round to the flushing limit
  readonly specials: readonly number[]; // edges, huge numbers, infinities and NaN
  readonly small: number; // an exponent; the product of two such numbers is below the smallest subnormal
}

/**
 * Pairs of numbers with `digits` digits whose product is just below `least`, the smallest number that is kept, and
 * rounds up to it: a product must be rounded before it is flushed, and so must a number plus the square of `root`,
 * three quarters of the last digit of the numbers below `least`.
 */
function hairsOf(digits: number, least: number, root: number): number[] {
  const hair = 2 ** -Math.ceil((digits + 1) / 2);
  return [0, 1, 1 + hair, (1 - hair) * least, least, (1 - 2 ** -digits) * least, root];
}

const zeros = [0, -0];
const edges64 = [
  ...[...zeros, 5e-324, -5e-324, 2.2250738585072014e-308, -1.5e-310],
  ...[1.101803207925311e-280, -1.1018032079253108e-280],
];
const edges32 = [...zeros, 2 ** -149, -(2 ** -149), 2 ** -126, -1.5e-40, 2 ** -100, (2 ** -24 - 1) * 2 ** -100];

const specialsOf = (huge: readonly number[], edges: readonly number[]): number[] => [
  ...[Number.NaN, Infinity, -Infinity],
  ...huge.flatMap((it) => [it, -it]),
  ...edges,
];

const float64: Range = {
  broad: 800,
  exponents: [-1073, 2097],
  tinyExponents: [-1030, 200],
  edges: edges64,
  hairs: hairsOf(53, 2 ** -930, 1.25 * 2 ** -492),
  specials: specialsOf([Number.MAX_VALUE, 1e200], edges64),
  small: -540,
};

const float32: Range = {
  broad: 110,
  exponents: [-148, 276],
  tinyExponents: [-130, 50],
  edges: edges32,
  hairs: hairsOf(24, 2 ** -100, 0.875 * 2 ** -62),
  specials: specialsOf([(2 - 2 ** -23) * 2 ** 127, 1e25], edges32),
  small: -80,
};

const signed = (next: Next): number => 2 * next() - 1;
const pick = (list: readonly number[], next: Next): number => list[Math.floor(next() * list.length)];
const power = ([least, count]: readonly [number, number], next: Next): number =>
  powers[1074 + least + Math.floor(count * next())];
const powers = Float64Array.from({ length: 2098 }, (_, k) => 2 ** (k - 1074)); // `**` is slow

const draws: Record<ValueMix, (next: Next, range: Range) => number> = {
  plain: (next) => (next() < 0.05 ? pick(zeros, next) : signed(next)),
  broad: (next, { broad }) => broad * signed(next),
  wide: (next, { exponents }) => signed(next) * power(exponents, next),
  tiny: (next, { edges, tinyExponents }) =>
    next() < 0.3 ? pick(edges, next) : signed(next) * power(tinyExponents, next),
  special: (next, { specials }) => (next() < 0.02 ? pick(specials, next) : signed(next)),
  sparse: (next, { small }) => (next() < 0.95 ? 0 : next() < 0.1 ? -0 : signed(next) * 2 ** (next() < 0.5 ? 0 : small)),
  hair: (next, { hairs }) => pick(hairs, next),
};

/** Tommy Ettinger's mulberry32: 32 bits of state, enough to fill test arrays quickly. */
function mulberry32(seed: number): Next {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { type ElementType, typeOf } from '../../packages/core/src/math/element-type.ts';

/**
 * Numbers that look for trouble: 'plain' lies in [-1, 1) with zeros of both signs; 'broad' goes past the ends of exp;
 * 'wide' has every exponent from subnormal to huge; 'tiny' surrounds 0, the subnormals and the number below which
 * gradients are flushed; 'special' sows NaN, ±Infinity and ends of the range among plain ones; 'sparse' is 0 but for
 * one in twenty, some of which multiply to less than the least subnormal; 'hair' makes numbers a hair below those that
 * are kept.
 */
export const valueMixes = ['plain', 'broad', 'wide', 'tiny', 'special', 'sparse', 'hair'] as const;
export type ValueMix = (typeof valueMixes)[number];

/**
 * Fills `values` from a 32-bit seed, with numbers that are hard for its type; by a hair, for that of the run, which
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

/** Uniform in [0, 1). */
type Next = () => number;

/** What is hard of a type. */
interface Range {
  readonly broad: number; // e to this power is infinite
  readonly exponents: readonly [least: number, count: number];
  readonly tinyExponents: readonly [least: number, count: number];
  readonly edges: readonly number[]; // 0, subnormals, and both sides of where flushing begins
  readonly hairs: readonly number[]; // of which some make a number that rounds to where flushing begins
  readonly specials: readonly number[]; // the edges, what is huge, and what is no number
  readonly small: number; // an exponent of which two make less than the least subnormal
}

/**
 * Numbers of so many digits of which two make one just below `least`, the least that is kept, which rounds up to it: a
 * product is to be rounded before it is flushed, and so is a number plus the square of `root`, three quarters of the
 * last digit of what is below `least`.
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

/**
 * Doubles that look for trouble: 'plain' lies in [-1, 1) with zeros of both signs; 'broad' in ±800, past the ends of
 * exp; 'wide' has every exponent from subnormal to huge; 'tiny' surrounds 0, the subnormals and 2⁻⁹³⁰, where flushing
 * begins; 'special' sows NaN, ±Infinity and ends of the range among plain ones; 'sparse' is 0 but for one in twenty,
 * some of which multiply to less than the least subnormal.
 */
export const valueMixes = ['plain', 'broad', 'wide', 'tiny', 'special', 'sparse'] as const;
export type ValueMix = (typeof valueMixes)[number];

/** Fills `values` from a 32-bit seed. Overwrites `values`. */
export function fillHardValues(values: Float64Array, mix: ValueMix, seed: number): void {
  const next = mulberry32(seed);
  const draw = draws[mix];
  for (let i = 0; i < values.length; i++) values[i] = draw(next);
}

/** Uniform in [0, 1). */
type Next = () => number;

const signed = (next: Next): number => 2 * next() - 1;
const pick = (list: readonly number[], next: Next): number => list[Math.floor(next() * list.length)];
const zeros = [0, -0];
const edges = [5e-324, -5e-324, 2.2250738585072014e-308, -1.5e-310, 1.101803207925311e-280, -1.1018032079253108e-280];
const specials = [
  Number.NaN,
  Infinity,
  -Infinity,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e200,
  -1e200,
  ...zeros,
  ...edges,
];

const draws: Record<ValueMix, (next: Next) => number> = {
  plain: (next) => (next() < 0.05 ? pick(zeros, next) : signed(next)),
  broad: (next) => 800 * signed(next),
  wide: (next) => signed(next) * 2 ** Math.floor(2097 * next() - 1073),
  tiny: (next) =>
    next() < 0.3 ? pick([...zeros, ...edges], next) : signed(next) * 2 ** Math.floor(200 * next() - 1030),
  special: (next) => (next() < 0.02 ? pick(specials, next) : signed(next)),
  sparse: (next) => (next() < 0.95 ? 0 : next() < 0.1 ? -0 : signed(next) * 2 ** (next() < 0.5 ? 0 : -540)),
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

import { describe, expect, test } from 'vitest';
import { mathOf } from '../../../../packages/core/src/math/real-math.ts';
import { counted } from '../../../support/count.ts';
import { type Known, knownValues } from './known-values.ts';

const { round, exp, expm1, log, log1p, tanh, erf, sigmoid } = mathOf('float32');
const functions = { exp, expm1, log, log1p, tanh, erf, sigmoid };
const exact = mathOf('float64');
type FunctionName = keyof typeof functions;
const names = Object.keys(functions) as FunctionName[];

const { NaN: nan } = Number;
const max = (2 - 2 ** -23) * 2 ** 127;
const min = 2 ** -149;

interface Law {
  /** The largest error in ulp that the docstring allows. */
  readonly bound: number;
  /** The floats with the largest errors of all. */
  readonly worst: readonly number[];
  /**
   * Magnitudes between which `npm run test:all` takes every float. Below them the function is the first term of its
   * series, above them constant, and what remains has the arithmetic of what is within.
   */
  readonly every: { readonly above?: readonly [number, number]; readonly below?: readonly [number, number] };
}

const values = knownValues({ max, min, ulp: 2 ** -23, expOverflows: 88.72284, expVanishes: -103.97209 });

/** Values that hold exactly. */
const knownOf: Record<FunctionName, Known> = {
  ...values,
  exp: [...values.exp, [-103.97207, min]],
  sigmoid: [...values.sigmoid, [-103.97207, min]],
};

const laws: Record<FunctionName, Law> = {
  exp: {
    bound: 0.92,
    worst: [-37.776226, -16.2867699, -5.19839907],
    every: { above: [2 ** -26, 100], below: [2 ** -26, 110] },
  },
  expm1: { bound: 1.26, worst: [0.348779649, 16.6355305], every: { above: [2 ** -26, 100], below: [2 ** -26, 32] } },
  log: { bound: 0.85, worst: [1.41331851, 1.40545952], every: { above: [2 ** -4, 2 ** 4] } },
  log1p: {
    bound: 0.87,
    worst: [0.414194971, 0.412837416],
    every: { above: [2 ** -25, 2 ** 26], below: [2 ** -25, 1] },
  },
  tanh: { bound: 1.5, worst: [3.46527028, 3.11819625], every: { above: [2 ** -13, 16] } },
  erf: { bound: 1.4, worst: [0.893518865, 0.907322466], every: { above: [2 ** -13, 8] } },
  sigmoid: { bound: 1.81, worst: [-1.14523542, -1.13876367], every: { above: [2 ** -26, 32], below: [2 ** -26, 110] } },
};

const ALL_MAGNITUDES = 0x7f800001; // bits of the floats from 0 to Infinity

describe.each(names)('%s', (name) => {
  const { bound, worst, every } = laws[name];

  test.each(knownOf[name])('of %d is %d', (x, y) => {
    expect(functions[name](round(x))).toBe(round(y));
  });

  test('errs by no more than its docstring says, on one float in 8,192 of each sign', () => {
    const errors = [1, -1].map((sign) => largestError(name, sign, 0, ALL_MAGNITUDES, 2 ** 13));
    expect(errors.filter(({ error }) => !(error <= bound))).toEqual([]);
  });

  test('comes near what its docstring says', () => {
    expect(Math.max(...worst.map((x) => errorAt(name, round(x))))).toBeLessThanOrEqual(bound);
    expect(Math.max(...worst.map((x) => errorAt(name, round(x))))).toBeGreaterThan(0.9 * bound);
  });

  test.each(Object.entries(every))(
    'errs by no more on every float %s 0 where it bends',
    (side, [low, high]) => {
      const stride = counted(2 ** 11, 1);
      const { error, x } = largestError(name, side === 'above' ? 1 : -1, bitsOf(low), bitsOf(high), stride);
      expect([x, error <= bound ? 'within' : error]).toEqual([x, 'within']);
    },
    600_000,
  );
});

test.each(['tanh', 'erf'] as const)('%s is odd to the bit', (name) => {
  const f = functions[name];
  for (let bits = 0; bits < ALL_MAGNITUDES; bits += 999_983) expect(f(-floatOf(bits))).toBe(-f(floatOf(bits)));
});

/** The largest error in ulp, and where it is, over one float in each `stride` of those with bits in [from, to). */
function largestError(
  name: FunctionName,
  sign: number,
  from: number,
  to: number,
  stride: number,
): { error: number; x: number } {
  let largest = { error: -1, x: nan };
  const [f, exactly] = [functions[name], exact[name]];
  for (let first = from, drawn = 1; first < to; first += stride) {
    drawn = (Math.imul(drawn, 1664525) + 1013904223) | 0; // else only floats with zeros at their end
    const x = sign * floatOf(Math.min(first + ((drawn >>> 12) % stride), to - 1));
    // An ulp is 2⁻²⁴ of a number at least, so most floats need no closer look.
    const y = exactly(x);
    const magnitude = Math.abs(y);
    if (Math.abs(f(x) - y) <= largest.error * 2 ** -24 * magnitude && magnitude < 1e38) continue;
    const error = errorAt(name, x);
    if (!(error <= largest.error)) largest = { error, x };
    if (Number.isNaN(error)) break;
  }
  return largest;
}

/** The error in ulp of the exact value, which the functions of doubles know to 2⁻²⁷ ulp. NaN where no error may be. */
function errorAt(name: FunctionName, x: number): number {
  const y = functions[name](x);
  const exactValue = exact[name](x);
  const nearest = round(exactValue);
  if (Object.is(y, nearest)) return Number.isFinite(y) ? Math.abs(y - exactValue) / ulp(nearest) : 0;
  if (round(y) !== y || Math.abs(nearest) === Infinity || exactValue === 0) return nan;
  return Math.abs(y - exactValue) / ulp(nearest);
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function floatOf(bits: number): number {
  word[0] = bits;
  return float[0];
}

function bitsOf(x: number): number {
  float[0] = x;
  return word[0];
}

/** Distance from y to its neighbour away from 0, or to the one that would be there. */
function ulp(y: number): number {
  float[0] = Math.abs(y);
  const below = float[0];
  word[0] = Math.min(word[0] + 1, 0x7f7fffff);
  return float[0] === below ? 2 ** 104 : float[0] - below;
}

import { erfPolynomials } from '../../math/erf.ts';
import { expPolynomial } from '../../math/exp.ts';
import { LN2_HI, LN2_LO, LOG2_E } from '../../math/exponent.ts';
import { erfPolynomials as floatErf } from '../../math/float32/erf.ts';
import { expPolynomial as floatExp } from '../../math/float32/exp.ts';
import * as floatExponent from '../../math/float32/exponent.ts';
import { logPolynomial as floatLog } from '../../math/float32/log.ts';
import { FLUSH_BELOW } from '../../math/flush.ts';
import { logPolynomial } from '../../math/log.ts';
import type { ScalarMath } from '../../math/real-math.ts';
import type { Condition, Formula, Value } from './formula.ts';

/** The functions of `RealMath`, to the same bits, written with the operations of a formula. */
export type Functions = Pick<
  ScalarMath<Value, Condition>,
  | ('flush' | 'negative' | 'absolute' | 'sign' | 'exp' | 'expBelow' | 'expm1' | 'expm1Below')
  | ('log' | 'log1p' | 'log1pWithin' | 'tanh' | 'erf' | 'sigmoid')
>;

/** Numbers that depend on the element type. */
const numbersByType = {
  float64: {
    fraction: 52, // bits
    bias: 1023n,
    sizeBits: 0x7fffffff_ffffffffn, // all but the sign
    log2E: LOG2_E,
    ln2Hi: LN2_HI,
    ln2Lo: LN2_LO,
    /** 1.5 · 2⁵² + 2 · bias: see `nearestExponent`. */
    round: 6755399441057790,
    maxExp: 1000, // above, eˣ is ∞; below minExp it is 0
    minExp: -1000,
    expPolynomial,
    maxExpm1: 40, // above, eˣ - 1 rounds to eˣ, and e⁻ˣ - 1 to -1
    maxTanh: 22, // above, tanh x rounds to 1
    ln2: 0.6931471805599453,
    maxErf: 6, // above, erf x rounds to 1
    erfNear: erfPolynomials.P,
    erfFar: erfPolynomials.Q,
    logPolynomial,
    minNormal: 2.2250738585072014e-308,
    lift: 18014398509481984, // 2⁵⁴
    liftExponent: 54,
    oneOverSqrtHalf: 0x95f62_00000000n, // bits of 1 minus those of √½, whose lower half is left out
    noFraction: 4503599627370496, // 2⁵²
    minLog1p: -0.29,
    maxLog1p: 0.41,
    /** Bits of √2, those of the upper half alone for doubles. From here on 1 + x is 2 · (1 + f) in logarithms. */
    sqrt2: 0x3ff6a09e_00000000n,
  },
  float32: {
    fraction: 23,
    bias: 127n,
    sizeBits: 0x7fffffffn,
    log2E: floatExponent.LOG2_E,
    ln2Hi: floatExponent.LN2_HI,
    ln2Lo: floatExponent.LN2_LO,
    round: 12583166, // 1.5 · 2²³ + 2 · bias
    maxExp: 100,
    minExp: -110,
    expPolynomial: floatExp,
    maxExpm1: 20,
    maxTanh: 10,
    ln2: 0.6931471824645996,
    maxErf: 4,
    erfNear: floatErf.P,
    erfFar: floatErf.Q,
    logPolynomial: floatLog,
    minNormal: 1.1754943508222875e-38,
    lift: 33554432, // 2²⁵
    liftExponent: 25,
    oneOverSqrtHalf: 0x4afb0dn,
    noFraction: 8388608, // 2²³
    minLog1p: -0.28999999165534973,
    maxLog1p: 0.4099999964237213,
    sqrt2: 0x3fb504f3n,
  },
} as const;

/** Each function has the formula, the order and the limits of packages/core/src/math, of both types. */
export function functionsOf(f: Formula): Functions {
  const { constant, bits, add, subtract, multiply, divide, lesser, greater, and, or, xor } = f;
  const { compare, choose, chooseRare, chooseOrZero, addBits, subtractBits, shiftLeft, shiftRight } = f;
  const numbers = numbersByType[f.type];
  const one = constant(1);
  const signBit = constant(-0);

  const negative = (x: Value): Value => xor(x, signBit);
  const absolute = (x: Value): Value => and(x, bits(numbers.sizeBits));
  /** y with the sign of x. y must be >= 0 or NaN. */
  const withSignOf = (x: Value, y: Value): Value => or(y, and(x, signBit));
  const atMost = (x: Value, limit: number): Value => lesser(constant(limit), x);
  const atLeast = (x: Value, limit: number): Value => greater(constant(limit), x);

  /** A number whose low bits are n + 2 · bias, with n = x / ln 2 rounded: `powerOfTwo` takes its exponent from them. */
  const nearestExponent = (x: Value): Value => add(multiply(x, constant(numbers.log2E)), constant(numbers.round));
  /** n, where r = `nearestExponent`. */
  const wholeOf = (r: Value): Value => subtract(r, constant(numbers.round));
  /** 2ⁿ for |n| < bias, where r = `nearestExponent`. */
  const powerOfTwo = (r: Value): Value => shiftLeft(subtractBits(r, bits(numbers.bias)), numbers.fraction);

  /** c₀ + w · (c₁ + w · (c₂ + …)). */
  const horner = (w: Value, coefficients: readonly number[]): Value =>
    coefficients
      .slice(0, -1)
      .reduceRight((sum, c) => add(constant(c), multiply(w, sum)), constant(coefficients.at(-1) ?? 0));
  /** The polynomials in w of every other coefficient: from the first on, and from the second on. */
  const hornerByParity = (w: Value, coefficients: readonly number[]): Value[] =>
    [0, 1].map((parity) =>
      horner(
        w,
        coefficients.filter((_, k) => k % 2 === parity),
      ),
    );
  /** Σ cₖ xᵏ, where even and odd powers are summed apart; w = x². */
  const evenAndOdd = (x: Value, w: Value, coefficients: readonly number[]): Value => {
    const [even, odd] = hornerByParity(w, coefficients);
    return add(even, multiply(x, odd));
  };

  /** eʳ - 1 - r for |r| ≤ ln 2 / 2. */
  function expTail(r: Value): Value {
    const rr = multiply(r, r);
    const c = subtract(r, multiply(rr, horner(rr, numbers.expPolynomial)));
    return divide(multiply(r, c), subtract(constant(2), c));
  }

  /** x = n · ln 2 + hi - lo, r = `nearestExponent`; eˣ = 2ⁿ · e^(hi - lo); `tail` = e^(hi - lo) - 1 - (hi - lo). */
  interface Reduced {
    readonly n: Value;
    readonly r: Value;
    readonly hi: Value;
    readonly lo: Value;
    readonly tail: Value;
  }

  function reduce(x: Value): Reduced {
    const r = nearestExponent(x);
    const n = wholeOf(r);
    const hi = subtract(x, multiply(n, constant(numbers.ln2Hi)));
    const lo = multiply(n, constant(numbers.ln2Lo));
    return { n, r, hi, lo, tail: expTail(subtract(hi, lo)) };
  }

  /** e^(hi - lo). */
  const expReduced = ({ hi, lo, tail }: Reduced): Value => subtract(one, subtract(subtract(lo, tail), hi));

  /** eˣ. */
  function scaleByPower(reduced: Reduced): Value {
    const y = expReduced(reduced);
    if (f.scale !== null) return f.scale(y, reduced.n);
    // n + 2 · bias in two halves: two factors, both normal, of which only the second can round.
    const half = shiftRight(reduced.r, 1);
    const rest = subtractBits(reduced.r, half);
    return multiply(multiply(y, shiftLeft(half, numbers.fraction)), shiftLeft(rest, numbers.fraction));
  }

  const exp = (x: Value): Value => expBelow(atMost(x, numbers.maxExp));
  /** eˣ for x ≤ maxExp, or NaN. */
  const expBelow = (x: Value): Value => scaleByPower(reduce(atLeast(x, numbers.minExp)));

  /** eˣ for -50 < x ≤ 0, where one factor 2ⁿ is normal and gives the same bits as two. */
  function expNegative(x: Value): Value {
    const reduced = reduce(x);
    const y = expReduced(reduced);
    return f.scale === null ? multiply(y, powerOfTwo(reduced.r)) : f.scale(y, reduced.n);
  }

  /** eˣ - 1 for -maxExpm1 ≤ x ≤ maxExpm1. */
  function expm1Reduced(x: Value, { r, hi, lo, tail }: Reduced): Value {
    const scale = powerOfTwo(r);
    const head = add(multiply(scale, hi), subtract(scale, one));
    const y = add(head, multiply(scale, subtract(tail, lo)));
    return withSignOf(x, y); // changes zeros alone: other y have the sign of x
  }

  const expm1Below = (x: Value): Value => expm1Reduced(x, reduce(atLeast(x, -numbers.maxExpm1)));

  function expm1(x: Value): Value {
    const reduced = reduce(atLeast(atMost(x, numbers.maxExp), -numbers.maxExpm1));
    return choose(compare(x, 'greater', constant(numbers.maxExpm1)), scaleByPower(reduced), expm1Reduced(x, reduced));
  }

  /** k · ln 2 + ln(1 + g) + c; c is 0 if it is null. */
  function logSum(g: Value, k: Value, c: Value | null): Value {
    const s = divide(g, add(constant(2), g));
    const half = multiply(multiply(constant(0.5), g), g);
    const z = multiply(s, s);
    const w = multiply(z, z);
    const [odd, even] = hornerByParity(w, numbers.logPolynomial); // of powers of z, from the first on
    const tail = add(multiply(z, odd), multiply(w, even));
    const low = multiply(k, constant(numbers.ln2Lo));
    const head = add(multiply(s, add(half, tail)), c === null ? low : add(low, c));
    return add(add(subtract(head, half), g), multiply(k, constant(numbers.ln2Hi)));
  }

  /** k and f of x = 2ᵏ · (1 + f), for 0 < x < ∞. */
  function split(x: Value): { k: Value; f: Value } {
    const isTiny = compare(x, 'less', constant(numbers.minNormal));
    const lifted = choose(isTiny, multiply(x, constant(numbers.lift)), x);
    const exponent = shiftRight(addBits(lifted, bits(numbers.oneOverSqrtHalf)), numbers.fraction); // k + bias
    const offset = subtractBits(exponent, bits(numbers.bias));
    const fraction = subtractBits(lifted, shiftLeft(offset, numbers.fraction));
    // A whole number in the low bits of 2⁵², less 2⁵², is a double.
    const { noFraction } = numbers;
    const wholeExponent = subtract(or(exponent, constant(noFraction)), constant(noFraction + Number(numbers.bias)));
    const k = subtract(wholeExponent, chooseOrZero(isTiny, constant(numbers.liftExponent)));
    return { k, f: subtract(fraction, one) };
  }

  /** y for 0 < x < ∞; x for ∞ and NaN; -∞ for 0; NaN below. */
  function withEdges(x: Value, y: Value): Value {
    const infinity = constant(Infinity);
    const isInside = compare(x, 'less', infinity);
    const above = choose(isInside, y, x);
    const zero = constant(0);
    const atZero = choose(compare(x, 'equal', zero), constant(-Infinity), above);
    return choose(compare(x, 'less', zero), constant(Number.NaN), atZero);
  }

  function log(x: Value): Value {
    const { k, f: g } = split(x);
    return withEdges(x, logSum(g, k, null));
  }

  function log1p(x: Value): Value {
    const isAboveMin: Condition = compare(x, 'greater', constant(numbers.minLog1p));
    const isBelowMax: Condition = compare(x, 'less', constant(numbers.maxLog1p));
    const u = add(one, x);
    const error = choose(compare(x, 'greater', one), subtract(one, subtract(u, x)), subtract(x, subtract(u, one)));
    const { k, f: g } = split(u);
    const zero = constant(0);
    const pick = (small: Value, large: Value): Value => choose(isAboveMin, choose(isBelowMax, small, large), large);
    const y = logSum(pick(x, g), pick(zero, k), pick(zero, divide(error, u)));
    const inside = withEdges(u, y); // u is 0, negative, infinite or NaN where 1 + x is
    return choose(compare(x, 'equal', zero), x, inside);
  }

  function log1pWithin(x: Value): Value {
    const isLarge = compare(x, 'atLeast', constant(numbers.maxLog1p));
    const u = add(one, x);
    const isDoubled = compare(u, 'atLeast', bits(numbers.sqrt2)); // u = 2 · (1 + f)
    const halved = choose(isDoubled, multiply(u, constant(0.5)), u);
    const error = divide(subtract(x, subtract(u, one)), u);
    const k = chooseOrZero(isLarge, chooseOrZero(isDoubled, one));
    return logSum(choose(isLarge, subtract(halved, one), x), k, chooseOrZero(isLarge, error));
  }

  function tanh(x: Value): Value {
    const size = absolute(x);
    const capped = atMost(size, numbers.maxTanh);
    const u = add(capped, capped);
    const r = nearestExponent(u);
    const remainder = subtract(u, multiply(wholeOf(r), constant(numbers.ln2)));
    const scale = powerOfTwo(r);
    const head = add(multiply(scale, remainder), subtract(scale, one));
    const tail = multiply(scale, expTail(remainder));
    const E = add(head, tail);
    const base = chooseOrZero(compare(size, 'less', constant(0.5)), size);
    const numerator = subtract(add(subtract(head, add(base, base)), tail), multiply(base, E));
    return withSignOf(x, add(divide(numerator, add(E, constant(2))), base));
  }

  function erf(x: Value): Value {
    const size = absolute(x);
    const s = multiply(x, x);
    const near = add(x, multiply(x, evenAndOdd(s, multiply(s, s), numbers.erfNear)));
    const t = atMost(size, numbers.maxErf);
    const Q = evenAndOdd(t, multiply(t, t), numbers.erfFar);
    const far = subtract(one, expNegative(negative(multiply(t, Q))));
    return chooseRare(compare(size, 'notLess', constant(0.875)), withSignOf(x, far), near);
  }

  function sigmoid(z: Value): Value {
    if (f.type === 'float64') return divide(one, add(one, exp(negative(z))));
    // With e = e^-|z| and r = e / (1 + e): 1 - r for z ≥ 0, else e · (1 - r).
    const e = expBelow(or(z, signBit));
    const r = divide(e, add(one, e));
    const tail = choose(compare(z, 'less', constant(0)), e, one);
    return subtract(tail, multiply(tail, r));
  }

  function flush(x: Value): Value {
    return chooseOrZero(compare(absolute(x), 'notLess', constant(FLUSH_BELOW[f.type])), x);
  }

  function sign(x: Value): Value {
    const isZeroOrNaN = compare(constant(0), 'notLess', absolute(x));
    return choose(isZeroOrNaN, x, withSignOf(x, one));
  }

  const exponentials = { exp, expBelow, expm1, expm1Below };
  return { flush, negative, absolute, sign, ...exponentials, log, log1p, log1pWithin, tanh, erf, sigmoid };
}

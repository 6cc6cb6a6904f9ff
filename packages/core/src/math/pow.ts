import { productError } from './error-free.ts';
import { exp } from './exp.ts';
import { binaryExponent, LN2_HI, LN2_LO, scale } from './exponent.ts';
import { logTail } from './log.ts';

/**
 * xʸ for real y: within 1.5 ulp if |y · ln x| < 16, 4 if it is below 100, 20 at the ends of the range. As in
 * ECMAScript, NaN for a negative x unless y is an integer, and for 1 to an infinite power. A result that is a whole
 * number may be off by an ulp.
 */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const magnitude = powPositive(Math.abs(x), y);
  if (x > 0) return magnitude;
  if (Math.floor(y) === y) return Math.floor(y / 2) * 2 !== y && (x < 0 || 1 / x < 0) ? -magnitude : magnitude;
  return x === 0 || x === -Infinity ? magnitude : NaN;
}

/** e^(y · ln x), where ln x = head + tail has a relative error of 2⁻⁵⁸. */
function powPositive(x: number, y: number): number {
  if (x === 1) return y - y === 0 ? 1 : NaN;
  const grows = x > 1 === y > 0;
  if (x === 0 || x === Infinity || Math.abs(y) > 1e20) return grows ? Infinity : 0; // |ln x| is at least 2⁻⁵³
  const k = binaryExponent(x);
  const f = scale(x, -k) - 1;

  // ln(1 + f) = 2s + s · R(s²) with s = f / (2 + f). `error` is that of s: 2 + f and the quotient are rounded.
  const d = 2 + f;
  const s = f / d;
  const p = s * d;
  const error = (f - p - productError(s, d, p) - s * (f - (d - 2))) / d;
  const R = logTail(s * s);
  // d ln(1 + f) / ds = 2 / (1 - s²) = 2 + 2s² + …, and R = ⅔s² + …: 2 + 3R is exact enough for the tiny `error`.
  const small = k * LN2_LO + (error * (2 + 3 * R) + s * R);
  const large = k * LN2_HI + 2 * s;
  const rest = k === 0 ? small : k * LN2_HI - large + 2 * s + small;
  const head = large + rest;
  const tail = large - head + rest;

  const product = y * head;
  const power = exp(product);
  if (power === 0 || power === Infinity) return power;
  return power + power * (productError(y, head, product) + y * tail);
}

/** xⁿ for integers n by repeated squaring: exact if every product is, else within |n| ulp. For n < 0 it is 1 / x⁻ⁿ. */
export function powInteger(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}

import { type Elements, typeOf } from './element-type.ts';
import { sumError, upperHalf } from './error-free.ts';
import { powerOfTwo, scale } from './exponent.ts';

/** x · y + z of an element type, rounded once or twice. */
export type MultiplyAdd = (x: number, y: number, z: number) => number;

/**
 * x · y + z, rounded once (IEEE 754-2019, fusedMultiplyAdd). It defines what processors do in one instruction. The
 * rounding errors of the product and of the sum are doubles. Their sum is rounded to odd and added to x · y + z ([Boldo
 * and Melquiond 2008](https://doi.org/10.1109/TC.2007.70819)).
 */
export function fma(x: number, y: number, z: number): number {
  const product = x * y;
  if (Math.abs(product) < SMALLEST_PRODUCT) return fmaOfIntegers(x, y, z);
  const xHigh = upperHalf(x);
  const yHigh = upperHalf(y);
  const xLow = x - xHigh;
  const yLow = y - yHigh;
  // Dekker's product: x · y = product + productError.
  const productError = xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
  const sum = product + z;
  // If z cancels most of the product, the error of the sum is 0, and only the last addition rounds.
  const result = sum + addToOdd(sumError(product, z, sum), productError);
  // An overflow on the way, also in `xHigh` or `yHigh`, makes the result infinite or NaN.
  return finite(result) ? result : fmaOfIntegers(x, y, z);
}

/** The error of a product of this size or more is a double: 106 digits end above 2⁻¹⁰⁷⁴. */
const SMALLEST_PRODUCT = powerOfTwo(-960);

/** a + b, rounded to odd: a sum that is not exact becomes the one of the two doubles around it whose last bit is 1. */
function addToOdd(a: number, b: number): number {
  const sum = a + b;
  const error = sumError(a, b, sum);
  return error > 0 || error < 0 ? toOdd(sum, error) : sum;
}

/** `fma` by integers of any length, which takes up to 2 µs. It serves at the ends of the range. */
function fmaOfIntegers(x: number, y: number, z: number): number {
  // Infinities and NaN, and products that are exactly 0, follow the rules of two operations.
  if (!finite(x) || !finite(y) || x === 0 || y === 0) return x * y + z;
  // x · y alone rounds x · y + 0 once, and keeps the sign of a product that rounds to 0. An infinite z wins over a
  // product that overflows.
  if (z === 0) return x * y;
  if (!finite(z)) return z;
  const [a, b, c] = [decompose(x), decompose(y), decompose(z)];
  const exponent = a.exponent + b.exponent;
  const lowerExponent = Math.min(exponent, c.exponent);
  const sum =
    ((a.integer * b.integer) << BigInt(exponent - lowerExponent)) + (c.integer << BigInt(c.exponent - lowerExponent));
  return sum < 0n ? -round(-sum, lowerExponent) : round(sum, lowerExponent);
}

const finite = (x: number): boolean => x - x === 0;

/** x = integer · 2^exponent. */
function decompose(x: number): { integer: bigint; exponent: number } {
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biasedExponent = Number((word >> 52n) & 2047n);
  const fraction = word & (HIDDEN - 1n);
  const magnitude = biasedExponent === 0 ? fraction : fraction | HIDDEN;
  return { integer: x < 0 ? -magnitude : magnitude, exponent: Math.max(biasedExponent, 1) - 1075 };
}

/** The double nearest to n · 2^exponent for n ≥ 0, ties to even. */
function round(n: bigint, exponent: number): number {
  const length = n.toString(2).length;
  // Exponent of the last binary digit of the result; -1074 if it is subnormal.
  const last = Math.max(length + exponent - 53, -1074);
  if (last <= exponent) return scale(Number(n), exponent);
  const shift = BigInt(last - exponent);
  const quotient = n >> shift;
  const rest = n - (quotient << shift);
  const half = 1n << (shift - 1n);
  const roundsUp = rest > half || (rest === half && (quotient & 1n) === 1n);
  return scale(Number(roundsUp ? quotient + 1n : quotient), last);
}

const bits = new DataView(new ArrayBuffer(8));
const HIDDEN = 1n << 52n; // the leading 1 of a normal number, which is not stored

/**
 * x · y + z of floats, rounded once to a float (IEEE 754-2019, fusedMultiplyAdd). The product is exact as a double. The
 * sum is rounded to odd and then to a float; this equals one rounding, since a double has at least two bits more than a
 * float ([Boldo and Melquiond 2008](https://doi.org/10.1109/TC.2007.70819)).
 */
export const fmaf: MultiplyAdd = (x, y, z) => Math.fround(addToOdd(x * y, z));

// One function literal makes the functions of both types, as in `roundings`, so that V8 inlines them.
const fusedBy =
  (isFloat: boolean): MultiplyAdd =>
  (x, y, z) =>
    isFloat ? fmaf(x, y, z) : fma(x, y, z);
const unfusedBy =
  (isFloat: boolean): MultiplyAdd =>
  (x, y, z) =>
    isFloat ? Math.fround(z + Math.fround(x * y)) : z + x * y;

const fused = { float64: fusedBy(false), float32: fusedBy(true) };
const unfused = { float64: unfusedBy(false), float32: unfusedBy(true) };

/** The fused multiply-add of an array's type. */
export const fmaOf = (array: Elements): MultiplyAdd => fused[typeOf(array)];

/** x · y + z of an array's type, with product and sum rounded each by itself. */
export const unfusedOf = (array: Elements): MultiplyAdd => unfused[typeOf(array)];

/** Of the two doubles around sum + error, the one whose last bit is 1. |error| is at most half a unit. */
function toOdd(sum: number, error: number): number {
  bits.setFloat64(0, sum);
  const low = bits.getUint32(4);
  if ((low & 1) === 1) return sum;
  if (sum > 0 === error > 0) {
    bits.setUint32(4, low | 1);
  } else {
    if (low === 0) bits.setUint32(0, bits.getUint32(0) - 1);
    bits.setUint32(4, low - 1);
  }
  return bits.getFloat64(0);
}

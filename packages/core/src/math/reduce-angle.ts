import { ROUND } from './exponent.ts';

/** The last reduction's x - n · π/2, in [-π/4, π/4]: a number plus a correction below half its ulp. */
export const remainder = new Float64Array(2);

/**
 * n mod 4, where n is the integer nearest to x / (π/2). Overwrites `remainder`. Up to 10⁶, π/2 is split into four
 * parts; n times each of the first three is exact. Above, it uses integers with 1,216 binary places.
 */
export function reduceAngle(x: number): number {
  if (Math.abs(x) > 1e6) return reduceHuge(x);
  const n = x * TWO_OVER_PI + ROUND - ROUND;
  const x1 = x - n * HALF_PI_1;
  const part2 = n * HALF_PI_2;
  const x2 = x1 - part2;
  const part3 = n * HALF_PI_3;
  const x3 = x2 - part3;
  const rest = n * HALF_PI_4 - (x2 - x3 - part3) - (x1 - x2 - part2);
  remainder[0] = x3 - rest;
  remainder[1] = x3 - remainder[0] - rest;
  return n & 3;
}

function reduceHuge(x: number): number {
  if (!(Math.abs(x) < Infinity)) {
    remainder[0] = NaN;
    return 0;
  }
  const absolute = Math.abs(x);
  // |x| · 2¹²¹⁶. A double above 10⁶ is a multiple of 2⁻³³, and BigInt takes whole numbers only.
  const scaled = absolute < 1e16 ? BigInt(absolute * 8589934592) << 1183n : BigInt(absolute) << 1216n; // 2³³
  let n = scaled / HALF_PI;
  let rest = scaled - n * HALF_PI;
  if (2n * rest > HALF_PI) {
    n += 1n;
    rest -= HALF_PI;
  }
  if (x < 0) {
    n = -n;
    rest = -rest;
  }
  rest >>= 960n; // to 256 binary places
  const head = Number(rest);
  remainder[0] = head * TWO_TO_MINUS_256;
  remainder[1] = Number(rest - BigInt(head)) * TWO_TO_MINUS_256;
  return Number(n & 3n);
}

const TWO_OVER_PI = 0.6366197723675814;
const HALF_PI_1 = 1.5707963267341256; // 33 bits, like the next two
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487111665e-21;
const HALF_PI_4 = 8.4784276603689e-32;
const TWO_TO_MINUS_256 = 8.636168555094445e-78;

/**
 * ⌊π/2 · 2¹²¹⁶⌋. The largest double has 1,024 bits before the point, no double is nearer to a multiple of π/2 than
 * 2⁻⁶², and the result needs 2 · 53 bits.
 */
const HALF_PI = BigInt(
  '0x1921fb54442d18469898cc51701b839a252049c1114cf98e804177d4c76273644a29410f31c6809bbdf2a33679a748636605614dbe4b' +
    'e286e9fc26adadaa3848bc90b6aecc4bcfd8de89885d34c6fdad617feb96de80d6fdbdc70d7f6b5133f4b5d3e4822f8963fcc9250cca3d' +
    '9c8b67b8400f97142c77e0b31b4906c38aba734d22c7f51fa499ebf06caba47b9475b2c38c5e6ac410aa577',
);

import { scale } from './exponent.ts';

/**
 * x · y + z, rounded once (IEEE 754-2019, fusedMultiplyAdd). Exact integers of any length make it slow, some 2 µs: it
 * says what processors do in one instruction.
 */
export function fma(x: number, y: number, z: number): number {
  // Infinities and NaN, and products that are exactly 0, follow the rules of two operations.
  if (!finite(x) || !finite(y) || x === 0 || y === 0) return x * y + z;
  // A product that is not 0 but rounds to 0 keeps its sign, and one that overflows is no infinity yet.
  if (z === 0) return x * y;
  if (!finite(z)) return z;
  const [a, b, c] = [decompose(x), decompose(y), decompose(z)];
  const exponent = a.exponent + b.exponent;
  const lower = Math.min(exponent, c.exponent);
  const sum = ((a.integer * b.integer) << BigInt(exponent - lower)) + (c.integer << BigInt(c.exponent - lower));
  return sum < 0n ? -round(-sum, lower) : round(sum, lower);
}

const finite = (x: number): boolean => x - x === 0;

/** x = integer · 2^exponent. */
function decompose(x: number): { integer: bigint; exponent: number } {
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biased = Number((word >> 52n) & 2047n);
  const fraction = word & (HIDDEN - 1n);
  const magnitude = biased === 0 ? fraction : fraction | HIDDEN;
  return { integer: x < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/** The double nearest to n · 2^exponent, of two equally near the even one, for n ≥ 0. */
function round(n: bigint, exponent: number): number {
  const length = n.toString(2).length;
  // The last place of a double of this size; of subnormals, 2^-1074.
  const last = Math.max(length + exponent - 53, -1074);
  if (last <= exponent) return scale(Number(n), exponent);
  const shift = BigInt(last - exponent);
  const kept = n >> shift;
  const rest = n - (kept << shift);
  const half = 1n << (shift - 1n);
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  return scale(Number(up ? kept + 1n : kept), last);
}

const bits = new DataView(new ArrayBuffer(8));
const HIDDEN = 1n << 52n;

import { type Elements, typeOf } from './element-type.ts';
import { fma } from './fma.ts';

/**
 * x · y + z of floats, rounded once to a float (IEEE 754-2019, fusedMultiplyAdd). The product is exact as a double. The
 * sum is rounded to odd, and then to a float: that equals one rounding, since a double has more than two bits beyond
 * those of a float ([Boldo and Melquiond 2008](https://doi.org/10.1109/TC.2007.70819)).
 */
export function fmaf(x: number, y: number, z: number): number {
  const product = x * y;
  const sum = product + z;
  // What the sum has lost, exactly ([Knuth, TAOCP 2, 4.2.2]). NaN where the sum is not finite.
  const part = sum - product;
  const error = product - (sum - part) + (z - part);
  return Math.fround(error > 0 || error < 0 ? toOdd(sum, error) : sum);
}

/** That of an array's numbers. */
export const fmaOf = (array: Elements): typeof fma => (typeOf(array) === 'float32' ? fmaf : fma);

/** Of the two doubles around sum + error the one whose last bit is 1, for an error of at most half of a last place. */
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

const bits = new DataView(new ArrayBuffer(8));

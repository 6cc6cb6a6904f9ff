// Error-free transformations: the rounding errors of a sum and of a product of doubles are doubles themselves.

/** a + b - sum, exactly, where `sum` is the rounded sum ([Knuth, TAOCP 2, 4.2.2]). NaN if it is not finite. */
export function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/**
 * a · b - product, exactly, where `product` is the rounded product, unless a part overflows or is subnormal. [Dekker
 * 1971](https://doi.org/10.1007/BF01397083)
 */
export function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** a rounded to 26 bits (Veltkamp), so that products of such halves are exact. */
export function upperHalf(a: number): number {
  const multiple = 134217729 * a; // 2²⁷ + 1
  return multiple - (multiple - a);
}

/**
 * xⁿ for integers n by repeated squaring: exact while every product is, else within |n| ulp. A negative n gives 1 /
 * x⁻ⁿ.
 */
export function powInteger(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let left = Math.abs(n); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return n < 0 ? 1 / result : result;
}

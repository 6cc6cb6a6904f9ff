/**
 * f′(x) by the central difference of order four, (8(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h. With h = 1e-3 both
 * its error, h⁴f⁽⁵⁾/30, and rounding, 1e-16/h, stay near 1e-12 for functions of ordinary size.
 */
export const numericDerivative = (f: (x: number) => number, x: number, h = 1e-3): number =>
  (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);

/** ∂f/∂x[i] for every i; f is called with `x` changed in place. */
export function numericGradient(f: () => number, x: Float64Array, h?: number): Float64Array {
  return x.map((at, i) => {
    const partial = (value: number): number => {
      x[i] = value;
      return f();
    };
    const gradient = numericDerivative(partial, at, h);
    x[i] = at;
    return gradient;
  });
}

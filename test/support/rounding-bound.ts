import { type Arithmetic, arithmetics } from './arithmetic.ts';

/** Greatest relative change of a number by rounding to the nearest float. */
const UNIT = 2 ** -24;

/** Errors of the float32 functions in ulp, from their docstrings. An ulp is at most 2 units of the number. */
const ULP = { exp: 0.92, expm1: 1.26, log: 0.85, log1p: 0.87, tanh: 1.5, erf: 1.4, sigmoid: 1.81 };

/**
 * Bounds, to first order, how much float32 rounding can change each result of a computation. `prepare` returns a
 * function that runs it in doubles, with the given arithmetic, and returns its results.
 *
 * A result of n operations changes by Σ cⱼ δⱼ, where δⱼ is the relative error of operation j, at most eⱼ, and cⱼ the
 * sensitivity of the result to it (the condition). That is at most Σ |cⱼ| eⱼ, whatever the signs of the errors. Each
 * |cⱼ| eⱼ is the change of the result if only operation j errs, by eⱼ: so the computation is run once for each
 * operation.
 */
export function roundingBound(prepare: (A: Arithmetic) => () => Float64Array): Float64Array {
  let [operation, moved] = [0, -1];
  /** The result of the next operation: of the moved one, with its largest relative error. */
  const rounded = (x: number, share = UNIT): number => (operation++ === moved ? x * (1 + share) : x);
  const A = arithmetics.float64;
  const functions = Object.fromEntries(
    Object.entries(ULP).map(([name, ulp]) => {
      const f = A[name as keyof typeof ULP];
      return [name, (x: number) => rounded(f(x), 2 * ulp * UNIT)];
    }),
  ) as Pick<Arithmetic, keyof typeof ULP>;
  const compute = prepare({
    ...functions,
    of: (x) => rounded(x),
    add: (a, b) => rounded(a + b),
    sub: (a, b) => rounded(a - b),
    mul: (a, b) => rounded(a * b),
    fma: (a, b, c) => rounded(a * b + c),
    div: (a, b) => rounded(a / b),
    sqrt: (a) => rounded(Math.sqrt(a)),
    flush: A.flush,
  });
  const exact = compute().slice();
  const operations = operation;
  const bound = new Float64Array(exact.length);
  for (moved = 0; moved < operations; moved++) {
    operation = 0;
    for (const [p, value] of compute().entries()) bound[p] += Math.abs(value - exact[p]);
  }
  return bound;
}

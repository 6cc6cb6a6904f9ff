import { type Arithmetic, arithmetics } from './arithmetic.ts';

/** A rounding to the nearest float changes a number by no more than this share of it. */
const UNIT = 2 ** -24;

/** Errors of the functions of floats in ulp, from their docstrings. An ulp is at most 2 units of the number. */
const ULP = { exp: 0.92, expm1: 1.26, log: 0.85, log1p: 0.87, tanh: 1.5, erf: 1.4, sigmoid: 1.81 };

/** How often every operation is perturbed. */
const DRAWS = 64;

/**
 * How far the roundings of floats can move each result of a computation, to first order. `compute` runs it in doubles
 * with an arithmetic in which the result of each operation is changed by as much as its rounding can change it, up or
 * down by chance, and returns its results.
 *
 * A result r of n operations moves by Σ cⱼ δⱼ, where δⱼ is the relative error of operation j, at most eⱼ, and cⱼ what
 * the result owes to it (the condition). That is at most Σ |cⱼ| eⱼ ≤ √n · √Σ (cⱼ eⱼ)² by Cauchy and Schwarz. The second
 * root is the standard deviation of r where all δⱼ are ± eⱼ by chance, which needs no knowledge of any cⱼ: it is
 * measured over 64 draws (to 9 %). Of the errors of a real computation, which have no reason to agree in sign, the sum
 * is mostly near that root; the bound is √n times as large.
 */
export function roundingBound(compute: (A: Arithmetic) => Float64Array, random: () => number): Float64Array {
  const exact = compute(arithmetics.float64);
  const squares = new Float64Array(exact.length);
  let operations = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    operations = 0;
    const moved = compute(
      perturbed((share) => {
        operations++;
        return random() < 0.5 ? 1 - share : 1 + share;
      }),
    );
    for (const [p, value] of moved.entries()) squares[p] += (value - exact[p]) ** 2 / DRAWS;
  }
  return squares.map((square) => Math.sqrt(operations * square));
}

/** Doubles whose results are multiplied by `factor` of the largest relative error that those of floats have. */
function perturbed(factor: (share: number) => number): Arithmetic {
  const A = arithmetics.float64;
  const functions = Object.fromEntries(
    Object.entries(ULP).map(([name, ulp]) => {
      const f = A[name as keyof typeof ULP];
      return [name, (x: number) => f(x) * factor(2 * ulp * UNIT)];
    }),
  ) as Pick<Arithmetic, keyof typeof ULP>;
  return {
    ...functions,
    of: (x) => x * factor(UNIT),
    add: (a, b) => (a + b) * factor(UNIT),
    sub: (a, b) => (a - b) * factor(UNIT),
    mul: (a, b) => a * b * factor(UNIT),
    div: (a, b) => (a / b) * factor(UNIT),
    sqrt: (a) => Math.sqrt(a) * factor(UNIT),
    flush: A.flush,
  };
}

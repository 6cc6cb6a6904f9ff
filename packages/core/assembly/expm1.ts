import { atLeast, withSignOf } from './choose';
import { exp, expTail, LN2_HI, LN2_LO, LOG2_E, powerOfTwo, ROUND } from './exp';
import { minus, plus, splat, times } from './lanes';

/** Above this x, eˣ - 1 is taken as eˣ; below -MOST it rounds to -1. */
const MOST: Real = sizeof<Real>() == 8 ? 40 : 20;

/** eˣ - 1, as in src/math/exp.ts or src/math/float32/exp.ts. */
@inline export function expm1(x: v128): v128 {
  const isLarge = v128.gt<Real>(x, splat<v128>(MOST));
  if (v128.any_true(isLarge)) return v128.bitselect(exp(x), expm1Below(x), isLarge);
  return expm1Below(x);
}

/** eˣ - 1 for x ≤ MOST. */
@inline export function expm1Below(x: v128): v128 {
  const capped = atLeast(x, -MOST);
  const rounded = plus(times(capped, splat<v128>(LOG2_E)), splat<v128>(ROUND));
  const n = minus(rounded, splat<v128>(ROUND));
  const hi = minus(capped, times(n, splat<v128>(LN2_HI)));
  const lo = times(n, splat<v128>(LN2_LO));
  const scale = powerOfTwo(rounded);
  const head = plus(times(scale, hi), minus(scale, splat<v128>(1)));
  const y = plus(head, times(scale, minus(expTail(minus(hi, lo)), lo)));
  return withSignOf(x, y); // only changes zeros; all other y have the sign of x
}

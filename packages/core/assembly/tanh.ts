import { atMost, withSignOf } from './choose';
import { expTail, LOG2_E, powerOfTwo, ROUND } from './exp';
import { minus, over, plus, splat, times } from './lanes';

const LN2: Real = 0.6931471805599453;

/** |x| from which tanh x rounds to 1. */
const MOST: Real = sizeof<Real>() == 8 ? 22 : 10;

/** tanh x, as in src/math/tanh.ts or src/math/float32/tanh.ts. */
@inline export function tanh(x: v128): v128 {
  const absolute = v128.abs<Real>(x);
  const capped = atMost(absolute, MOST);
  const u = plus(capped, capped);
  const rounded = plus(times(u, splat<v128>(LOG2_E)), splat<v128>(ROUND));
  const r = minus(u, times(minus(rounded, splat<v128>(ROUND)), splat<v128>(LN2)));
  const scale = powerOfTwo(rounded);
  const head = plus(times(scale, r), minus(scale, splat<v128>(1)));
  const tail = times(scale, expTail(r));
  const E = plus(head, tail);
  const base = v128.and(absolute, v128.lt<Real>(absolute, splat<v128>(0.5)));
  const numerator = minus(plus(minus(head, plus(base, base)), tail), times(base, E));
  return withSignOf(x, plus(over(numerator, plus(E, splat<v128>(2))), base));
}

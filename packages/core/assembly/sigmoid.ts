import { exp } from './exp';
import { minus, over, plus, splat, times } from './lanes';

/** 1 / (1 + e⁻ᶻ), as in src/math/exp.ts or src/math/float32/exp.ts. */
@inline export function sigmoid(z: v128): v128 {
  const one = splat<v128>(1);
  if (sizeof<Real>() == 8) return over(one, plus(one, exp(v128.neg<Real>(z))));
  const e = exp(v128.neg<Real>(v128.abs<Real>(z)));
  const r = over(e, plus(one, e));
  const most = v128.bitselect(e, one, v128.lt<Real>(z, splat<v128>(0)));
  return minus(most, times(most, r));
}

import { exp } from './exp';
import { over, plus, splat } from './lanes';

/** 1 / (1 + e⁻ᶻ), as src/math/sigmoid.ts. */
@inline export function sigmoid(z: v128): v128 {
  const one = splat<v128>(1);
  return over(one, plus(one, exp(v128.neg<Real>(z))));
}

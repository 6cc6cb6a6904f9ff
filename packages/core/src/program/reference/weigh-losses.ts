import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';

/**
 * lossSums = Σ w[n] · losses[n] over the rows of each leaf, ascending, in doubles; dy[n,o] = w[n] · dy[n,o] with w[n]
 * rounded first. A weight of 1 changes no bit. Overwrites `lossSums` and `dy`.
 */
export function weighLosses(
  lossSums: Float64Array, // [leaves] out
  dy: Elements, // [B, O] in and out
  losses: Float64Array, // [B]
  w: Float64Array, // [B]
  B: number,
  leafRows: number,
  O: number,
): void {
  const { round, flush } = mathOf(typeOf(dy));
  let sum = 0;
  for (let n = 0; n < B; n++) {
    if (n % leafRows === 0) sum = 0;
    sum += w[n] * losses[n];
    const weight = round(w[n]);
    for (let i = n * O; i < (n + 1) * O; i++) dy[i] = flush(round(weight * dy[i]));
    lossSums[Math.floor(n / leafRows)] = sum;
  }
}

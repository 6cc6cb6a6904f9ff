import { mathOf } from '../../math/real-math.ts';
import type { Activation } from './activation.ts';

/** a[i] = f(z[i]). Overwrites `a`, which may be `z`. */
export function activate(
  activation: Activation,
  a: Float64Array, // [n] out
  z: Float64Array, // [n]
  n: number,
  alpha: number,
): void {
  const math = mathOf('float64');
  const own = math.round(alpha);
  for (let i = 0; i < n; i++) a[i] = activation.apply(math, z[i], own);
}

/** dz[i] = da[i] · f′, tiny values flushed to 0. Overwrites `dz`, which may be `da`. */
export function activateBackward(
  activation: Activation,
  dz: Float64Array, // [n] out
  da: Float64Array, // [n]
  za: Float64Array, // [n] z or a, as the activation reads
  n: number,
  alpha: number,
): void {
  const math = mathOf('float64');
  const { round, flush } = math;
  const own = round(alpha);
  if (activation.reads === 'z') {
    for (let i = 0; i < n; i++) dz[i] = flush(round(da[i] * activation.derivative(math, za[i], Number.NaN, own)));
  } else {
    for (let i = 0; i < n; i++) dz[i] = flush(round(da[i] * activation.derivative(math, Number.NaN, za[i], own)));
  }
}

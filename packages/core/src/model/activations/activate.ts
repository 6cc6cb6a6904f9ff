import { flush } from '../../math/flush.ts';
import type { Activation } from './activation.ts';

/** a[i] = f(z[i]). Overwrites `a`, which may be `z`. */
export function activate(
  activation: Activation,
  a: Float64Array, // [n] out
  z: Float64Array, // [n]
  n: number,
  alpha: number,
): void {
  for (let i = 0; i < n; i++) a[i] = activation.apply(z[i], alpha);
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
  if (activation.reads === 'z') {
    for (let i = 0; i < n; i++) dz[i] = flush(da[i] * activation.derivative(za[i], Number.NaN, alpha));
  } else {
    for (let i = 0; i < n; i++) dz[i] = flush(da[i] * activation.derivative(Number.NaN, za[i], alpha));
  }
}

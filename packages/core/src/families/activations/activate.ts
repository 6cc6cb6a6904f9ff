import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import type { Activation } from './activation.ts';

/** a[i] = f(z[i]). Overwrites `a`, which may be `z`. */
export function activate(
  activation: Activation,
  a: Elements, // [n] out
  z: Elements, // [n]
  n: number,
  alpha: number,
): void {
  const math = mathOf(typeOf(a));
  const roundedAlpha = math.round(alpha);
  for (let i = 0; i < n; i++) a[i] = activation.apply(math, z[i], roundedAlpha);
}

/** dz[i] = da[i] · f′, tiny values flushed to 0. Overwrites `dz`, which may be `da`. */
export function activateBackward(
  activation: Activation,
  dz: Elements, // [n] out
  da: Elements, // [n]
  za: Elements, // [n] z or a, as `activation.reads` says
  n: number,
  alpha: number,
): void {
  const math = mathOf(typeOf(dz));
  const roundedAlpha = math.round(alpha);
  for (let i = 0; i < n; i++)
    dz[i] = math.flush(math.multiply(da[i], activation.derivative(math, za[i], za[i], roundedAlpha)));
}

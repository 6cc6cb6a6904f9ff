import type { Activation } from '../families/activations/activation.ts';
import { createRandom } from '../math/random/index.ts';
import { mathOf } from '../math/real-math.ts';
import { notPure, wrongSlope } from './compare-slopes.ts';

const POINTS = 64;

/** Compares f′ with differences of f at points around 0. @throws Error naming the point. */
export function checkActivation({ own, ...f }: Activation, alpha: number): void {
  const math = mathOf('float64');
  const apply = (z: number): number => f.apply(math, z, alpha);
  const random = createRandom(0, 'check-gradients');
  for (let k = 0; k < POINTS; k++) {
    const z = random.normal() * (k % 4 === 0 ? 8 : 2);
    const a = apply(z);
    const again = apply(z);
    if (!Object.is(a, again)) throw notPure(`activation ${own}: apply(${z.toPrecision(4)})`, a, again);
    const wrong = wrongSlope(apply, z, f.derivative(math, z, Number.NaN, alpha));
    if (wrong === undefined) continue;
    throw new Error(`checkGradients: activation ${own}: derivative at z = ${z.toPrecision(4)} ${wrong}`);
  }
}

import type { Activation } from '../model/activations/activation.ts';
import { createRandom } from '../random/index.ts';
import { notPure, wrongSlope } from './compare-slopes.ts';

const POINTS = 64;

/** Compares f′ with differences of f at points around 0. @throws Error naming the point. */
export function checkActivation({ own, apply, derivative }: Activation, alpha: number): void {
  const random = createRandom(0, 'check-gradients');
  for (let k = 0; k < POINTS; k++) {
    const z = random.normal() * (k % 4 === 0 ? 8 : 2);
    const a = apply(z, alpha);
    const again = apply(z, alpha);
    if (!Object.is(a, again)) throw notPure(`activation ${own}: apply(${z.toPrecision(4)})`, a, again);
    const wrong = wrongSlope((at) => apply(at, alpha), z, derivative(z, Number.NaN, alpha));
    if (wrong === undefined) continue;
    throw new Error(`checkGradients: activation ${own}: derivative at z = ${z.toPrecision(4)} ${wrong}`);
  }
}

import { typeOf } from '../../math/element-type.ts';
import { mathOf, type RealMath } from '../../math/real-math.ts';
import type { Loss, LossKernel } from './loss.ts';

/**
 * A loss that is a sum or mean over outputs of one scalar function of output and target, in the arithmetic of the
 * numbers' type.
 */
export interface ElementwiseLoss {
  readonly name: string;
  /** ℓ(y, t). */
  value(math: RealMath, y: number, t: number): number;
  /** ∂ℓ/∂y. */
  derivative(math: RealMath, y: number, t: number): number;
  /** A row's loss: 'mean' or 'sum' of ℓ over its outputs. */
  readonly over: 'mean' | 'sum';
  readonly threshold?: number;
  readonly degree?: 1 | 2;
}

/**
 * A leaf's L = Σₙ cₙ Σₒ ℓ(y[n,o], t[n,o]) and dy[n,o] = ℓ′ / O or ℓ′, with c = 1/O for a mean and 1 for a sum. A row is
 * added in four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃), in the numbers' type; rows ascending, in doubles.
 */
export function elementwiseLoss({ name, value, derivative, over, ...known }: ElementwiseLoss): Loss {
  const evaluate: LossKernel = (lossSums, dy, y, t, B, leaf, O) => {
    const math = mathOf(typeOf(dy));
    const { round, flush } = math;
    const divisor = over === 'mean' ? round(O) : 1;
    let sum = 0;
    for (let n = 0; n < B; n++) {
      if (n % leaf === 0) sum = 0;
      const row = n * O;
      let l0 = 0;
      let l1 = 0;
      let l2 = 0;
      let l3 = 0;
      for (let o = 0; o < O; o++) {
        const i = row + o;
        const loss = value(math, y[i], t[i]);
        dy[i] = flush(round(derivative(math, y[i], t[i]) / divisor));
        const lane = o & 3;
        if (lane === 0) l0 = round(l0 + loss);
        else if (lane === 1) l1 = round(l1 + loss);
        else if (lane === 2) l2 = round(l2 + loss);
        else l3 = round(l3 + loss);
      }
      sum += round(round(round(l0 + l1) + round(l2 + l3)) / divisor);
      lossSums[Math.floor(n / leaf)] = sum;
    }
  };
  return { name, targets: 'values', evaluate, ...known };
}

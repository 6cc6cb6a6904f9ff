import { typeOf } from '../../math/element-type.ts';
import { mathOf, type RealMath } from '../../math/real-math.ts';
import type { Loss, LossKernel, LossVariant } from './loss.ts';

/** A loss that is the sum or mean over outputs of a scalar function ℓ of output and target. */
export interface ElementwiseLoss {
  readonly name: string;
  /** ℓ(y, t). */
  value(math: RealMath, y: number, t: number): number;
  /** ∂ℓ/∂y. */
  derivative(math: RealMath, y: number, t: number): number;
  /** Whether a row's loss is the mean or the sum of ℓ over its outputs. */
  readonly over: 'mean' | 'sum';
  readonly threshold?: number;
  readonly variant?: LossVariant;
  readonly degree?: 1 | 2;
}

/**
 * A leaf's L = Σₙ cₙ Σₒ ℓ(y[n,o], t[n,o]), and dy[n,o] = ℓ′ / O or ℓ′; c is 1/O for a mean and 1 for a sum. The sum of
 * a row has four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃), in the run's type; rows are added ascending, in doubles.
 */
export function elementwiseLoss({ name, value, derivative, over, ...traits }: ElementwiseLoss): Loss {
  const evaluate: LossKernel = (lossSums, dy, y, t, B, leafRows, O) => {
    const math = mathOf(typeOf(dy));
    const { round, flush } = math;
    const divisor = over === 'mean' ? round(O) : 1;
    let sum = 0;
    for (let n = 0; n < B; n++) {
      if (n % leafRows === 0) sum = 0;
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
      lossSums[Math.floor(n / leafRows)] = sum;
    }
  };
  return { name, targets: 'values', evaluate, ...traits };
}

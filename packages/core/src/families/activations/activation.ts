import type { RealMath } from '../../math/real-math.ts';

/** An elementwise nonlinearity a = f(z), computed in the arithmetic of an element type. */
export interface Activation {
  /** Name of a user's own activation; absent for built-in ones, which backends may know by name. */
  readonly customName?: string;
  /** f(z). */
  apply(math: RealMath, z: number, alpha: number): number;
  /** f′ from z or from a = f(z), as `reads` says. The other argument is NaN. */
  derivative(math: RealMath, z: number, a: number, alpha: number): number;
  /** The argument that `derivative` reads. Only this is kept for the backward pass. */
  readonly reads: 'z' | 'a';
  /** Default of the parameter α >= 0: slope of leaky-relu, scale of elu. 0 if the activation has none. */
  readonly alpha: number;
  /** sup |f′| at the default α. 0 marks an activation without gradient, which cannot be trained by gradients. */
  readonly maxSlope: number;
}

import type { RealMath } from '../../math/real-math.ts';

/** An elementwise nonlinearity a = f(z), in the arithmetic of the numbers' type. */
export interface Activation {
  /** The name of a user's own; absent for the built-in ones, which backends may know by name. */
  readonly own?: string;
  /** f(z). */
  apply(math: RealMath, z: number, alpha: number): number;
  /** f′, from z or from a = f(z), as `reads` says; the other argument is NaN. */
  derivative(math: RealMath, z: number, a: number, alpha: number): number;
  /** What `derivative` needs; only that is kept for the backward pass. */
  readonly reads: 'z' | 'a';
  /** The parameter, >= 0, where a layer gives none: slope of leaky-relu, scale of elu; 0 where there is none. */
  readonly alpha: number;
  /**
   * sup |f′|, at the default alpha. 0 marks an activation that passes no gradient and is left out of gradient training.
   */
  readonly maxSlope: number;
}

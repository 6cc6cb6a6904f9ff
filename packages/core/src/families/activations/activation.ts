import type { RealMath, ScalarMath } from '../../math/real-math.ts';

/** An elementwise nonlinearity a = f(z), computed in the arithmetic of an element type. */
export interface Activation {
  /** Name of a user's own activation; absent for built-in ones, which backends may know by name. */
  readonly customName?: string;
  /** f(z). */
  apply(math: RealMath, z: number, alpha: number): number;
  /** f′ from z or from a = f(z), as `reads` says. The other argument is not read. */
  derivative(math: RealMath, z: number, a: number, alpha: number): number;
  /** The argument that `derivative` reads. Only this is kept for the backward pass. */
  readonly reads: 'z' | 'a';
  /** Default of the parameter α >= 0: slope of leaky-relu, scale of elu. 0 if the activation has none. */
  readonly alpha: number;
  /** sup |f′| at the default α. 0 marks an activation without gradient, which cannot be trained by gradients. */
  readonly maxSlope: number;
}

/** A built-in activation: one text for plain code and for the kernels of all backends. */
export interface BuiltInActivation extends Activation {
  apply<V, C>(math: ScalarMath<V, C>, z: V, alpha: V): V;
  derivative<V, C>(math: ScalarMath<V, C>, z: V, a: V, alpha: V): V;
}

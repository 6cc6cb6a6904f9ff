import type { Activation } from '../families/activations/activation.ts';
import type { LayerSpec } from '../network/layers/index.ts';

/** Definition of a user's own activation. */
export interface ActivationDefinition {
  /** Name in specs and flags: lower-case words joined by hyphens, different from all built-in names. */
  readonly name: string;
  /** f(z). */
  apply(z: number, alpha: number): number;
  /** f′(z). */
  derivative(z: number, alpha: number): number;
  /** Default of the parameter `alpha`, above 0, which a layer may set. @default no parameter */
  readonly alpha?: number;
}

/** Return value of `defineActivation`. */
export interface ActivationPart extends ActivationDefinition {
  /** Family of the part. */
  readonly part: 'activation';
  /** Spec of an activation layer, for a network. */
  spec(options?: { readonly size?: number; readonly alpha?: number }): LayerSpec;
}

/**
 * Defines an elementwise activation a = f(z), for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const cube = defineActivation({ name: 'cube', apply: (z) => z * z * z, derivative: (z) => 3 * z * z });
 * const network = sequential(4, dense(8), cube.spec(), dense(1)); // { kind: 'cube' } in JSON
 * ```
 *
 * In a float32 run `z` is a float, and results are rounded to floats.
 */
export const defineActivation = (definition: ActivationDefinition): ActivationPart => ({
  ...definition,
  part: 'activation',
  // Cast, as LayerSpec does not know the name.
  spec: (options = {}) => ({ kind: 'activation', fn: definition.name, ...options }) as unknown as LayerSpec,
});

/** Points from -RANGE to RANGE at which the largest slope is searched. */
const POINTS = 4001;
const RANGE = 20;

/** Converts the definition to an activation for layers. */
export function activationOf({ name, apply, derivative, alpha = 0 }: ActivationDefinition): Activation {
  let maxSlope = 0;
  for (let k = 0; k < POINTS; k++) {
    const slope = Math.abs(derivative((RANGE * (2 * k)) / (POINTS - 1) - RANGE, alpha));
    if (slope > maxSlope) maxSlope = slope;
  }
  return {
    customName: name,
    // The result of `apply` is rounded when it is stored.
    apply: (_math, z, a) => apply(z, a),
    derivative: (math, z, _a, a) => math.round(derivative(z, a)),
    reads: 'z',
    alpha,
    maxSlope,
  };
}

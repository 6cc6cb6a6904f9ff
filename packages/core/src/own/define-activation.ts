import type { Activation } from '../families/activations/activation.ts';
import type { LayerSpec } from '../network/layers/index.ts';

/** An activation of one's own. */
export interface ActivationDefinition {
  /** Its name in specs and flags: lower-case words joined by hyphens, which no built-in part has. */
  readonly name: string;
  /** f(z). */
  apply(z: number, alpha: number): number;
  /** f′(z). */
  derivative(z: number, alpha: number): number;
  /** Default of the parameter `alpha`, above 0, which a layer may set. @default no parameter */
  readonly alpha?: number;
}

/** What `defineActivation` returns. */
export interface ActivationPart extends ActivationDefinition {
  /** Its family. */
  readonly part: 'activation';
  /** An activation layer of it, for a network. */
  spec(options?: { readonly size?: number; readonly alpha?: number }): LayerSpec;
}

/**
 * An activation a = f(z), number by number, for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const cube = defineActivation({ name: 'cube', apply: (z) => z * z * z, derivative: (z) => 3 * z * z });
 * const network = sequential(4, dense(8), cube.spec(), dense(1)); // { kind: 'cube' } in JSON
 * ```
 *
 * In a run of floats `z` is a float, and what the functions give is rounded to one.
 */
export const defineActivation = (definition: ActivationDefinition): ActivationPart => ({
  ...definition,
  part: 'activation',
  // The name is one that LayerSpec does not know.
  spec: (options = {}) => ({ kind: 'activation', fn: definition.name, ...options }) as unknown as LayerSpec,
});

/** Points at which the largest slope is looked for, from -RANGE to RANGE. */
const POINTS = 4001;
const RANGE = 20;

/** The activation as layers use it. */
export function activationOf({ name, apply, derivative, alpha = 0 }: ActivationDefinition): Activation {
  let maxSlope = 0;
  for (let k = 0; k < POINTS; k++) {
    const slope = Math.abs(derivative((RANGE * (2 * k)) / (POINTS - 1) - RANGE, alpha));
    if (slope > maxSlope) maxSlope = slope;
  }
  return {
    own: name,
    // What `apply` gives is rounded as it is stored.
    apply: (_math, z, a) => apply(z, a),
    derivative: (math, z, _a, a) => math.round(derivative(z, a)),
    reads: 'z',
    alpha,
    maxSlope,
  };
}

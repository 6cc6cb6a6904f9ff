import { type Expression, resultsOf, withSlope } from '../families/scalars/expression.ts';
import { type FormulaScope, type FormulaValue, traceFormula } from '../families/scalars/formula-values.ts';
import { mathOf, type RealMath } from '../math/real-math.ts';
import type { LayerSpec } from '../network/layers/index.ts';
import type { CustomActivation } from '../network/layers/layer-context.ts';

/** Name and parameter of an own activation. */
interface ActivationBase {
  /** Name in specs and flags: lower-case words joined by hyphens, different from all built-in names. */
  readonly name: string;
  /** Default of the parameter `alpha`, above 0, which a layer may set. @default no parameter */
  readonly alpha?: number;
}

/** Definition of a user's own activation as a formula, whose gradient is derived. */
export interface FormulaActivationDefinition extends ActivationBase {
  /** f of z, and of the number alpha if there is one: `({ z }) => z.times(z.sigmoid())`. */
  formula(scope: FormulaScope<'z', { readonly alpha: number }>): FormulaValue;
}

/** Definition of a user's own activation in plain code. */
export interface PlainActivationDefinition extends ActivationBase {
  /** f(z). */
  apply(z: number, alpha: number): number;
  /** f′(z). */
  derivative(z: number, alpha: number): number;
}

/** Definition of a user's own activation. */
export type ActivationDefinition = FormulaActivationDefinition | PlainActivationDefinition;

/** Return value of `defineActivation`. */
export type ActivationPart = ActivationDefinition & {
  /** Family of the part. */
  readonly part: 'activation';
  /** Spec of an activation layer, for a network. */
  spec(options?: { readonly size?: number; readonly alpha?: number }): LayerSpec;
};

/**
 * Defines an elementwise activation a = f(z), for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const cube = defineActivation({ name: 'cube', formula: ({ z }) => z.power(3) });
 * const network = sequential(4, dense(8), cube.spec(), dense(1)); // { kind: 'cube' } in JSON
 * ```
 *
 * Its gradient is derived, and it runs in the fast kernels. What no formula can state is plain code, with a derivative
 * that is checked before the first step: `{ apply: (z) => z * z * z, derivative: (z) => 3 * z * z }`.
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
export function activationOf(definition: ActivationDefinition): CustomActivation {
  const { name: customName, alpha = 0 } = definition;
  const f: Omit<CustomActivation, 'maxSlope'> =
    'formula' in definition
      ? { customName, alpha, reads: 'z', ...activationOfFormula(definition, alpha > 0) }
      : {
          customName,
          alpha,
          reads: 'z',
          // The result of `apply` is rounded when it is stored.
          apply: (_math, z, a) => definition.apply(z, a),
          derivative: (math, z, _a, a) => math.round(definition.derivative(z, a)),
        };
  const math = mathOf('float64');
  const slopes = Array.from({ length: POINTS }, (_, k) => {
    const z = (RANGE * (2 * k)) / (POINTS - 1) - RANGE;
    const slope = Math.abs(f.derivative(math, z, Number.NaN, alpha));
    return slope > 0 ? slope : 0; // NaN is no slope
  });
  return { ...f, maxSlope: Math.max(...slopes) };
}

function activationOfFormula({ name, formula }: FormulaActivationDefinition, hasAlpha: boolean) {
  const expressionOf = (alpha: number): Expression =>
    traceFormula(name, ['z'], hasAlpha ? { alpha } : {}, formula as (scope: unknown) => FormulaValue);
  const expressions = new Map<number, Expression>(); // f and f′ by α
  const valueAndSlope = (math: RealMath, z: number, alpha: number): number[] => {
    const expression = expressions.get(alpha) ?? withSlope(expressionOf(alpha), 0, 1);
    expressions.set(alpha, expression);
    return resultsOf(expression, math, [z]);
  };
  return {
    expressionOf,
    apply: (math: RealMath, z: number, alpha: number): number => valueAndSlope(math, z, alpha)[0],
    derivative: (math: RealMath, z: number, _a: number, alpha: number): number => valueAndSlope(math, z, alpha)[1],
  };
}

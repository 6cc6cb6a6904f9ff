import { lossOfTerms } from '../families/losses/elementwise.ts';
import type { LossSpec } from '../families/losses/index.ts';
import type { Loss, LossKernel } from '../families/losses/loss.ts';
import { type Expression, withSlope } from '../families/scalars/expression.ts';
import { type FormulaScope, type FormulaValue, traceFormula } from '../families/scalars/formula-values.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { mathOf } from '../math/real-math.ts';
import { createFormulaCode } from '../program/reference/formula.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** Definition of a loss that is the mean or sum over outputs of a function of output and target. */
export interface ElementwiseLossDefinition<D extends PartDefaults> extends PartBase<D> {
  /** ℓ(y, t). */
  value(y: number, t: number, options: PartOptions<D>): number;
  /** ∂ℓ/∂y. */
  derivative(y: number, t: number, options: PartOptions<D>): number;
  /** Whether a row's loss is the mean or the sum over its outputs. @default 'mean' */
  readonly over?: 'mean' | 'sum';
  /** Threshold above which a single yes/no output means yes. @default 0.5 */
  readonly threshold?: number;
}

/** Definition of a loss that is the mean or sum over outputs of a formula, whose gradient is derived. */
export interface FormulaLossDefinition<D extends PartDefaults> extends PartBase<D> {
  /** ℓ of an output y and its target t: `({ y, t }) => y.minus(t).square()`. */
  formula(scope: FormulaScope<'y' | 't', PartOptions<D>>): FormulaValue;
  /** Whether a row's loss is the mean or the sum over its outputs. @default 'mean' */
  readonly over?: 'mean' | 'sum';
  /** Threshold above which a single yes/no output means yes. @default 0.5 */
  readonly threshold?: number;
}

/** Definition of a loss of whole rows. */
export interface RowLossDefinition<D extends PartDefaults> extends PartBase<D> {
  /** 'classes': the target of a row is an index. 'values': one number per output. */
  readonly targets: 'classes' | 'values';
  /**
   * Returns the loss of row n, whose outputs are `y[n * O]` to `y[n * O + O - 1]`. Overwrites the same elements of `dy`
   * with the gradient. `dy` may be `y`, so read an output before you overwrite it.
   */
  ofRow(
    dy: Elements, // [B, O] out
    y: Elements, // [B, O]
    t: Elements, // [B], or [B, O]
    n: number,
    O: number,
    options: PartOptions<D>,
  ): number;
  /** Threshold above which a single yes/no output means yes. @default 0.5 */
  readonly threshold?: number;
}

/** Definition of a user's own loss. */
export type LossDefinition<D extends PartDefaults = PartDefaults> =
  | FormulaLossDefinition<D>
  | ElementwiseLossDefinition<D>
  | RowLossDefinition<D>;

/** Return value of `defineLoss`. */
export type LossPart<D extends PartDefaults = PartDefaults> = LossDefinition<D> & {
  /** Family of the part. */
  readonly part: 'loss';
  /** Spec of the loss with options, for `train(..., { loss })`. */
  spec(options?: Partial<PartOptions<D>>): LossSpec;
};

/**
 * Defines a loss for a module of `train(..., { modules })`, as a formula whose gradient is derived:
 *
 * ```ts
 * export const pinball = defineLoss({
 *   name: 'pinball',
 *   options: { tau: 0.5 },
 *   formula: ({ y, t, tau }) => t.minus(y).times(t.above(y).where(tau, tau - 1)),
 * });
 * ```
 *
 * A loss that no formula can state is plain code: `value` and `derivative` of an output and its target, or `ofRow`.
 *
 * The loss of a batch is the mean over its rows.
 *
 * In a float32 run `y` and `t` are floats, results of `value` and `derivative` are rounded to floats, and the arrays of
 * `ofRow` are Float32Array. The result of `ofRow` stays a double, as do sums of losses.
 */
export const defineLoss = <const D extends PartDefaults = Record<never, never>>(
  definition: LossDefinition<D>,
): LossPart<D> => ({
  ...definition,
  part: 'loss',
  // Cast, as LossSpec does not know the name.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as LossSpec,
});

/** Converts the definition to a loss for runs. */
export function lossOf(definition: LossDefinition, partOptions: object): Loss {
  const { name, threshold } = definition;
  const options = readPartOptions(definition, partOptions);
  const nameAndThreshold = { customName: name, ...(threshold === undefined ? {} : { threshold }) };
  if ('formula' in definition) {
    const expression = traceFormula(name, ['y', 't'], options, definition.formula);
    return { ...formulaLoss(name, expression, definition.over ?? 'mean'), ...nameAndThreshold };
  }
  const evaluate = 'ofRow' in definition ? byRows(definition, options) : byOutputs(definition, options);
  return { name, targets: 'ofRow' in definition ? definition.targets : 'values', evaluate, ...nameAndThreshold };
}

/** The loss of a formula ℓ of y, its input 0, and t; dy is derived. */
function formulaLoss(name: string, outputExpression: Expression, over: 'mean' | 'sum'): Loss {
  const divisorOf = (O: number): number => (over === 'mean' ? O : 1);
  const expressionOf = (O: number): Expression => withSlope(outputExpression, 0, divisorOf(O));
  const codes = new Map<number, ReturnType<typeof createFormulaCode>>(); // by the divisor
  const inputs = [{ shape: [] }, { shape: [] }];
  const evaluate = lossOfTerms(over, (terms, dy, y, t, n, divisor) => {
    let run = codes.get(divisor);
    if (run === undefined) {
      run = createFormulaCode({ expression: expressionOf(divisor), shape: [], inputs });
      codes.set(divisor, run);
    }
    run([terms, dy], [y, t], n);
  });
  return { name, targets: 'values', formula: { expressionOf, divisorOf }, evaluate };
}

const byOutputs = (
  { value, derivative, over = 'mean' }: ElementwiseLossDefinition<PartDefaults>,
  options: PartOptions<PartDefaults>,
): LossKernel =>
  lossOfTerms(over, (terms, dy, y, t, n, divisor) => {
    const { round, flush } = mathOf(typeOf(dy));
    for (let i = 0; i < n; i++) {
      const [output, target] = [y[i], t[i]];
      terms[i] = value(output, target, options);
      dy[i] = flush(round(round(derivative(output, target, options)) / divisor));
    }
  });

/** Adds rows ascending within each leaf. */
const byRows =
  ({ ofRow }: RowLossDefinition<PartDefaults>, options: PartOptions<PartDefaults>): LossKernel =>
  (lossSums, dy, y, t, B, leafRows, O) => {
    let sum = 0;
    for (let n = 0; n < B; n++) {
      if (n % leafRows === 0) sum = 0;
      sum += ofRow(dy, y, t, n, O, options);
      lossSums[Math.floor(n / leafRows)] = sum;
    }
  };

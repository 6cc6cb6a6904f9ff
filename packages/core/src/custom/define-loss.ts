import { type ElementwiseLoss, elementwiseLoss } from '../families/losses/elementwise.ts';
import type { LossSpec } from '../families/losses/index.ts';
import type { Loss, LossKernel } from '../families/losses/loss.ts';
import type { Elements } from '../math/element-type.ts';
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
export type LossDefinition<D extends PartDefaults = PartDefaults> = ElementwiseLossDefinition<D> | RowLossDefinition<D>;

/** Return value of `defineLoss`. */
export type LossPart<D extends PartDefaults = PartDefaults> = LossDefinition<D> & {
  /** Family of the part. */
  readonly part: 'loss';
  /** Spec of the loss with options, for `train(..., { loss })`. */
  spec(options?: Partial<PartOptions<D>>): LossSpec;
};

/**
 * Defines a loss, elementwise or by rows, for a module of `train(..., { modules })`:
 *
 * ```ts
 * export const pinball = defineLoss({
 *   name: 'pinball',
 *   options: { tau: 0.5 },
 *   value: (y, t, { tau }) => (t > y ? tau * (t - y) : (1 - tau) * (y - t)),
 *   derivative: (y, t, { tau }) => (t > y ? -tau : 1 - tau),
 * });
 * ```
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
  const common = { customName: name, ...(threshold === undefined ? {} : { threshold }) };
  if ('ofRow' in definition)
    return { name, targets: definition.targets, evaluate: byRows(definition, options), ...common };
  const { over = 'mean' } = definition;
  const value: ElementwiseLoss['value'] = ({ round }, y, t) => round(definition.value(y, t, options));
  const derivative: ElementwiseLoss['derivative'] = ({ round }, y, t) => round(definition.derivative(y, t, options));
  return { ...elementwiseLoss({ name, over, value, derivative }), ...common };
}

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

import { type ElementwiseLoss, elementwiseLoss } from '../families/losses/elementwise.ts';
import type { LossSpec } from '../families/losses/index.ts';
import type { Loss, LossKernel } from '../families/losses/loss.ts';
import type { Elements } from '../math/element-type.ts';
import { type PartBase, type PartDefaults, type PartOptions, readPartOptions } from './part-options.ts';

/** A loss that is a sum or mean over outputs of one function of output and target. */
export interface ElementwiseLossDefinition<D extends PartDefaults> extends PartBase<D> {
  /** ℓ(y, t). */
  value(y: number, t: number, options: PartOptions<D>): number;
  /** ∂ℓ/∂y. */
  derivative(y: number, t: number, options: PartOptions<D>): number;
  /** The loss of a row: the mean or the sum over its outputs. @default 'mean' */
  readonly over?: 'mean' | 'sum';
  /** With one output that answers yes or no: the threshold above which it is yes. @default 0.5 */
  readonly threshold?: number;
}

/** A loss of a row as a whole. */
export interface RowLossDefinition<D extends PartDefaults> extends PartBase<D> {
  /** 'classes': the target of a row is an index. 'values': one number per output. */
  readonly targets: 'classes' | 'values';
  /**
   * The loss of row n, whose outputs are `y[n * O]` to `y[n * O + O - 1]`. Overwrites the same places of `dy`, which
   * may be `y`, with the gradient: read an output before you write there.
   */
  ofRow(
    dy: Elements, // [B, O] out
    y: Elements, // [B, O]
    t: Elements, // [B], or [B, O]
    n: number,
    O: number,
    options: PartOptions<D>,
  ): number;
  /** With one output that answers yes or no: the threshold above which it is yes. @default 0.5 */
  readonly threshold?: number;
}

/** A loss of one's own. */
export type LossDefinition<D extends PartDefaults = PartDefaults> = ElementwiseLossDefinition<D> | RowLossDefinition<D>;

/** What `defineLoss` returns. */
export type LossPart<D extends PartDefaults = PartDefaults> = LossDefinition<D> & {
  /** Its family. */
  readonly part: 'loss';
  /** The loss with some options, for `train(..., { loss })`. */
  spec(options?: Partial<PartOptions<D>>): LossSpec;
};

/**
 * A loss for a module of `train(..., { modules })`, number by number or row by row:
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
 * In a run of floats `y` and `t` are floats, what `value` and `derivative` give is rounded to a float, and the arrays
 * of `ofRow` are Float32Array; the number that `ofRow` returns stays a double, as sums of losses do.
 */
export const defineLoss = <const D extends PartDefaults = Record<never, never>>(
  definition: LossDefinition<D>,
): LossPart<D> => ({
  ...definition,
  part: 'loss',
  // The name is one that LossSpec does not know.
  spec: (options = {}) => ({ kind: definition.name, ...options }) as unknown as LossSpec,
});

/** The loss as a run uses it. */
export function lossOf(definition: LossDefinition, given: object): Loss {
  const { name, threshold } = definition;
  const options = readPartOptions(definition, given);
  const own = { own: name, ...(threshold === undefined ? {} : { threshold }) };
  if ('ofRow' in definition)
    return { name, targets: definition.targets, evaluate: byRows(definition, options), ...own };
  const { over = 'mean' } = definition;
  const value: ElementwiseLoss['value'] = ({ round }, y, t) => round(definition.value(y, t, options));
  const derivative: ElementwiseLoss['derivative'] = ({ round }, y, t) => round(definition.derivative(y, t, options));
  return { ...elementwiseLoss({ name, over, value, derivative }), ...own };
}

/** Rows are added ascending, leaf by leaf. */
const byRows =
  ({ ofRow }: RowLossDefinition<PartDefaults>, options: PartOptions<PartDefaults>): LossKernel =>
  (lossSums, dy, y, t, B, leaf, O) => {
    let sum = 0;
    for (let n = 0; n < B; n++) {
      if (n % leaf === 0) sum = 0;
      sum += ofRow(dy, y, t, n, O, options);
      lossSums[Math.floor(n / leaf)] = sum;
    }
  };

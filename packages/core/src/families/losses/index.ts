import { OptionError, within } from '../../checks/option-error.ts';
import { checkSpecFloat32 } from '../../checks/options/check-float32.ts';
import { positive } from '../../checks/options/index.ts';
import type { ElementType } from '../../math/element-type.ts';
import { createMember, type Family, type SpecOf, withOptions } from '../family.ts';
import { binaryCrossEntropy, huber, huberOptions, mae, mse, output, quadratic } from './elementwise.ts';
import type { HeadLoss, Loss } from './loss.ts';
import { softTargetCrossEntropy } from './soft-target-cross-entropy.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyOptions } from './softmax-cross-entropy.ts';

const [table, options] = withOptions({
  mse: [mse, {}],
  quadratic: [quadratic, {}],
  'softmax-cross-entropy': [softmaxCrossEntropy, softmaxCrossEntropyOptions.table],
  'soft-target-cross-entropy': [softTargetCrossEntropy, {}],
  'binary-cross-entropy': [binaryCrossEntropy, {}],
  mae: [mae, {}],
  huber: [huber, huberOptions.table],
  output: [output, {}],
});

/** The name of a loss. */
export type LossName = keyof typeof table;

/** All losses. To add one, write a file and list it here. */
export const losses: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

export const lossOptions = options;

/** The loss of one output: for example 'mse', or { kind: 'huber', delta: 2 }. */
export type SingleLossSpec = SpecOf<typeof losses>;

/** Options of the loss of one of several outputs. */
export interface HeadLossOptions {
  /** Factor of its loss in the sum, more than 0. @default 1 */
  weight?: number;
}

/** The loss of one of several outputs. */
export type HeadLossSpec = SingleLossSpec | (Exclude<SingleLossSpec, string> & HeadLossOptions);

/** A loss, or that of each of several outputs by name: { digit: 'softmax-cross-entropy', angle: 'mse' }. */
export type LossSpec = SingleLossSpec | HeadLossSpecs;

/** The losses of several outputs by name. A batch has the sum of their means, each times its weight. */
export interface HeadLossSpecs {
  readonly [head: string]: HeadLossSpec;
}

/** Whether a loss is stated for each of several outputs. */
export const hasHeads = (spec: unknown): spec is HeadLossSpecs =>
  isRecord(spec) &&
  !('kind' in spec) &&
  Object.values(spec).every((loss) => typeof loss === 'string' || isRecord(loss));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Creates a loss. @throws OptionError naming the nearest known loss or option. */
export function createLoss(spec: LossSpec, custom: { readonly losses: Family<Loss> } = { losses: {} }): Loss {
  if (!hasHeads(spec)) return { ...createMember('loss', losses, spec, custom.losses), spec };
  const heads = Object.entries(spec).map(([name, head]) => within(name, () => headLoss(name, head, custom)));
  if (heads.length === 0) throw new OptionError('loss', 'kind', 'has no loss, expected one', { about: 'spec' });
  return { name: 'heads', targets: 'heads', heads, spec, evaluate: evaluateHeads };
}

function headLoss(name: string, spec: HeadLossSpec, custom: { readonly losses: Family<Loss> }): HeadLoss {
  const { weight = 1, ...member } = typeof spec === 'object' && spec !== null ? { weight: 1, ...spec } : { kind: spec };
  positive(1).check(`loss of ${name}`, 'weight', weight);
  return { name, weight, loss: { ...createMember('loss', losses, member, custom.losses), spec: member } };
}

/** The loss of each head is computed by itself: see `emitLoss`. */
const evaluateHeads = (): never => {
  throw new Error('loss: several outputs have a loss each');
};

/** @throws OptionError if rounding to float32 makes a number of the loss invalid. */
export function refuseLossBeyondFloats(where: string, loss: Loss, type: ElementType): void {
  if (type !== 'float32') return;
  for (const { spec } of loss.heads?.map((head) => head.loss) ?? [loss]) {
    checkSpecFloat32(where, 'loss', spec, lossOptions);
  }
}

import { checkSpecFloat32 } from '../../checks/options/check-float32.ts';
import type { OptionTable } from '../../checks/options/index.ts';
import type { ElementType } from '../../math/element-type.ts';
import { createMember, type Family, type SpecOf } from '../family.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import { huber, huberOptions } from './huber.ts';
import type { Loss } from './loss.ts';
import { mae } from './mae.ts';
import { mse } from './mse.ts';
import { quadratic } from './quadratic.ts';
import { softmaxCrossEntropy, softmaxCrossEntropyOptions } from './softmax-cross-entropy.ts';

const table = {
  mse,
  quadratic,
  'softmax-cross-entropy': softmaxCrossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  mae,
  huber,
} satisfies Record<string, (options: never) => Loss>;

/** The name of a loss. */
export type LossName = keyof typeof table;

/** All losses. To add one, write a file and list it here. */
export const losses: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** Options of each loss. */
export const lossOptions = {
  mse: {},
  quadratic: {},
  'softmax-cross-entropy': softmaxCrossEntropyOptions.table,
  'binary-cross-entropy': {},
  mae: {},
  huber: huberOptions.table,
} satisfies Record<LossName, OptionTable>;

/** For example 'mse', or { kind: 'huber', delta: 2 }. */
export type LossSpec = SpecOf<typeof losses>;

/** Creates a loss. @throws OptionError naming the nearest known loss or option. */
export const createLoss = (spec: LossSpec, custom: { readonly losses: Family<Loss> } = { losses: {} }): Loss => ({
  ...createMember('loss', losses, spec, custom.losses),
  spec,
});

/** @throws OptionError if rounding to float32 makes a number of the loss invalid. */
export function refuseLossBeyondFloats(where: string, loss: Loss, type: ElementType): void {
  if (type === 'float32') checkSpecFloat32(where, 'loss', loss.spec, lossOptions);
}

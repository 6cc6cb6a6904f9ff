import { createMember, type SpecOf } from '../family.ts';
import { binaryCrossEntropy } from './binary-cross-entropy.ts';
import { huber } from './huber.ts';
import type { Loss } from './loss.ts';
import { mae } from './mae.ts';
import { mse } from './mse.ts';
import { quadratic } from './quadratic.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';

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

/** Every loss: one file and one word here. */
export const losses: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** 'mse', or { kind: 'huber', delta: 2 }. */
export type LossSpec = SpecOf<typeof losses>;

/** @throws Error naming the nearest known loss or option. */
export const createLoss = (spec: LossSpec): Loss => createMember('loss', losses, spec);

/** What the targets of a loss are: 'classes', one index a row, or 'values', as many numbers a row as outputs. */
export const lossTargets = (spec: LossSpec): Loss['targets'] => createLoss(spec).targets;

export type { HuberOptions } from './huber.ts';
export type { Loss, LossKernel } from './loss.ts';

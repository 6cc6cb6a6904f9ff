import type { OptionTable } from '../../checks/options/index.ts';
import { createMember, type SpecOf } from '../family.ts';
import { adagrad, adagradOptions } from './adagrad.ts';
import { adam, adamOptions } from './adam.ts';
import { adamw, adamwOptions } from './adamw.ts';
import { lion, lionOptions } from './lion.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop, rmspropOptions } from './rmsprop.ts';
import { sgd, sgdOptions } from './sgd.ts';

const table = { sgd, adam, adamw, rmsprop, adagrad, lion } satisfies Record<string, (options: never) => Optimizer>;

/** The name of an optimizer. */
export type OptimizerName = keyof typeof table;

/** All optimizers. To add one, write a file and list it here. */
export const optimizers: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** Options of each optimizer; the command line derives flags from them. */
export const optimizerOptions = {
  sgd: sgdOptions.table,
  adam: adamOptions.table,
  adamw: adamwOptions.table,
  rmsprop: rmspropOptions.table,
  adagrad: adagradOptions.table,
  lion: lionOptions.table,
} satisfies Record<OptimizerName, OptionTable>;

/** For example 'adam', or { kind: 'sgd', lr: 0.1, momentum: 0.9 }. */
export type OptimizerSpec = SpecOf<typeof optimizers>;

/** Creates an optimizer. @throws OptionError naming the nearest known optimizer or option. */
export const createOptimizer = (spec: OptimizerSpec): Optimizer => ({
  ...createMember('optimizer', optimizers, spec),
  spec,
});

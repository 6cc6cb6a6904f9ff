import { createMember, type SpecOf, withOptions } from '../family.ts';
import { adagrad, adagradOptions } from './adagrad.ts';
import { adam, adamOptions } from './adam.ts';
import { adamw, adamwOptions } from './adamw.ts';
import { lion, lionOptions } from './lion.ts';
import { muon, muonOptions } from './muon.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop, rmspropOptions } from './rmsprop.ts';
import { sgd, sgdOptions } from './sgd.ts';

const [table, options] = withOptions({
  sgd: [sgd, sgdOptions.table],
  adam: [adam, adamOptions.table],
  adamw: [adamw, adamwOptions.table],
  rmsprop: [rmsprop, rmspropOptions.table],
  adagrad: [adagrad, adagradOptions.table],
  lion: [lion, lionOptions.table],
  muon: [muon, muonOptions.table],
});

/** The name of an optimizer. */
export type OptimizerName = keyof typeof table;

/** All optimizers. To add one, write a file and list it here. */
export const optimizers: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** Options of each optimizer; the command line derives flags from them. */
export const optimizerOptions = options;

/** For example 'adam', or { kind: 'sgd', lr: 0.1, momentum: 0.9 }. */
export type OptimizerSpec = SpecOf<typeof optimizers>;

/** Creates an optimizer. @throws OptionError naming the nearest known optimizer or option. */
export const createOptimizer = (spec: OptimizerSpec): Optimizer => ({
  ...createMember('optimizer', optimizers, spec),
  spec,
});

import {
  createInitializer,
  createOptimizer,
  type InitializerSpec,
  initializers,
  type OptimizerSpec,
  optimizers,
} from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { datasetSource } from '../../../files/datasets/dataset-source.ts';
import { memberOf } from '../../../options/member.ts';
import { type Filled, grouped, type OptionTable } from '../../../options/option.ts';
import { seedRange } from '../../../options/ranges.ts';
import { activationList } from './activation-list.ts';
import { presets } from './presets/index.ts';

const DEEPEST = 1000;
const names = (table: object): string => Object.keys(table).join(', ');

/** Learning rates at which something can be seen. */
export const rate = option.inRange(1e-12, 1000);

export const vanishingOptions = {
  dataset: { group: 'Data', ...datasetSource(undefined, 'name or path of a dataset, as in train', 'mnist') },
  ...grouped(
    { group: 'Model' },
    {
      activation: activationList(
        undefined,
        'activations to compare; batch-norm+tanh normalises before it',
        'sigmoid,relu,batch-norm+sigmoid',
      ),
      depth: option.wholeNumber(1, DEEPEST)(20, 'hidden layers'),
      width: option.positiveInteger(64, 'units per hidden layer'),
      init: memberOf<InitializerSpec>(initializers, createInitializer)(
        undefined,
        `initializer of the weights: ${names(initializers)}`,
        'he-normal',
      ),
    },
  ),
  ...grouped(
    { group: 'Training' },
    {
      optimizer: memberOf<OptimizerSpec>(optimizers, createOptimizer)(undefined, names(optimizers), 'adam'),
      lr: rate(undefined, 'learning rate that all share; each also searches around it for its best', "the optimizer's"),
      batch: option.positiveInteger(64, 'batch size'),
      steps: option.positiveInteger(300, 'steps per run'),
      seeds: seedRange(
        undefined,
        'seeds, such as 1..5: the first for everything, the others for the factor and accuracy',
        '1',
      ),
      long: option.flag(
        undefined,
        'also train for ten epochs at the same rate; with --preset nielsen, its norms after 499 steps',
      ),
      preset: option.oneOf(presets)(undefined, 'recompute published figures instead: nielsen, glorot, he or skip'),
    },
  ),
} satisfies OptionTable;

export type VanishingValues = Filled<typeof vanishingOptions>;

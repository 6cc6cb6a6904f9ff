import {
  createInitializer,
  createOptimizer,
  type InitializerSpec,
  initializers,
  type OptimizerSpec,
  optimizers,
} from '@gradloom/core';
import { datasetSource } from '../../../files/datasets/dataset-source.ts';
import { memberOf } from '../../../options/member.ts';
import { realNumber, wholeNumber } from '../../../options/numbers.ts';
import type { Group, OptionTable, Values } from '../../../options/option.ts';
import { seedRange } from '../../../options/seed-range.ts';
import { keyOf, toggle } from '../../../options/words.ts';
import { activationList } from './activation-list.ts';
import { presets } from './presets/index.ts';

const model = { group: 'Model' } satisfies { group: Group };
const training = { group: 'Training' } satisfies { group: Group };

const DEEPEST = 1000;
const names = (table: object): string => Object.keys(table).join(', ');

export const vanishingOptions = {
  dataset: { group: 'Data', ...datasetSource, describe: 'name or path of a dataset, as in train (default: mnist)' },
  activation: {
    ...model,
    ...activationList,
    describe: 'activations to compare; batch-norm+tanh normalises before it (default: sigmoid,relu,batch-norm+sigmoid)',
  },
  depth: {
    ...model,
    ...realNumber(`a whole number from 1 to ${DEEPEST}`, (x) => Number.isSafeInteger(x) && x >= 1 && x <= DEEPEST),
    describe: 'hidden layers (default: 20)',
  },
  width: { ...model, ...wholeNumber(1), describe: 'units per hidden layer (default: 64)' },
  init: {
    ...model,
    ...memberOf<InitializerSpec>(initializers, createInitializer),
    describe: `initializer of the weights: ${names(initializers)} (default: he-normal)`,
  },
  optimizer: {
    ...training,
    ...memberOf<OptimizerSpec>(optimizers, createOptimizer),
    describe: `${names(optimizers)} (default: adam)`,
  },
  lr: {
    ...training,
    ...realNumber('a number from 1e-12 to 1000', (x) => x >= 1e-12 && x <= 1000),
    describe: "learning rate that all share; each also searches around it for its best (default: the optimizer's)",
  },
  batch: { ...training, ...wholeNumber(1), describe: 'batch size (default: 64)' },
  steps: { ...training, ...wholeNumber(1), describe: 'steps per run (default: 300)' },
  seeds: {
    ...training,
    ...seedRange,
    describe: 'seeds, such as 1..5: the first for everything, the others for the factor and accuracy (default: 1)',
  },
  long: {
    ...training,
    ...toggle,
    describe: 'also train for ten epochs at the same rate; with --preset nielsen, its norms after 499 steps',
  },
  preset: { ...training, ...keyOf(presets), describe: 'recompute published figures instead: nielsen, glorot or he' },
} satisfies OptionTable;

export type VanishingValues = Values<typeof vanishingOptions>;

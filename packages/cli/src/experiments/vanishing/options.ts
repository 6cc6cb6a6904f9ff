import {
  createInitializer,
  createOptimizer,
  type InitializerSpec,
  initializers,
  type OptimizerSpec,
  optimizers,
} from '@gradloom/core';
import { datasetSource } from '../../options/dataset-source.ts';
import { memberOf } from '../../options/member.ts';
import { realNumber, wholeNumber } from '../../options/numbers.ts';
import type { Group, OptionTable, Values } from '../../options/option.ts';
import { seedRange } from '../../options/seed-range.ts';
import { keyOf, toggle } from '../../options/words.ts';
import { activationList } from './activation-list.ts';
import { presets } from './presets/index.ts';

const model = { group: 'Model' } satisfies { group: Group };
const training = { group: 'Training' } satisfies { group: Group };

const DEEPEST = 1000;
const names = (table: object): string => Object.keys(table).join(', ');

export const vanishingOptions = {
  dataset: { group: 'Data', ...datasetSource, describe: 'what train takes: a name or a path (mnist)' },
  activation: { ...model, ...activationList, describe: 'a list of those of train (sigmoid,relu)' },
  depth: {
    ...model,
    ...realNumber(`a whole number from 1 to ${DEEPEST}`, (x) => Number.isSafeInteger(x) && x >= 1 && x <= DEEPEST),
    describe: 'hidden layers (20)',
  },
  width: { ...model, ...wholeNumber(1), describe: 'units in each hidden layer (64)' },
  init: {
    ...model,
    ...memberOf<InitializerSpec>(initializers, createInitializer),
    describe: `of all weights: ${names(initializers)} (he-normal)`,
  },
  optimizer: {
    ...training,
    ...memberOf<OptimizerSpec>(optimizers, createOptimizer),
    describe: `${names(optimizers)} (adam)`,
  },
  lr: {
    ...training,
    ...realNumber('a number from 1e-12 to 1000', (x) => x >= 1e-12 && x <= 1000),
    describe: "learning rate that all share, and about which each seeks its own best (the optimizer's)",
  },
  batch: { ...training, ...wholeNumber(1), describe: 'rows of a step (64)' },
  steps: { ...training, ...wholeNumber(1), describe: 'of each run (300)' },
  seeds: {
    ...training,
    ...seedRange,
    describe: 'starts: the first for everything, the others for factor and accuracy (1)',
  },
  long: { ...training, ...toggle, describe: 'also ten epochs at the same rate; of nielsen, its norms after 499 steps' },
  preset: { ...training, ...keyOf(presets), describe: 'published figures instead: nielsen, glorot or he' },
} satisfies OptionTable;

export type VanishingValues = Values<typeof vanishingOptions>;

import {
  createInitializer,
  createLoss,
  createOptimizer,
  createSchedule,
  type InitializerSpec,
  initializers,
  type LossSpec,
  losses,
  type OptimizerSpec,
  optimizers,
  type ScheduleSpec,
  schedules,
} from '@gradloom/core';
import type { TrainOptions } from '@gradloom/runtime';
import { activationSpec } from '../options/activation.ts';
import { checkpointEvery } from '../options/checkpoint-every.ts';
import { datasetSource } from '../options/dataset-source.ts';
import { memberOf } from '../options/member.ts';
import { networkFile } from '../options/network-file.ts';
import { fraction, nonNegative, positive, wholeNumber, wholeNumberOr, widths } from '../options/numbers.ts';
import type { FileOption, FileOptionTable, Values } from '../options/option.ts';
import type { Alternatives } from '../options/raw-options.ts';
import { runOptions } from '../options/run-options.ts';
import { keyOf, text, toggle } from '../options/words.ts';
import { optimizerFlags } from './optimizer-flags.ts';

type Shared = Pick<FileOption<unknown>, 'group' | 'effect'>;
const data = { group: 'Data', effect: 'reading' } satisfies Shared;
const share = { group: 'Data', effect: 'result' } satisfies Shared;
const model = { group: 'Model', effect: 'result' } satisfies Shared;
const training = { group: 'Training', effect: 'result' } satisfies Shared;
const watching = { group: 'Training', effect: 'execution' } satisfies Shared;
const work = { group: 'Run', effect: 'execution' } satisfies Shared;
const source = { group: 'Output', effect: 'source' } satisfies Shared;
const output = { group: 'Output', effect: 'showing' } satisfies Shared;

const names = (table: object): string => Object.keys(table).join(', ');
/** A copy of the names in the runtime, whose table would load the whole runtime for help. */
const onNanChoices = { stop: true, rollback: true } satisfies Record<NonNullable<TrainOptions['onNan']>, true>;
const anyContext = { totalSteps: 1, stepsPerEpoch: 1 };

/** Every option of `train`, as a flag and as a key of a config file. */
export const trainOptions = {
  dataset: {
    ...data,
    ...datasetSource,
    describe: `${datasetSource.choices?.join(', ')}; or the path of a CSV, NumPy or IDX file, or of a folder`,
  },
  validation: {
    ...share,
    ...fraction,
    describe: 'validation split: share of the training rows to hold out (default: 0.1 for mnist, else 0)',
  },
  test: {
    ...share,
    ...fraction,
    describe:
      'test split: share of the rows to hold out, for a dataset without a test set (default: set by the dataset)',
  },

  hidden: {
    ...model,
    ...widths,
    describe: 'units of each hidden layer, such as 128,64, or none (default: set by the dataset)',
  },
  activation: {
    ...model,
    ...activationSpec,
    describe: `activation of the hidden layers: ${activationSpec.choices?.join(', ')} (default: set by the dataset)`,
  },
  'output-activation': {
    ...model,
    ...activationSpec,
    describe:
      'activation of the output layer (default: sigmoid for targets of 0 and 1 with mse and the like, else identity)',
  },
  init: {
    ...model,
    ...memberOf<InitializerSpec>(initializers, createInitializer),
    describe: `initializer of the weights: ${names(initializers)} (default: he-normal before relu and similar activations, else glorot-uniform)`,
  },
  dropout: {
    ...model,
    ...fraction,
    describe: 'share of the units of each hidden layer to drop during training (default: 0)',
  },
  spec: {
    ...model,
    effect: 'reading',
    ...networkFile,
    describe: 'JSON or YAML file with the whole network, { "layers": [...] }, instead of the options above',
  },

  loss: {
    ...training,
    ...memberOf<LossSpec>(losses, createLoss),
    describe: `${names(losses)} (default: softmax-cross-entropy for classes, mse for values)`,
  },
  optimizer: {
    ...training,
    ...memberOf<OptimizerSpec>(optimizers, createOptimizer),
    describe: `${names(optimizers)} (default: set by the dataset)`,
  },
  lr: {
    ...training,
    ...nonNegative,
    describe: "learning rate (default: set by the dataset, else the optimizer's default)",
  },
  ...optimizerFlags,
  schedule: {
    ...training,
    ...memberOf<ScheduleSpec>(schedules, (spec) => createSchedule(spec, anyContext)),
    describe: `learning rate schedule: ${names(schedules)} (default: set by the dataset)`,
  },
  'warmup-steps': {
    ...training,
    ...wholeNumber(0),
    describe: 'steps of linear warm-up before the schedule (default: 0)',
  },
  'clip-norm': { ...training, ...positive, describe: 'clip the gradient to this global norm (default: no clipping)' },
  'on-nan': {
    ...training,
    ...keyOf(onNanChoices),
    describe:
      'when a loss or weight is not finite: stop, or rollback to the start of the epoch and halve the learning rate (default: stop)',
  },
  batch: {
    ...training,
    ...wholeNumberOr('full'),
    describe: 'batch size: rows per step, or full (default: set by the dataset)',
  },
  epochs: { ...training, ...wholeNumber(1), describe: 'passes over the training rows (default: set by the dataset)' },
  steps: { ...training, ...wholeNumber(1), describe: 'number of steps, instead of epochs' },
  'no-shuffle': { ...training, ...toggle, describe: 'do not shuffle the rows of an epoch' },
  seed: {
    ...training,
    ...wholeNumber(0),
    describe: 'seed of the weights, the order of the rows and dropout (default: 0)',
  },
  'evaluate-every': {
    ...training,
    ...wholeNumber(1),
    describe: 'validate after every so many epochs (default: 1, or 1 % of the epochs)',
  },

  'evaluate-test': {
    ...watching,
    ...toggle,
    describe:
      'also measure the test set after each epoch; the results then say so, since choices made by it are biased',
  },

  probe: {
    ...watching,
    ...wholeNumber(1),
    describe:
      'record statistics of every layer every so many steps; the first and the last are printed, metrics.jsonl and --json have all (default: never)',
  },
  profile: {
    ...watching,
    ...toggle,
    describe: 'measure where each thread spends its time, for the report; not with --probe',
  },

  ...runOptions,
  threads: {
    ...work,
    ...wholeNumberOr('auto'),
    describe:
      'worker threads; never changes the result (default: auto, the fastest of one, half of the cores, and all)',
  },

  retries: {
    ...work,
    ...wholeNumber(0),
    describe: 'consecutive failures of a thread that the run recovers from; never changes the result (default: 3)',
  },

  'checkpoint-every': {
    ...output,
    effect: 'execution',
    ...checkpointEvery,
    describe: 'write a checkpoint every so many steps (50), epochs (2e) or seconds (30s) (default: only at the end)',
  },
  keep: {
    ...output,
    effect: 'execution',
    ...wholeNumber(1),
    describe:
      'how many of the newest checkpoints to keep as step-<number>.gradloom, besides the last and the best (default: 0)',
  },
  resume: {
    ...source,
    ...text('a run or a checkpoint'),
    describe: 'continue a run such as runs/mnist-1 from its newest checkpoint, or continue from a checkpoint file',
  },
  out: {
    ...output,
    effect: 'place',
    ...text('a directory'),
    describe: 'directory for the run, which must be new or empty (default: runs/<dataset>-<number>)',
  },
  'no-out': { ...output, ...toggle, describe: 'write no files' },
  config: { ...source, ...text('a file'), describe: 'read options from a JSON or YAML file; flags override it' },
  quiet: { ...output, ...toggle, describe: 'print only the directory of the run; with --json, only the last line' },
  json: { ...output, ...toggle, describe: 'print JSON, one object per line' },
  verbose: { ...output, ...toggle, describe: 'print the stack trace of an error' },
} satisfies FileOptionTable;

export type TrainValues = Values<typeof trainOptions>;

export const trainAlternatives: Alternatives = [
  [['spec'], ['hidden', 'activation', 'output-activation', 'init', 'dropout']],
  [['epochs'], ['steps']],
  [['out'], ['no-out']],
  [['checkpoint-every', 'keep'], ['no-out']],
  [['resume'], ['config']],
];

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
import { optimizerOptions, softmaxCrossEntropyOptions, warmupOptions } from '@gradloom/core/internal';
import {
  checkpointOptions,
  trainOptions as library,
  monitors,
  onNanChoices,
  precisions,
} from '@gradloom/runtime/options';
import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { tableFlags } from '../../files/datasets/table-options.ts';
import { activationSpec } from '../../options/activation.ts';
import { checkpointEvery } from '../../options/checkpoint-every.ts';
import { classWeights } from '../../options/class-weights.ts';
import { helpLine } from '../../options/help-line.ts';
import { memberOf } from '../../options/member.ts';
import { networkFile } from '../../options/network-file.ts';
import {
  betweenZeroAndOne,
  fraction,
  nonNegative,
  positive,
  wholeNumber,
  wholeNumberOr,
  widths,
} from '../../options/numbers.ts';
import type { FileOption, FileOptionTable, Values } from '../../options/option.ts';
import { moduleOption, ownParts } from '../../options/own-parts.ts';
import type { Alternatives } from '../../options/raw-options.ts';
import { runOptions } from '../../options/run-options.ts';
import { keyOf, text, toggle } from '../../options/words.ts';
import { optimizerFlags } from './optimizer-flags.ts';

type Shared = Pick<FileOption<unknown>, 'group' | 'effect'>;
const data = { group: 'Data', effect: 'reading' } satisfies Shared;
const share = { group: 'Data', effect: 'result' } satisfies Shared;
const model = { group: 'Model', effect: 'result' } satisfies Shared;
const training = { group: 'Training', effect: 'result' } satisfies Shared;
const watching = { group: 'Training', effect: 'execution' } satisfies Shared;
const work = { group: 'Run', effect: 'execution' } satisfies Shared;
const company = { group: 'Run', effect: 'company' } satisfies Shared;
const source = { group: 'Output', effect: 'source' } satisfies Shared;
const output = { group: 'Output', effect: 'showing' } satisfies Shared;

const names = (table: object): string => Object.keys(table).join(', ');
const stated = {
  ...library.table,
  ...softmaxCrossEntropyOptions.table,
  ...warmupOptions.table,
  ...checkpointOptions.table,
  ...optimizerOptions.sgd,
};
const byDataset = 'set by the dataset';
const anyContext = { totalSteps: 1, stepsPerEpoch: 1 };

/** Every option of `train`, as a flag and as a key of a config file. */
export const trainOptions = {
  dataset: {
    ...data,
    ...datasetSource,
    describe: `${datasetSource.choices?.join(', ')}; or the path of a table, a NumPy or IDX file, or a folder`,
  },
  ...tableFlags,
  validation: {
    ...share,
    ...fraction,
    describe:
      'validation split: share of the training rows to hold out (default: 0.1 for mnist and for your own data of 50 rows or more, else 0)',
  },
  test: {
    ...share,
    ...fraction,
    describe:
      'test split: share of the rows to hold out, for a dataset without a test set (default: 0.1 for your own data of 50 rows or more, else set by the dataset)',
  },
  folds: {
    ...share,
    ...wholeNumber(2),
    describe:
      'cross-validation: deal the rows into so many folds, each class in proportion, and train once for each, on the others, with it as the test set (default: none)',
  },
  fold: {
    ...share,
    ...wholeNumber(1),
    describe: 'with --folds: train for this fold alone, from 1 (default: for each in turn)',
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
    ...memberOf<InitializerSpec>(initializers, (spec) => createInitializer(spec, ownParts()), 'initializers'),
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

  module: moduleOption,
  'no-gradient-check': {
    ...watching,
    ...toggle,
    describe: helpLine(stated.checkGradients),
  },

  precision: { ...training, ...keyOf(precisions), describe: helpLine(stated.precision) },
  loss: {
    ...training,
    ...memberOf<LossSpec>(losses, (spec) => createLoss(spec, ownParts()), 'losses'),
    describe: helpLine({ ...stated.loss, help: names(losses) }),
  },
  'label-smoothing': { ...training, ...fraction, describe: helpLine(stated.labelSmoothing) },
  optimizer: {
    ...training,
    ...memberOf<OptimizerSpec>(optimizers, createOptimizer),
    describe: helpLine({ help: names(optimizers) }, byDataset),
  },
  lr: {
    ...training,
    ...nonNegative,
    describe: helpLine(stated.lr, `${byDataset}, else the optimizer's default`),
  },
  ...optimizerFlags,
  schedule: {
    ...training,
    ...memberOf<ScheduleSpec>(schedules, (spec) => createSchedule(spec, anyContext, ownParts()), 'schedules'),
    describe: helpLine({ help: `${stated.schedule.help}: ${names(schedules)}` }, byDataset),
  },
  'warmup-steps': {
    ...training,
    ...wholeNumber(0),
    describe: helpLine(stated.warmupSteps),
  },
  'class-weight': { ...training, ...classWeights, describe: helpLine(stated.classWeight) },
  'max-norm': { ...training, ...positive, describe: helpLine(stated.maxNorm) },
  ema: { ...training, ...betweenZeroAndOne, describe: helpLine(stated.ema) },
  'clip-norm': { ...training, ...positive, describe: helpLine(stated.clipNorm) },
  'on-nan': {
    ...training,
    ...keyOf(onNanChoices),
    describe: helpLine(stated.onNan),
  },
  batch: {
    ...training,
    ...wholeNumberOr('full'),
    describe: helpLine(stated.batch, byDataset),
  },
  accumulate: { ...training, ...wholeNumber(1), describe: helpLine(stated.accumulate) },
  epochs: { ...training, ...wholeNumber(1), describe: helpLine(stated.epochs, byDataset) },
  steps: { ...training, ...wholeNumber(1), describe: helpLine(stated.steps) },
  'no-shuffle': { ...training, ...toggle, describe: helpLine(stated.shuffle) },
  seed: {
    ...training,
    ...wholeNumber(0),
    describe: helpLine(stated.seed),
  },
  'evaluate-every': {
    ...training,
    ...wholeNumber(1),
    describe: helpLine(stated.evaluateEvery),
  },

  patience: {
    ...training,
    ...wholeNumberOr('none'),
    describe: helpLine(stated.patience, 'set by a rule for tables, else none'),
  },
  'min-delta': { ...training, ...nonNegative, describe: helpLine(stated.minDelta) },
  monitor: {
    ...training,
    ...keyOf(monitors),
    describe: helpLine({ ...stated.monitor, help: `${stated.monitor.help}: ${names(monitors)}` }),
  },

  'evaluate-test': {
    ...watching,
    ...toggle,
    describe: helpLine(stated.evaluateTest),
  },

  probe: {
    ...watching,
    ...wholeNumber(1),
    describe: helpLine(stated.probe),
  },
  profile: {
    ...watching,
    ...toggle,
    describe: helpLine(stated.profile),
  },

  ...runOptions,
  threads: {
    ...work,
    ...wholeNumberOr('auto'),
    describe: helpLine(stated.threads),
  },

  retries: {
    ...work,
    ...wholeNumber(0),
    describe: helpLine(stated.retries),
  },

  cluster: {
    ...company,
    ...keyOf({ mpi: true }),
    describe:
      'train one model on all ranks that mpirun or srun has started, by MPI: mpi; never changes the result (default: this process alone)',
  },
  'no-overlap': { ...company, ...toggle, describe: helpLine(stated.overlap) },
  'exchange-timeout': {
    ...company,
    ...positive,
    describe: 'with --cluster, seconds after which a rank that does not take part ends the run (default: 300)',
  },

  'checkpoint-every': {
    ...output,
    effect: 'execution',
    ...checkpointEvery,
    describe: helpLine(stated.every),
  },
  keep: {
    ...output,
    effect: 'execution',
    ...wholeNumber(1),
    describe: helpLine(stated.keep),
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

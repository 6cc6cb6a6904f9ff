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
/** As the runtime has them, whose table would bring the whole runtime into a help text. */
const onNanChoices = { stop: true, rollback: true } satisfies Record<NonNullable<TrainOptions['onNan']>, true>;
const anyContext = { totalSteps: 1, stepsPerEpoch: 1 };

/** Every option of `train`, as flags and as keys of a config file. */
export const trainOptions = {
  dataset: {
    ...data,
    ...datasetSource,
    describe: `${datasetSource.choices?.join(', ')}; or a path to CSV, NumPy or IDX files`,
  },
  validation: { ...share, ...fraction, describe: 'share of the training rows to validate on (mnist: 0.1, else 0)' },
  test: {
    ...share,
    ...fraction,
    describe: 'share of the rows to hold out as a test set, where there is none (by dataset)',
  },

  hidden: { ...model, ...widths, describe: 'widths of the hidden layers, such as 128,64, or none (by dataset)' },
  activation: {
    ...model,
    ...activationSpec,
    describe: `of the hidden layers: ${activationSpec.choices?.join(', ')} (by dataset)`,
  },
  'output-activation': {
    ...model,
    ...activationSpec,
    describe: 'of the output (sigmoid where a loss of values meets targets of 0 and 1, else identity)',
  },
  init: {
    ...model,
    ...memberOf<InitializerSpec>(initializers, createInitializer),
    describe: `of the weights: ${names(initializers)} (he-normal in front of relu and its kin, else glorot-uniform)`,
  },
  dropout: { ...model, ...fraction, describe: 'share of each hidden layer dropped in training (0)' },
  spec: {
    ...model,
    effect: 'reading',
    ...networkFile,
    describe: 'JSON file of a whole network, { "layers": [...] }, instead of the above',
  },

  loss: {
    ...training,
    ...memberOf<LossSpec>(losses, createLoss),
    describe: `${names(losses)} (softmax-cross-entropy for classes, mse for values)`,
  },
  optimizer: {
    ...training,
    ...memberOf<OptimizerSpec>(optimizers, createOptimizer),
    describe: `${names(optimizers)} (by dataset)`,
  },
  lr: { ...training, ...nonNegative, describe: "learning rate (by dataset, else the optimizer's own)" },
  ...optimizerFlags,
  schedule: {
    ...training,
    ...memberOf<ScheduleSpec>(schedules, (spec) => createSchedule(spec, anyContext)),
    describe: `of the learning rate: ${names(schedules)} (by dataset)`,
  },
  'warmup-steps': {
    ...training,
    ...wholeNumber(0),
    describe: 'steps in which the rate rises, in front of any schedule (0)',
  },
  'clip-norm': { ...training, ...positive, describe: 'most that the norm of a gradient may be (no limit)' },
  'on-nan': {
    ...training,
    ...keyOf(onNanChoices),
    describe:
      'what a number that is not finite does: stop, or rollback to the start of its epoch with half the rate (stop)',
  },
  batch: { ...training, ...wholeNumberOr('full'), describe: 'rows of a step, or full (by dataset)' },
  shards: {
    ...training,
    ...wholeNumber(1),
    describe: 'parts of a batch that threads share; part of the result (by batch)',
  },
  epochs: { ...training, ...wholeNumber(1), describe: 'passes over the training rows (by dataset)' },
  steps: { ...training, ...wholeNumber(1), describe: 'steps, instead of epochs' },
  'no-shuffle': { ...training, ...toggle, describe: 'keep the rows in the order of the file' },
  seed: { ...training, ...wholeNumber(0), describe: 'of weights, order of the rows and dropout (0)' },
  'evaluate-every': {
    ...training,
    ...wholeNumber(1),
    describe: 'epochs from one validation to the next (1, or 1 % of the run)',
  },

  'evaluate-test': {
    ...watching,
    ...toggle,
    describe: 'measure the test set at each validation, too; the run then says that its test set was looked at',
  },

  probe: {
    ...watching,
    ...wholeNumber(1),
    describe:
      'steps from one look into the layers to the next; the first and last are shown, metrics.jsonl and --json have all (none)',
  },
  profile: {
    ...watching,
    ...toggle,
    describe: 'measure for the report where each thread spends its time; not beside --probe',
  },

  ...runOptions,
  threads: {
    ...work,
    ...wholeNumberOr('auto'),
    describe: 'worker threads; never changes the result (auto: one, half or all cores, whichever is fastest)',
  },

  retries: {
    ...work,
    ...wholeNumber(0),
    describe: 'failures of a thread in a row that the run starts again after; never changes the result (3)',
  },

  'checkpoint-every': {
    ...output,
    effect: 'execution',
    ...checkpointEvery,
    describe: 'steps (50), epochs (2e) or seconds (30s) from one checkpoint to the next (at the end alone)',
  },
  keep: {
    ...output,
    effect: 'execution',
    ...wholeNumber(1),
    describe: 'newest checkpoints that stay under names with their steps, beside the last and the best (none)',
  },
  resume: {
    ...source,
    ...text('a run or a checkpoint'),
    describe: 'go on with a run from its newest checkpoint, such as runs/mnist-1, or from a checkpoint file',
  },
  out: {
    ...output,
    effect: 'place',
    ...text('a directory'),
    describe: 'directory for the run, new or empty (runs/<dataset>-<number>)',
  },
  'no-out': { ...output, ...toggle, describe: 'write no run' },
  config: { ...source, ...text('a file'), describe: 'JSON or YAML file of options without their dashes; flags win' },
  quiet: { ...output, ...toggle, describe: 'print only where the run was written; with --json only the last line' },
  json: { ...output, ...toggle, describe: 'print one JSON object a line' },
  verbose: { ...output, ...toggle, describe: 'print the stack of an error' },
} satisfies FileOptionTable;

export type TrainValues = Values<typeof trainOptions>;

export const trainAlternatives: Alternatives = [
  [['spec'], ['hidden', 'activation', 'output-activation', 'init', 'dropout']],
  [['epochs'], ['steps']],
  [['out'], ['no-out']],
  [['checkpoint-every', 'keep'], ['no-out']],
  [['resume'], ['config']],
];

import { resolve } from 'node:path';
import {
  createInitializer,
  createOptimizer,
  createSchedule,
  type InitializerSpec,
  initializers,
  type OptimizerSpec,
  optimizers,
  type ScheduleSpec,
  schedules,
} from '@gradloom/core';
import { networks, optimizerOptions, option, softmaxCrossEntropyOptions, warmupOptions } from '@gradloom/core/internal';
import { checkpointOptions, trainOptions as library } from '@gradloom/runtime/options';
import { datasetSource } from '../../files/datasets/dataset-source.ts';
import { tableFlags } from '../../files/datasets/table-options.ts';
import { activationSpec } from '../../options/activation.ts';
import { checkpointEvery } from '../../options/checkpoint-every.ts';
import { customParts, moduleOption } from '../../options/custom-parts.ts';
import { flagsOf } from '../../options/flags-of.ts';
import { lossOption } from '../../options/loss.ts';
import { memberOf } from '../../options/member.ts';
import { networkFile, networkName } from '../../options/network-file.ts';
import { type FileOptionTable, grouped, type Values } from '../../options/option.ts';
import { classWeights, layerNames, layerNumbers, rateChanges } from '../../options/pairs.ts';
import type { Alternatives } from '../../options/raw-options.ts';
import { runOptions, verbose } from '../../options/run-options.ts';
import { widths } from '../../options/widths.ts';
import { optimizerFlags } from './optimizer-flags.ts';

const names = (table: object): string => Object.keys(table).join(', ');
const byDataset = 'set by the dataset';
const anyContext = { totalSteps: 1, stepsPerEpoch: 1 }; // schedules are created here only to check their options

const trainingFlags = flagsOf(library.table, 'Training');
const {
  'no-gradient-check': noGradientCheck,
  precision,
  loss,
  optimizer,
  schedule,
  ...otherTrainingFlags
} = trainingFlags;
const runFlags = flagsOf(library.table, 'Run');
const checkpointFlags = flagsOf(checkpointOptions.table, 'Output');
const { lr } = optimizerOptions.sgd;

/**
 * Every option of `train`, as a flag and as a key of a config file. Options of the library come from its tables; only
 * what differs on the command line is said here.
 */
export const trainOptions = {
  dataset: {
    group: 'Data',
    effect: 'reading',
    ...datasetSource(
      undefined,
      `${datasetSource.choices?.join(', ')}; or the path of a table, a NumPy or IDX file, or a folder`,
    ),
  },
  ...tableFlags,
  ...grouped(
    { group: 'Data', effect: 'result' },
    {
      validation: option.fraction(
        undefined,
        'validation split: share of the training rows to hold out',
        '0.1 for mnist and for your own data of 50 rows or more, else 0',
      ),
      test: option.fraction(
        undefined,
        'test split: share of the rows to hold out, for a dataset without a test set',
        '0.1 for your own data of 50 rows or more, else set by the dataset',
      ),
      folds: option.wholeNumber(2)(
        undefined,
        'cross-validation: deal the rows into so many folds, each class in proportion, and train once for each, on the others, with it as the test set',
        'none',
      ),
      fold: option.positiveInteger(undefined, 'with --folds: train for this fold alone, from 1', 'for each in turn'),
    },
  ),

  ...grouped(
    { group: 'Model', effect: 'result' },
    {
      hidden: widths(undefined, 'units of each hidden layer, such as 128,64, or none', byDataset),
      activation: activationSpec(
        undefined,
        `activation of the hidden layers: ${activationSpec.choices?.join(', ')}`,
        byDataset,
      ),
      'output-activation': activationSpec(
        undefined,
        'activation of the output layer',
        'sigmoid for targets of 0 and 1 with mse and the like, else identity',
      ),
      init: memberOf<InitializerSpec>(initializers, (spec) => createInitializer(spec, customParts()), 'initializers')(
        undefined,
        `initializer of the weights: ${names(initializers)}`,
        'he-normal before relu and similar activations, else glorot-uniform',
      ),
      dropout: option.fraction(0, 'share of the units of each hidden layer to drop during training'),
      network: networkName(
        undefined,
        `a known network, instead of hidden layers: ${names(networks)} for images; for tokens gpt:4x4x128 (layers, heads, width) or gru:2x256`,
        'convnet for folders of images, gpt:4x4x128 for texts',
      ),
    },
  ),
  spec: {
    group: 'Model',
    effect: 'reading',
    ...networkFile(
      undefined,
      'JSON or YAML file with the whole network, { "layers": [...] }, or module (.mjs) that exports it by default, instead of the options above',
    ),
  },

  from: {
    group: 'Model',
    effect: 'reading',
    ...option.kind((where, name, raw) =>
      resolve(option.text('a model, a run or a checkpoint').check(where, name, raw)),
    )(
      undefined,
      'model file, run or checkpoint whose network, weights and encoding of rows the run starts with',
      'a new network',
    ),
  },
  ...grouped(
    { group: 'Model', effect: 'result' },
    {
      until: option.text('the name or path of a layer')(
        undefined,
        'with --from: take the part up to this layer, by the names and paths that inspect prints',
        'the whole network',
      ),
      'replace-head': option.flag(
        undefined,
        'with --from: new weights for the last layer, with the classes of this dataset; with --until, a new last layer',
      ),
      lora: option.positiveInteger(
        undefined,
        'with --from: freeze the weights, and learn low-rank additions to them of this rank',
        'the weights learn',
      ),
      'lora-alpha': option.positive(undefined, 'with --lora: the additions count by this / rank', '8'),
      'lora-layers': {
        ...option.layerPatterns(
          undefined,
          'with --lora: the layers with additions, by the names and paths that inspect prints, such as encoder,block*',
          'all that take them',
        ),
        ...layerNames,
      },
      'merge-lora': option.flag(
        undefined,
        'with --from: make low-rank additions of the model part of its weights, which all learn again',
      ),
    },
  ),
  module: moduleOption,
  'no-gradient-check': noGradientCheck,

  precision,
  loss: { ...loss, ...lossOption },
  'label-smoothing': { ...softmaxCrossEntropyOptions.table.labelSmoothing, group: 'Training', effect: 'result' },
  optimizer: { ...optimizer, ...memberOf<OptimizerSpec>(optimizers, createOptimizer), defaultText: byDataset },
  lr: { ...lr, group: 'Training', effect: 'result', defaultText: `${byDataset}, else the optimizer's default` },
  ...optimizerFlags,
  'lr-of': { ...optimizerFlags['lr-of'], ...layerNumbers },
  'decay-of': { ...optimizerFlags['decay-of'], ...layerNumbers },
  schedule: {
    ...schedule,
    ...memberOf<ScheduleSpec>(schedules, (spec) => createSchedule(spec, anyContext, customParts()), 'schedules'),
    defaultText: byDataset,
  },
  'warmup-steps': { ...warmupOptions.table.warmupSteps, group: 'Training', effect: 'result' },
  ...otherTrainingFlags,
  'rate-changes': { ...otherTrainingFlags['rate-changes'], ...rateChanges },
  'class-weight': { ...otherTrainingFlags['class-weight'], ...classWeights },
  freeze: { ...otherTrainingFlags.freeze, ...layerNames },
  batch: { ...otherTrainingFlags.batch, defaultText: byDataset },
  epochs: { ...otherTrainingFlags.epochs, defaultText: byDataset },
  patience: {
    ...otherTrainingFlags.patience,
    ...option.orWord(option.positiveInteger, 'none'),
    defaultText: 'set by a rule for tables, else none',
  },
  probe: { ...otherTrainingFlags.probe, ...option.positiveInteger },

  ...runOptions,
  ...runFlags,
  cluster: { ...runFlags.cluster, ...option.oneOf({ mpi: true }) },
  'exchange-timeout': {
    group: 'Run',
    effect: 'cluster',
    ...option.positive(
      undefined,
      'with --cluster, seconds after which a rank that does not take part ends the run',
      '300',
    ),
  },

  ...checkpointFlags,
  'checkpoint-every': { ...checkpointFlags['checkpoint-every'], ...checkpointEvery },
  resume: {
    group: 'Output',
    effect: 'source',
    ...option.text('a run or a checkpoint')(
      undefined,
      'continue a run such as runs/mnist-1 from its newest checkpoint, or continue from a checkpoint file',
    ),
  },
  out: {
    group: 'Output',
    effect: 'destination',
    ...option.text('a directory')(
      undefined,
      'directory for the run, which must be new or empty',
      'runs/<dataset>-<number>',
    ),
  },
  ...grouped(
    { group: 'Output', effect: 'listening' },
    {
      live: option.flag(
        undefined,
        'show the run on a page, at an address on 127.0.0.1 that is printed, while it trains or the page is open',
      ),
    },
  ),
  ...grouped(
    { group: 'Output', effect: 'showing' },
    {
      'no-linear': option.flag(undefined, 'do not compare the network of a small table with a linear model'),
      'no-out': option.flag(undefined, 'write no files'),
    },
  ),
  config: {
    group: 'Output',
    effect: 'source',
    ...option.text('a file')(undefined, 'read options from a JSON or YAML file; flags override it'),
  },
  ...grouped(
    { group: 'Output', effect: 'showing' },
    {
      quiet: option.flag(undefined, 'print only the directory of the run; with --json, only the last line'),
      json: option.flag(undefined, 'print JSON, one object per line'),
      verbose,
    },
  ),
} satisfies FileOptionTable;

/** The values of --dataset, as errors name them. */
export const expectedDataset = `one of ${trainOptions.dataset.choices?.join(', ')}, or a path`;

export type TrainValues = Values<typeof trainOptions>;

/** Flags that exclude each other: any of the first list and any of the second. */
export const trainAlternatives: Alternatives = [
  [['spec'], ['network', 'hidden', 'activation', 'output-activation', 'init', 'dropout']],
  [['network'], ['hidden']],
  [
    ['from'],
    [
      ...(['spec', 'network', 'hidden', 'activation', 'output-activation', 'init', 'dropout'] as const),
      ...(['column', 'drop', 'scale', 'one-hot-limit', 'tokenizer', 'context', 'series', 'series-key'] as const),
      ...(['horizon', 'lines', 'decimal', 'thousands', 'date-format', 'date-parts', 'no-ramps'] as const),
    ],
  ],
  [['epochs'], ['steps']],
  [['minutes'], ['epochs', 'steps', 'resume']],
  [['out'], ['no-out']],
  [['checkpoint-every', 'keep', 'live'], ['no-out']],
  [['resume'], ['config']],
];

import {
  type Elements,
  type ElementType,
  type LossSpec,
  losses,
  type OptimizerSpec,
  OptionError,
  optimizers,
  type ScheduleSpec,
  type StartingModel,
  schedules,
} from '@gradloom/core';
import { defineOptions, type Named, type Option, type OptionsOf, option } from '@gradloom/core/internal';
import { checkClassWeight } from './class-weight.ts';
import type { TrainEvent } from './events.ts';
import { executionOptions } from './execution-options.ts';
import { monitors } from './monitors.ts';
import { checkRateChanges } from './rate-changes.ts';
import { checkProbe, epochsOrPart } from './scheduled-steps.ts';

/** The number types of runs and models. */
export const precisions = { float64: true, float32: true } as const satisfies Record<ElementType, true>;

export const precision = option.oneOf(precisions);

/** Values of `onNan`: end, or go back to the start of the epoch at half the learning rate, ≤ MAX_ROLLBACKS times. */
export type OnNan = 'stop' | 'rollback';

const onNanChoices = { stop: true, rollback: true } as const satisfies Record<OnNan, true>;

const isStartingModel = (value: unknown): value is StartingModel =>
  typeof value === 'object' && value !== null && 'spec' in value && 'parameters' in value;

const names = (table: object): string => Object.keys(table).join(', ');

/**
 * Flags: where help lists them, and what they decide. A checkpoint records options with the effect `result` that differ
 * from their defaults, and a resume compares them; the command line says what the other effects mean.
 */
const trainingFlag = option.asFlag({ group: 'Training', effect: 'result' });
const watchingFlag = option.asFlag({ group: 'Training', effect: 'execution' });

/** A copy of a spec, since the caller may change it while the run is planned. The spec is checked where it is used. */
function spec<T>(standard?: undefined, help?: string, defaultText?: string): Option<T, undefined>;
function spec<T>(standard: T, help?: string): Option<T, T>;
function spec<T>(...stated: [standard?: T, help?: string, defaultText?: string]): Option<T, T | undefined> {
  return option.kind((_where, _name, value) => copyJson(value) as T)<T | undefined>(...stated);
}

/** Options of the augmentation. Flags, files and checkpoints have each beside the other options of a run. */
const augmentation = {
  /** Mirrors images from left to right, each with probability 1/2. @default false */
  flip: trainingFlag(option.flag(false, 'mirror images from left to right, each with probability 1/2')),
  /** Moves each image by up to so many whole pixels in each direction; zeros come in. @default 0 */
  shift: trainingFlag(option.count(0, 'move each image by up to so many pixels in each direction')),
  /** Turns each image about its middle by up to so many degrees, 0 to 180, either way. @default 0 */
  rotate: trainingFlag(option.inRange(0, 180)(0, 'turn each image by up to so many degrees either way')),
  /** Scales each image about its middle by a factor from 1 - zoom to 1 + zoom, with zoom in [0, 1). @default 0 */
  zoom: trainingFlag(option.fraction(0, 'scale each image by a factor from 1 - zoom to 1 + zoom')),
  /** Probability that a rectangle of an image becomes 0, from 0 to 1. @default 0 */
  erase: trainingFlag(option.inRange(0, 1)(0, 'probability that a random rectangle of an image becomes 0')),
};

/** How images are changed at random, anew in each step: `{ flip: true, shift: 2 }`. */
export interface AugmentOptions extends OptionsOf<typeof augmentation>, Named {}

export const trainOptions = defineOptions('train', {
  /**
   * The loss to minimize: a name, or a name and options; of several targets that of each by name.
   * @default 'softmax-cross-entropy' for classes, 'mse' for values
   */
  loss: trainingFlag(spec<LossSpec>(undefined, names(losses), 'softmax-cross-entropy for classes, mse for values')),
  /** The optimizer: a name, or a name and options such as `{ kind: 'sgd', lr: 0.1 }`. @default 'adam' */
  optimizer: trainingFlag(spec<OptimizerSpec>('adam', names(optimizers))),
  /** The learning rate schedule, as a factor on the learning rate of the optimizer. @default 'constant' */
  schedule: trainingFlag(spec<ScheduleSpec>('constant', `learning rate schedule: ${names(schedules)}`)),
  /**
   * Learning rates that replace that of the optimizer from a step on, as `{ 300: 0.001 }` does after step 300. The
   * schedule scales them, too. A run that was steered can be repeated with the changes in its configuration.
   * @default none, or those of the checkpoint
   */
  rateChanges: trainingFlag(
    option.kind(checkRateChanges)(
      undefined,
      'learning rates from a step on, such as 300=0.001,500=0.0001; the schedule scales them',
      'none',
    ),
  ),
  /**
   * Type of the numbers that the run computes with: weights, activations, gradients and optimizer state. float32 takes
   * half of the memory, and rounds to 24 binary digits in place of 53. Losses, norms and learning rates are float64
   * in both.
   * @default 'float64'
   */
  precision: trainingFlag(
    precision(
      'float64',
      'type of weights, activations, gradients and optimizer state: float64, or float32 for half of the memory and fewer digits',
    ),
  ),
  /**
   * What each class counts in the training loss: 'balanced' for N / (classes · rows of the class), a number for each
   * class, or numbers by name, where a class that is not named counts 1; of several targets those of each by name, or
   * 'balanced' for each with classes. Only ratios count: see `Dataset.weights`.
   * @default every row counts the same
   */
  classWeight: trainingFlag(
    option.kind(checkClassWeight)(
      undefined,
      'what each class counts in the training loss: balanced, which lets rare classes count more; numbers in the order of the classes, such as 1,5; or name=number,name=number; of several targets target=balanced',
      'every row counts the same',
    ),
  ),
  /**
   * Layers whose tensors stay as they are, by names or paths in which * stands for any characters: `['0', 'block*']`.
   * They get `freeze: true` in the spec, see `LayerName.freeze`.
   * @default those that the spec freezes
   */
  freeze: trainingFlag(
    option.layerPatterns(
      undefined,
      'layers whose weights stay as they are, by the names and paths that inspect prints, such as 0,encoder,block*',
      'none',
    ),
  ),
  /** Limits the norm of the weights into each unit (the columns of W) after each update. @default no limit */
  maxNorm: trainingFlag(
    option.positive(undefined, 'limit of the norm of the weights that come into a unit', 'no limit'),
  ),
  /**
   * Keeps a moving average of the weights, in which those of i steps ago count by this decay to the power of i, in
   * (0, 1). Evaluations, the best weights, model and result are of the average; training goes on with the weights.
   * @default none
   */
  ema: trainingFlag(
    option.betweenZeroAndOne(
      undefined,
      'moving average of the weights with this decay, such as 0.999: evaluated, kept and returned in their place',
      'none',
    ),
  ),
  /** Clips the gradient of a batch to this norm. @default no limit */
  clipNorm: trainingFlag(option.positive(undefined, 'clip the gradient to this global norm', 'no clipping')),
  /**
   * What to do if a loss, gradient or weight is not finite: 'stop' rejects with a TrainingError, 'rollback' goes back
   * to the start of the epoch with half the learning rate.
   * @default 'stop'
   */
  onNan: trainingFlag(
    option.oneOf(onNanChoices)(
      'stop',
      'when a loss or weight is not finite: stop, or rollback to the start of the epoch and halve the learning rate',
    ),
  ),
  /** How images are changed at random, anew in each step: see docs/training.md. @default not at all */
  augment: option.kind<AugmentOptions>((where, name, value) =>
    defineOptions(where, augmentation, name).read(value as object),
  )(),
  ...augmentation,
  /** Batch size: rows per step, or 'full' for all rows, which are then never shuffled. @default 32 */
  batchSize: option.orWord(option.positiveInteger, 'full')(),
  /** Short for `batchSize`. @default 32 */
  batch: trainingFlag(option.orWord(option.positiveInteger, 'full')(32, 'batch size: rows per step, or full')),
  /**
   * Batches accumulated into one step, bit-identical to one batch so many times as large, in the memory of one. Not
   * beside a full batch.
   * @default 1
   */
  accumulate: trainingFlag(
    option.positiveInteger(1, 'batches per step: one step takes so many times the rows, in the memory of one batch'),
  ),
  /** How often every row is seen. Not beside `steps`. @default 10 */
  epochs: trainingFlag(option.positiveInteger(10, 'passes over the training rows')),
  /** Number of steps, also in the middle of an epoch. Excludes `epochs`. @default as many as `epochs` have */
  steps: trainingFlag(option.positiveInteger(undefined, 'number of steps, instead of epochs')),
  /**
   * Minutes of training, instead of a number of steps: as many as fit, with evaluations. The time of a step is
   * measured on steps that are discarded. The `start` event has the number that was found, and a run with these `steps`
   * has the same bits.
   * @default as long as `epochs` or `steps` take
   */
  minutes: trainingFlag(
    option.positive(
      undefined,
      'train for so many minutes: as many steps as fit, measured on discarded ones',
      'no limit',
    ),
  ),
  /** Shuffles the rows in each epoch. A full batch is never shuffled. @default true */
  shuffle: trainingFlag(option.flag(true, 'do not shuffle the rows of an epoch')),
  /**
   * Seed of the starting weights, the order of the rows, dropout and augmentation: a whole number from 0 to 2^53 - 1.
   * @default 0
   */
  seed: trainingFlag(option.count(0, 'seed of the weights, the order of the rows, dropout and augmentation')),
  /** Starting weights [P], layer by layer, W then b. Do not change them before 'start'. @default drawn from the seed */
  parameters: option.checkedBy(
    'a Float64Array or a Float32Array',
    (value): value is Elements => value instanceof Float64Array || value instanceof Float32Array,
  )(),
  /**
   * Starts with the weights of this model, or of what `adaptModel` made of it: those of all layers, by their names or
   * paths. A resume needs neither these nor `parameters`, since the checkpoint has the weights.
   * @default drawn from the seed
   */
  from: option.checkedBy('a model, such as loadModel reads', isStartingModel)(),
  /**
   * Epochs from one evaluation of the validation set to the next; or a part of an epoch, such as 0.25, which also ends
   * with an evaluation.
   * @default 1, or a hundredth of the epochs where there are more than 100; for windows of one text or series so many
   * that the run has ten, or as many as take a tenth of its time
   */
  evaluateEvery: trainingFlag(
    epochsOrPart(undefined, 'validate after every so many epochs, or part of one', '1, or 1 % of the epochs'),
  ),
  /**
   * Evaluations of the validation set without improvement after which the run stops early. The result then has the
   * weights of the best evaluation, also where the run ends by its length or the signal.
   * @default the run does not stop early
   */
  patience: trainingFlag(
    option.positiveInteger(
      undefined,
      'stop after so many evaluations without improvement, and keep the weights of the best one',
      'do not stop early',
    ),
  ),
  /** An evaluation must be better than the best before it by more than this to count as an improvement. @default 0 */
  minDelta: trainingFlag(option.nonNegative(0, 'with patience: an improvement must be larger than this')),
  /**
   * The figure of the validation set that `patience` watches: accuracy and r2 are to rise, the others to fall.
   * @default 'validation-loss'
   */
  monitor: trainingFlag(
    option.oneOf(monitors)('validation-loss', `with patience: the figure to watch: ${names(monitors)}`),
  ),
  /**
   * Also evaluates the test set as often as the validation set: each `epoch` event then has its results. Choices based
   * on them fit the test set, which then no longer measures the model on new rows. It changes no weight.
   * @default false: the test set is evaluated once, after the last step
   */
  evaluateTest: watchingFlag(
    option.flag(
      false,
      'also measure the test set after each epoch; the results then say so, since choices made by it are biased',
    ),
  ),
  /**
   * Also evaluates up to 1,000 evenly spaced training rows, without augmentation, as often as the validation or test
   * set: `epoch` events then have `trainAccuracy`. Rows without one class each, and windows of a text, have none. It
   * changes no weight.
   * @default false
   */
  evaluateTraining: option.flag(false),
  /**
   * Records statistics of every layer: the number of steps between two records, or a list of steps. The first step is
   * always included. Each record is a `probe` event.
   * @default none
   */
  probe: watchingFlag(
    option.kind(checkProbe)(
      undefined,
      'record statistics of every layer every so many steps; the first and the last are printed, metrics.jsonl and --json have all',
      'never',
    ),
  ),
  /** Measures the time of each thread by phase, at about 50 ns per reading. Excludes `probe`. @default false */
  profile: watchingFlag(
    option.flag(false, 'measure where each thread spends its time, for the report; not with --probe'),
  ),
  ...executionOptions,
});

/** Options of `train`. Every option has a default. */
export interface TrainOptions extends Omit<OptionsOf<typeof trainOptions.table>, keyof typeof augmentation>, Named {}

/** All options under the names that flags and files have: `batchSize` as `batch`, and those of `augment` one by one. */
export function readTrainOptions(request: TrainOptions) {
  const { batchSize, augment, ...options } = trainOptions.read(request);
  const { batch = batchSize } = request;
  if (batchSize !== undefined && batch !== batchSize) {
    const problem = `has ${batchSize} and batch has ${batch}, expected one of the two`;
    throw new OptionError('train', ['batchSize', 'batch'], problem);
  }
  const optionBeside = augment && Object.keys(augmentation).find((name) => name in request);
  if (optionBeside !== undefined) {
    throw new OptionError(
      'train',
      [optionBeside],
      `has a value beside augment, expected it in augment: { ${optionBeside} }`,
    );
  }
  return { ...options, ...augment, batch: batch ?? options.batch };
}

/** Options whose `precision` the compiler knows, and with it the type of weights in events and in the result. */
export interface OptionsFor<T extends ElementType> extends Omit<TrainOptions, 'precision' | 'onEvent'> {
  /** Type of the numbers that the run computes with. @default 'float64' */
  readonly precision?: T;
  /** Called with each event as it happens, before the run continues. If it throws, the run ends. */
  readonly onEvent?: (event: TrainEvent<NoInfer<T>>) => void; // the listener must not widen T
}

/** Maximum number of levels copied: far more than any option has, and few enough for recursion. */
const MAX_DEPTH = 64;

/**
 * A copy of JSON, in a tenth of the time of structuredClone: 10 ms for a hundred thousand layers. Anything that is not
 * JSON, deeper than 64 levels or circular is kept as it is, for later checks to refuse.
 */
export function copyJson<T>(value: T, depth = 0): T {
  if (depth === MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((entry) => copyJson(entry, depth + 1)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = { ...value };
  for (const key in copy) if (typeof copy[key] === 'object') copy[key] = copyJson(copy[key], depth + 1);
  return copy;
}

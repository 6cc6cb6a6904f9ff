import type { LossSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import type { BackendChoice } from '../backend.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { CheckpointOptions } from '../checkpoints/checkpoint-options.ts';
import type { Pool } from '../threads/pool.ts';
import type { TrainEvent } from './events.ts';

/** Options of `train`. Every option has a default. */
export interface TrainOptions {
  /**
   * The loss to minimize: a name, or a name and options.
   * @default 'softmax-cross-entropy' for classes, 'mse' for values
   */
  loss?: LossSpec;
  /** The optimizer: a name, or a name and options such as `{ kind: 'sgd', lr: 0.1 }`. @default 'adam' */
  optimizer?: OptimizerSpec;
  /** The learning rate schedule, as a factor on the learning rate of the optimizer. @default 'constant' */
  schedule?: ScheduleSpec;
  /** Batch size: rows per step, or 'full' for all rows, which are then never shuffled. @default 32 */
  batch?: number | 'full';
  /** How often every row is seen. Not beside `steps`. @default 10 */
  epochs?: number;
  /**
   * Number of steps, also in the middle of an epoch. Cannot be combined with `epochs`.
   * @default as many as `epochs` have
   */
  steps?: number;
  /**
   * Worker threads; 'auto' tries one, half and all cores and keeps the fastest. Never changes the result.
   * @default 'auto'
   */
  threads?: number | 'auto';
  /**
   * The backend. 'auto' chooses native if the machine supports it, else blas, else wasm. native and blas round
   * differently.
   * @default 'auto'
   */
  backend?: BackendChoice;
  /** Path of the library that the blas backend loads. @default found by name */
  blas?: string;
  /** Seed of the starting weights, the order of the rows and dropout: a whole number from 0 to 2^53 - 1. @default 0 */
  seed?: number;
  /**
   * Starting weights [P], layer by layer, W then b. Do not change them before the 'start' event.
   * @default drawn from the seed
   */
  parameters?: Float64Array;
  /**
   * What to do if a loss, gradient or weight is not finite: 'stop' rejects with a TrainingError, 'rollback' goes back
   * to the start of the epoch with half the learning rate.
   * @default 'stop'
   */
  onNan?: OnNan;
  /**
   * Consecutive failures of threads after which the run repeats a span. Never changes the result.
   * @default 3
   */
  retries?: number;
  /** Clips the gradient of a batch to this norm. @default no limit */
  clipNorm?: number;
  /** Shuffles the rows in each epoch. A full batch is never shuffled. @default true */
  shuffle?: boolean;
  /**
   * Epochs from one evaluation of the validation set to the next.
   * @default 1, or a hundredth of the epochs where there are more than 100
   */
  evaluateEvery?: number;
  /**
   * Also evaluates the test set as often as the validation set: each `epoch` event then has its results. Choices based
   * on them fit the test set, which then no longer measures the model on new rows. It changes no weight.
   * @default false: the test set is evaluated once, after the last step
   */
  evaluateTest?: boolean;
  /**
   * Records statistics of every layer: the number of steps between two records, or a list of steps. The first step is
   * always included. Each record is a `probe` event.
   * @default none
   */
  probe?: number | readonly number[];
  /**
   * Measures the time of each thread by phase, at about 50 ns per reading. Cannot be combined with `probe`. @default
   * false
   */
  profile?: boolean;
  /** Writes checkpoints, from which the run can continue to the same bits. @default none */
  checkpoint?: CheckpointOptions;
  /**
   * Continues from this checkpoint, with the same options. Threads may differ, and the length of the run if the
   * learning rate does not depend on it.
   * @default a new run
   */
  resume?: Checkpoint;
  /** Called with each event as it happens, before the run continues. If it throws, the run ends. */
  onEvent?: (event: TrainEvent) => void;
  /** A pool of threads to share with other runs. @default threads of its own, which end with the run */
  pool?: Pool;
  /** Ends the run after the current step, with the state so far: `result.stopped` is then `'aborted'`. */
  signal?: AbortSignal;
}

/**
 * Values of `onNan`: end the run, or go back to the start of the epoch with half the learning rate, at most
 * MOST_ROLLBACKS times.
 */
export type OnNan = 'stop' | 'rollback';

/** All option names; others are refused. */
export const OPTION_NAMES = [
  'loss',
  'optimizer',
  'schedule',
  'batch',
  'epochs',
  'steps',
  'threads',
  'backend',
  'blas',
  'seed',
  'parameters',
  'clipNorm',
  'onNan',
  'retries',
  'shuffle',
  'evaluateEvery',
  'evaluateTest',
  'probe',
  'profile',
  'checkpoint',
  'resume',
  'onEvent',
  'pool',
  'signal',
] as const satisfies readonly (keyof TrainOptions)[];

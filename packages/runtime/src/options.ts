import type { LossSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import type { BackendChoice } from './backend.ts';
import type { Checkpoint } from './checkpoints/checkpoint.ts';
import type { CheckpointOptions } from './checkpoints/checkpoint-options.ts';
import type { Pool } from './pool.ts';
import type { TrainEvent } from './results.ts';

/** What `train` takes beside network and data. Every option has a default. */
export interface TrainOptions {
  /**
   * What is made small: its name, or its name and options.
   * @default 'softmax-cross-entropy' for classes, 'mse' for values
   */
  loss?: LossSpec;
  /** How weights follow the gradient: a name, or `{ kind: 'sgd', lr: 0.1 }`. @default 'adam' */
  optimizer?: OptimizerSpec;
  /** How the learning rate changes on the way, as a factor on the optimizer's own. @default 'constant' */
  schedule?: ScheduleSpec;
  /** Rows a step, or 'full' for all of them; then rows keep their order. @default 32 */
  batch?: number | 'full';
  /** How often every row is seen. Not beside `steps`. @default 10 */
  epochs?: number;
  /**
   * Ends the run after so many steps, in the middle of an epoch too. Not beside `epochs`.
   * @default as `epochs` says
   */
  steps?: number;
  /**
   * Worker threads; 'auto' tries one, half and all cores and keeps the fastest. It never changes the result.
   * @default 'auto'
   */
  threads?: number | 'auto';
  /**
   * What computes. 'auto' takes native where the machine has it, else blas, else wasm. native and blas round in
   * their own ways.
   * @default 'auto'
   */
  backend?: BackendChoice;
  /** Path of the library that the blas backend loads. @default found by name */
  blas?: string;
  /** Of starting weights, order of rows and dropout: a whole number from 0 to 2^53 - 1. @default 0 */
  seed?: number;
  /**
   * Starting weights [P], layer by layer, W then b. They are read until the 'start' event.
   * @default drawn from the seed
   */
  parameters?: Float64Array;
  /**
   * What a loss, gradient or weight that is not finite does: 'stop' rejects with a TrainingError, 'rollback' goes
   * back to the start of the epoch with half the learning rate.
   * @default 'stop'
   */
  onNan?: OnNan;
  /**
   * Failures of threads in a row after which the run begins a span again. They never change the result.
   * @default 3
   */
  retries?: number;
  /** Most that the norm of a batch's gradient may be: above it the gradient is scaled down. @default no limit */
  clipNorm?: number;
  /** Takes the rows of each epoch in a new order. A batch of all rows is never shuffled. @default true */
  shuffle?: boolean;
  /**
   * Epochs from one evaluation of the validation set to the next.
   * @default 1, or a hundredth of the epochs where there are more than 100
   */
  evaluateEvery?: number;
  /**
   * Evaluates the test set too, as often as the validation set: each `epoch` event then has its figures. Choices that
   * follow them fit the test set, which then no longer tells how the model does on new rows. It changes no weight.
   * @default false: the test set is evaluated once, after the last step
   */
  evaluateTest?: boolean;
  /**
   * Looks into every layer: steps from one look to the next, or the list of steps. The first step is always looked
   * at. Each look is a `probe` event.
   * @default no looks
   */
  probe?: number | readonly number[];
  /** Measures where each thread spends its time, at about 50 ns a reading. Not beside `probe`. @default false */
  profile?: boolean;
  /** Writes the state of the run to files, from which it can go on to the same bits. @default none */
  checkpoint?: CheckpointOptions;
  /**
   * Goes on from this checkpoint, with the same options. Threads may differ, and the length of the run where no
   * learning rate depends on it.
   * @default a new run
   */
  resume?: Checkpoint;
  /** Called with each event as it happens, before the run goes on. What it throws ends the run. */
  onEvent?: (event: TrainEvent) => void;
  /** Threads to share with other runs. @default threads of its own, which end with the run */
  pool?: Pool;
  /** Ends the run at the end of a step, with the state so far: `result.stopped` is then `'aborted'`. */
  signal?: AbortSignal;
}

/** Ends the run, or goes back to the start of the epoch with half the rate, at most MOST_ROLLBACKS times. */
export type OnNan = 'stop' | 'rollback';

/** Every one: any other is refused. */
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

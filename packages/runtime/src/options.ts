import type { LossSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import type { BackendChoice } from './backend.ts';
import type { Checkpoint } from './checkpoints/checkpoint.ts';
import type { CheckpointOptions } from './checkpoints/checkpoint-options.ts';
import type { Pool } from './pool.ts';
import type { TrainEvent } from './results.ts';

export interface TrainOptions {
  loss?: LossSpec; // default: softmax-cross-entropy for classes, mse for values
  optimizer?: OptimizerSpec; // default: adam
  schedule?: ScheduleSpec; // default: constant
  batch?: number | 'full'; // rows a step, default 32; with all rows in a batch the file's order is kept
  shards?: number; // S, default: a function of the batch alone
  epochs?: number; // default 10, unless steps are given
  steps?: number; // ends after this many steps instead
  threads?: number | 'auto'; // default 'auto': one, half or all cores, whichever is fastest; never changes the result
  backend?: BackendChoice; // default 'auto'
  blas?: string; // path of the library that the blas backend loads, default: found by name
  seed?: number; // of weights, order of rows and dropout, default 0
  parameters?: Float64Array; // starting values [P], layer by layer, W then b; read until the 'start' event; default: drawn from the seed
  onNan?: OnNan; // what a loss, gradient or weight that is not finite does, default 'stop'
  retries?: number; // failures of threads in a row that the run starts again after, default 3; never changes the result
  clipNorm?: number; // most that the norm of a batch's gradient may be, default: no limit
  shuffle?: boolean; // default true; a batch of all rows is never shuffled
  evaluateEvery?: number; // epochs from one evaluation of the validation set to the next, default: 1, or a hundredth of the epochs
  probe?: number | readonly number[]; // looks into every layer: steps from one look to the next, or the steps; always the first too
  profile?: boolean; // measures where each thread spends its time, which takes some 50 ns a reading; default false
  checkpoint?: CheckpointOptions; // writes the state of the run to files, so that it can go on later
  resume?: Checkpoint; // goes on from there with the same options; threads may be others, and the length where no rate depends on it
  onEvent?: (event: TrainEvent) => void; // called with each event as it happens, before the run goes on; what it throws ends the run
  pool?: Pool; // threads to share with other runs, default: own threads for this run
  signal?: AbortSignal; // ends the run at the end of a step, with the state so far
}

/** Ends the run, or goes back to the start of the epoch with half the rate, at most MOST_ROLLBACKS times. */
export type OnNan = 'stop' | 'rollback';

/** Every one: any other is refused. */
export const OPTION_NAMES = [
  'loss',
  'optimizer',
  'schedule',
  'batch',
  'shards',
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
  'probe',
  'profile',
  'checkpoint',
  'resume',
  'onEvent',
  'pool',
  'signal',
] as const satisfies readonly (keyof TrainOptions)[];

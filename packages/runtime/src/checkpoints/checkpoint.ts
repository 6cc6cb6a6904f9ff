import type { LossSpec, NetworkSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import type { BackendRecord } from '../backend.ts';
import type { ModelMetadata } from '../model.ts';
import type { Evaluation } from '../results.ts';

/** All that decides a run's bits besides network and loss: what goes on must have the same. */
export interface RunRecord {
  /** The optimizer, by kind and options. */
  readonly optimizer: Exclude<OptimizerSpec, string>;
  /** The schedule, by kind and options. */
  readonly schedule: Exclude<ScheduleSpec, string>;
  /** Rows a step. */
  readonly batch: number;
  /** With the step it gives every random number: no generator has a state of its own. */
  readonly seed: number;
  /** Most that the norm of a gradient may be; null: no limit. */
  readonly clipNorm: number | null;
  /** Whether each epoch has a new order of rows. */
  readonly shuffle: boolean;
  /** 'rollback', or absent: a number that is not finite ends the run. */
  readonly onNan?: 'rollback';
  /** Epochs from one evaluation to the next; a schedule may watch what one finds. */
  readonly evaluateEvery: number;
  /** SHA-256 of starting weights that were given; null where they were drawn. */
  readonly parameters: string | null;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** What computes. */
  readonly backend: BackendRecord;
  /** SHA-256 of the rows of each set. */
  readonly data: DataRecord;
}

/** SHA-256 of the rows of each part. */
export interface DataRecord {
  /** Of the training rows. */
  readonly train: string;
  /** Of the validation rows; null where there are none. */
  readonly validation: string | null;
  /** Of the test rows; null where there are none. */
  readonly test: string | null;
}

/** How far a run has come and what it has found on the way, besides its arrays. */
export interface Progress {
  /** Steps done. With the steps of an epoch and the batch it gives the place in the rows. */
  step: number;
  /** Rows seen. */
  samples: number;
  /** Milliseconds of training, of all sittings together. */
  elapsedMs: number;
  /** Threads asked for in the last sitting. */
  threads: number;
  /** Most threads that had rows in one step so far. */
  gradientThreads: number;
  /** The last evaluation of the validation set. */
  validation?: Evaluation;
  /** Evaluation of the test set, once all steps are done. */
  test?: Evaluation;
  /** How often the learning rate was halved to go back. */
  rollbacks?: number;
  /** The lowest loss among the evaluations or checkpoints so far, and the steps done by then. */
  best?: LowestLoss;
}

/** The best that a run has found. */
export interface LowestLoss {
  /** Steps done by then. */
  readonly step: number;
  /** Of the validation set where there is one, else of the training. */
  readonly loss: number;
}

/** Where a run was. */
export interface EarlierCounters extends Pick<Progress, 'step' | 'samples' | 'validation'> {
  /** Epochs closed by then. */
  readonly epochs: number;
}

/** An earlier state of a run, from which it reaches the start of the epoch that goes on. */
export interface SavedState
  extends Pick<RunArrays, 'parameters' | 'state' | 'scalars' | 'scheduleState' | 'epochSums'> {
  /** Where it was: steps, rows seen, the last evaluation, and epochs closed. */
  readonly counters: EarlierCounters;
}

/** Numbers that the next step reads. */
export interface RunArrays {
  /** The weights [P]. */
  readonly parameters: Float64Array;
  /** State vectors of the optimizer [slots][P]. */
  readonly state: readonly Float64Array[];
  /** The optimizer's own scalars. */
  readonly scalars: Float64Array;
  /** The schedule's own numbers. */
  readonly scheduleState: Float64Array;
  /** Training loss of each epoch that is done. */
  readonly epochLosses: Float64Array;
  /** Of the epoch that goes on [3]: sums of losses and gradient norms, and steps. */
  readonly epochSums: Float64Array;
}

/** A run between two steps: enough to go on as if it had never stopped. */
export interface Checkpoint {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The loss. */
  readonly loss: LossSpec;
  /** Whatever `checkpoint.metadata` said. */
  readonly metadata: ModelMetadata;
  /** All else that decides bits. */
  readonly record: RunRecord;
  /** How far the run has come. */
  readonly progress: Readonly<Progress>;
  /** The numbers that the next step reads. */
  readonly arrays: RunArrays;
  /** The state to which the run may go back, in the middle of an epoch and where `onNan` is `rollback`. */
  readonly earlier?: SavedState;
}

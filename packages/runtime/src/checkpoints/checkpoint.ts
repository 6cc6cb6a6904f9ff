import type { LossSpec, NetworkSpec, OptimizerSpec, ScheduleSpec } from '@gradloom/core';
import type { BackendRecord } from '../backend.ts';
import type { ModelMetadata } from '../model.ts';
import type { Evaluation } from '../results.ts';

/** All that decides a run's bits besides network and loss: what goes on must have the same. */
export interface RunRecord {
  readonly optimizer: Exclude<OptimizerSpec, string>;
  readonly schedule: Exclude<ScheduleSpec, string>;
  readonly batch: number;
  readonly shards: number;
  readonly seed: number; // with the step it gives every random number: no generator has a state of its own
  readonly clipNorm: number | null;
  readonly shuffle: boolean;
  readonly onNan?: 'rollback'; // absent: a number that is not finite ends the run
  readonly evaluateEvery: number; // epochs; a schedule may watch what an evaluation finds
  readonly parameters: string | null; // SHA-256 of starting values that were given
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly backend: BackendRecord;
  readonly data: DataRecord;
}

/** SHA-256 of the rows of each part. */
export interface DataRecord {
  readonly train: string;
  readonly validation: string | null;
  readonly test: string | null;
}

/** How far a run has come and what it has found on the way, besides its arrays. */
export interface Progress {
  step: number; // steps done; with steps of an epoch and batch, the place in the rows
  samples: number;
  elapsedMs: number; // inside spans, of all sittings together
  threads: number; // asked for in the last sitting
  validation?: Evaluation; // the last one
  test?: Evaluation; // once all steps are done
  rollbacks?: number; // times that the rate was halved to go back to the start of an epoch
  best?: { readonly step: number; readonly loss: number }; // lowest loss among the evaluations or checkpoints so far
}

/** An earlier state of a run, from which it reaches the start of the epoch that goes on. */
export interface SavedState
  extends Pick<RunArrays, 'parameters' | 'state' | 'scalars' | 'scheduleState' | 'epochSums'> {
  readonly counters: Pick<Progress, 'step' | 'samples' | 'validation'> & { readonly epochs: number }; // closed ones
}

/** Numbers that the next step reads. */
export interface RunArrays {
  readonly parameters: Float64Array; // [P]
  readonly state: readonly Float64Array[]; // [slots][P] of the optimizer
  readonly scalars: Float64Array; // of the optimizer
  readonly scheduleState: Float64Array;
  readonly epochLosses: Float64Array; // [epochs done]
  readonly epochSums: Float64Array; // [3] of the epoch that goes on: losses, gradient norms, steps
}

/** A run between two steps: enough to go on as if it had never stopped. */
export interface Checkpoint {
  readonly spec: NetworkSpec;
  readonly loss: LossSpec;
  readonly metadata: ModelMetadata;
  readonly record: RunRecord;
  readonly progress: Readonly<Progress>;
  readonly arrays: RunArrays;
  readonly earlier?: SavedState; // of a run that may go back, in the middle of an epoch
}

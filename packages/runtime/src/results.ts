import type { LayerFigures, LossSpec, NetworkSpec } from '@gradloom/core';
import type { Backend } from './backend.ts';
import type { Profile } from './clock.ts';
import type { Trial } from './tune.ts';

/** What a network does on a set of rows. A figure that does not apply is absent. */
export interface Evaluation {
  readonly rows: number;
  readonly loss: number; // mean over the rows
  readonly accuracy?: number; // share of rows whose class is right; one without an answer is wrong
  readonly mae?: number; // in units of the targets, as rmse
  readonly rmse?: number;
  readonly r2?: number;
  readonly unanswered?: number; // rows of which an output is not a finite number; absent where there is none
}

export interface TrainResult {
  readonly spec: NetworkSpec;
  readonly parameters: Float64Array; // [P] layer by layer, W then b
  readonly fingerprint: string; // SHA-256 of the parameters
  readonly loss: LossSpec;
  readonly stopped: 'completed' | 'aborted';
  readonly steps: number;
  readonly epochs: number; // steps over the steps of an epoch
  readonly epochLosses: Float64Array; // [epochs begun] mean of an epoch's batch losses, each before its update
  readonly trainLoss: number; // the last of them; NaN where no step was done
  readonly validation?: Evaluation;
  readonly test?: Evaluation;
  readonly threads: number; // asked for; of 'auto' the number that it settled on
  readonly trials: readonly Trial[]; // of 'auto', by threads; none where a single number would do
  readonly shards: number;
  readonly batch: number;
  readonly backend: Backend;
  readonly seed: number;
  readonly rollbacks: number; // times that the rate was halved to go back to the start of an epoch
  readonly elapsedMs: number; // inside spans only, of all sittings together
  readonly samplesPerSecond: number; // likewise
  readonly profiles?: readonly Profile[]; // one a thread, where `profile` asked for them
  readonly checkpoint?: { readonly path: string; readonly step: number }; // the newest that was written
}

export type TrainEvent =
  | {
      readonly type: 'start';
      readonly parameters: number; // P
      readonly threads: number; // asked for, or the most that may be used
      readonly tunesThreads: boolean; // the run finds out how many of them are fastest
      readonly shards: number;
      readonly batch: number;
      readonly backend: Backend;
      readonly plannedBytes: number; // most that the run takes beside what the process had before
      readonly totalSteps: number;
      readonly stepsPerEpoch: number;
      readonly step: number; // done in earlier sittings
    }
  | {
      readonly type: 'threads';
      readonly threads: number; // that the run settled on
      readonly step: number; // steps done before
      readonly trials: readonly Trial[];
    }
  | { readonly type: 'warning'; readonly message: string }
  | {
      readonly type: 'recovery'; // a thread has failed; new ones go on from the state before, as if nothing had been
      readonly step: number; // steps done so far
      readonly failures: number; // in a row, with this one
      readonly retries: number; // how many may be
      readonly reason: string;
    }
  | {
      readonly type: 'rollback'; // a step was not finite; the run goes back to the start of its epoch with half the rate
      readonly step: number; // the bad one
      readonly to: number; // steps done before that epoch
      readonly factor: number; // of the learning rate from there on
      readonly rollbacks: number; // of the whole run, with this one
      readonly limit: number; // how many may be
      readonly reason: string;
    }
  | {
      readonly type: 'progress';
      readonly step: number; // done so far
      readonly totalSteps: number;
      readonly loss: number; // mean over the steps of the span that has just ended
      readonly samplesPerSecond: number;
      readonly elapsedMs: number; // inside spans only
      readonly busy?: readonly number[]; // [threads with work] share of that span in which each did not wait for others
    }
  | {
      readonly type: 'epoch';
      readonly epoch: number; // epochs done so far
      readonly step: number; // steps done so far
      readonly trainLoss: number;
      readonly gradientNorm: number; // mean over the epoch's steps, before clipping
      readonly learningRate: number; // of the epoch's last step
      readonly elapsedMs: number; // inside spans only
      readonly validation?: Evaluation;
    }
  | {
      readonly type: 'steps'; // a stretch of them, about 600 in a run; one step each of a short run
      readonly first: number; // steps done before it
      readonly step: number; // steps done so far
      readonly loss: Spread; // of the batches, each before its update
      readonly gradientNorm: Spread; // before clipping
      readonly learningRate: Spread;
    }
  | {
      readonly type: 'checkpoint'; // is on the disk
      readonly step: number; // steps done so far
      readonly path: string;
      readonly best: boolean; // has the lowest loss so far
    }
  | {
      readonly type: 'probe'; // takes the place of one that is unread, which is as large as the weights
      readonly step: number; // steps done before: 0 is the start
      readonly loss: number; // of the batch that was looked at
      readonly gradientNorm: number; // likewise, before clipping
      readonly layers: readonly LayerFigures[];
      readonly parameters: Float64Array; // [P] that they belong to
    };

/** What a figure was over some steps. */
export interface Spread {
  readonly low: number;
  readonly mean: number;
  readonly high: number;
}

/** A run that met a loss or gradient that is not finite. It holds the state before the bad step. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  readonly step: number;
  readonly parameters: Float64Array; // [P] before the bad step
  readonly checkpoint?: TrainResult['checkpoint']; // of that state, where the run keeps any

  constructor(message: string, step: number, parameters: Float64Array, checkpoint?: TrainResult['checkpoint']) {
    super(message);
    this.step = step;
    this.parameters = parameters;
    if (checkpoint !== undefined) this.checkpoint = checkpoint;
  }
}

import type { LayerFigures, LossSpec, NetworkSpec } from '@gradloom/core';
import type { Backend } from './backend.ts';
import type { Profile } from './clock.ts';
import type { Trial } from './tune.ts';

/** What a network does on a set of rows. A figure that does not apply is absent. */
export interface Evaluation {
  /** How many rows were looked at. */
  readonly rows: number;
  /** Mean over the rows. */
  readonly loss: number;
  /** Share of the rows whose class is right, from 0 to 1. A row without an answer counts as wrong. Classes only. */
  readonly accuracy?: number;
  /** Mean absolute error, in units of the targets. Values only. */
  readonly mae?: number;
  /** Root of the mean squared error, in units of the targets. Values only. */
  readonly rmse?: number;
  /** R²: 1 where every answer is right, 0 where the mean of the targets would do as well. Values only. */
  readonly r2?: number;
  /** Rows of which an output is not a finite number. Absent where there is none. */
  readonly unanswered?: number;
}

/** What a run came to: `await train(...).result`. `saveModel` takes it as it is. */
export interface TrainResult {
  /** The network, with every layer in full. */
  readonly spec: NetworkSpec;
  /** The trained weights [P], layer by layer, W then b. */
  readonly parameters: Float64Array;
  /** SHA-256 of the weights as 64 hexadecimal digits: equal fingerprints, equal bits. */
  readonly fingerprint: string;
  /** The loss that was made small. */
  readonly loss: LossSpec;
  /** 'completed', or 'aborted' where `signal` ended the run. */
  readonly stopped: 'completed' | 'aborted';
  /** Steps done, those of earlier sittings too. */
  readonly steps: number;
  /** Epochs done: steps over the steps of an epoch, so 2.5 in the middle of the third. */
  readonly epochs: number;
  /** Training loss of each epoch begun: the mean of its batch losses, each before its update. */
  readonly epochLosses: Float64Array;
  /** The last of `epochLosses`; NaN where no step was done. */
  readonly trainLoss: number;
  /** The last evaluation of the validation set, where there is one. */
  readonly validation?: Evaluation;
  /** Evaluation of the test set at the end, where there is one. */
  readonly test?: Evaluation;
  /** Threads that were asked for; of 'auto' the number that the run settled on. */
  readonly threads: number;
  /** Of 'auto': how fast each number of threads was. Empty where nothing was tried. */
  readonly trials: readonly Trial[];
  /** Most threads that had rows in one step: no more than a batch has leaves. */
  readonly gradientThreads: number;
  /** Parts of each batch, whose gradients are summed by a fixed tree: they follow from the batch size alone. */
  readonly leaves: number;
  /** Rows a step. */
  readonly batch: number;
  /** What computed. */
  readonly backend: Backend;
  /** Of weights, order of rows and dropout. */
  readonly seed: number;
  /** How often the learning rate was halved to go back to the start of an epoch. */
  readonly rollbacks: number;
  /**
   * Milliseconds of training, of all sittings together. Starting threads, evaluations and checkpoints are not
   * counted.
   */
  readonly elapsedMs: number;
  /** Rows a second in that time. */
  readonly samplesPerSecond: number;
  /** Where each thread spent its time, where `profile` asked for it. */
  readonly profiles?: readonly Profile[];
  /** The newest checkpoint that was written, where the run keeps any: its path, and the steps done by then. */
  readonly checkpoint?: WrittenCheckpoint;
}

/** What a run tells while it goes on, told apart by `type`: from `for await (const event of run)` or `onEvent`. */
export type TrainEvent =
  | StartEvent
  | ThreadsEvent
  | WarningEvent
  | RecoveryEvent
  | RollbackEvent
  | ProgressEvent
  | EpochEvent
  | StepsEvent
  | CheckpointEvent
  | ProbeEvent;

/** The run has its memory and threads, and its first step begins. */
export interface StartEvent {
  /** Which event this is. */
  readonly type: 'start';
  /** P: how many weights the network has. */
  readonly parameters: number;
  /** Threads asked for, or the most that may be used. */
  readonly threads: number;
  /** Whether the run finds out how many of them are fastest. */
  readonly tunesThreads: boolean;
  /** Parts of each batch, whose gradients are summed by a fixed tree: they follow from the batch size alone. */
  readonly leaves: number;
  /** Rows a step. */
  readonly batch: number;
  /** What computes. */
  readonly backend: Backend;
  /** Most bytes that the run takes beside what the process had before. */
  readonly plannedBytes: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps of an epoch. */
  readonly stepsPerEpoch: number;
  /** Steps done in earlier sittings; 0 for a new run. */
  readonly step: number;
}

/** The run has settled on a number of threads. */
export interface ThreadsEvent {
  /** Which event this is. */
  readonly type: 'threads';
  /** How many it goes on with. */
  readonly threads: number;
  /** Steps done so far. */
  readonly step: number;
  /** How fast each number was that it tried. */
  readonly trials: readonly Trial[];
}

/** Something that a person should know; the run goes on. */
export interface WarningEvent {
  /** Which event this is. */
  readonly type: 'warning';
  /** A sentence. */
  readonly message: string;
}

/** A thread has failed. New ones go on from the state before, as if nothing had been. */
export interface RecoveryEvent {
  /** Which event this is. */
  readonly type: 'recovery';
  /** Steps done so far. */
  readonly step: number;
  /** Failures in a row, with this one. */
  readonly failures: number;
  /** How many may be. */
  readonly retries: number;
  /** What the thread died of. */
  readonly reason: string;
}

/** A step was not finite: the run goes back to the start of its epoch, with half the learning rate. */
export interface RollbackEvent {
  /** Which event this is. */
  readonly type: 'rollback';
  /** The bad step. */
  readonly step: number;
  /** Steps done before that epoch. */
  readonly to: number;
  /** Factor of the learning rate from there on. */
  readonly factor: number;
  /** Rollbacks of the whole run, with this one. */
  readonly rollbacks: number;
  /** How many may be. */
  readonly limit: number;
  /** What was not finite, and where. */
  readonly reason: string;
}

/** A span of steps, 0.2 to 0.5 s of them, has ended. An unread one gives way to the next. */
export interface ProgressEvent {
  /** Which event this is. */
  readonly type: 'progress';
  /** Steps done so far. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Training loss: the mean over the steps of the span, each before its update. */
  readonly loss: number;
  /** Rows a second in the span. */
  readonly samplesPerSecond: number;
  /** Milliseconds of training so far. */
  readonly elapsedMs: number;
  /** Share of the span in which each thread with work did not wait for others. */
  readonly busy?: readonly number[];
}

/** An epoch has ended; of a run of more than about 1,000 epochs, some of them have. */
export interface EpochEvent {
  /** Which event this is. */
  readonly type: 'epoch';
  /** Epochs done so far. */
  readonly epoch: number;
  /** Steps done so far. */
  readonly step: number;
  /** The mean of the epoch's batch losses, each before its update. */
  readonly trainLoss: number;
  /** Norm of the gradient before clipping, mean over the epoch's steps. */
  readonly gradientNorm: number;
  /** Learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** Milliseconds of training so far. */
  readonly elapsedMs: number;
  /** Evaluation of the validation set, in epochs that have one. */
  readonly validation?: Evaluation;
  /** Evaluation of the test set, in the same epochs of a run with `evaluateTest`. */
  readonly test?: Evaluation;
}

/** A stretch of steps has ended: there are about 600 in a long run, and one a step in a short one. */
export interface StepsEvent {
  /** Which event this is. */
  readonly type: 'steps';
  /** Steps done before the stretch. */
  readonly first: number;
  /** Steps done so far. */
  readonly step: number;
  /** Losses of the batches, each before its update. */
  readonly loss: Spread;
  /** Norms of the gradients, before clipping. */
  readonly gradientNorm: Spread;
  /** Learning rates. */
  readonly learningRate: Spread;
}

/** A checkpoint is on the disk. */
export interface CheckpointEvent {
  /** Which event this is. */
  readonly type: 'checkpoint';
  /** Steps done so far. */
  readonly step: number;
  /** The newest file. */
  readonly path: string;
  /** Whether it has the lowest loss so far, and stands in best.gradloom too. */
  readonly best: boolean;
}

/** A look into every layer, where `probe` asked for it. It takes the place of one that is unread. */
export interface ProbeEvent {
  /** Which event this is. */
  readonly type: 'probe';
  /** Steps done before: 0 is the start. */
  readonly step: number;
  /** Loss of the batch that was looked at. */
  readonly loss: number;
  /** Norm of its gradient, before clipping. */
  readonly gradientNorm: number;
  /** What was found, layer by layer. */
  readonly layers: readonly LayerFigures[];
  /** The weights [P] that it was found with. */
  readonly parameters: Float64Array;
}

/** A checkpoint that stands on the disk. */
export interface WrittenCheckpoint {
  /** The file. */
  readonly path: string;
  /** Steps done by then. */
  readonly step: number;
}

/** What a figure was over some steps. */
export interface Spread {
  /** The least. */
  readonly low: number;
  /** The mean. */
  readonly mean: number;
  /** The greatest. */
  readonly high: number;
}

/** A run that met a loss or gradient that is not finite. It holds the state before the bad step. */
export class TrainingError extends Error {
  /** 'TrainingError'. */
  override readonly name = 'TrainingError';
  /** The bad step. */
  readonly step: number;
  /** The weights [P] before it. */
  readonly parameters: Float64Array;
  /** Of that state, where the run keeps any. */
  readonly checkpoint?: WrittenCheckpoint;

  constructor(message: string, step: number, parameters: Float64Array, checkpoint?: WrittenCheckpoint) {
    super(message);
    this.step = step;
    this.parameters = parameters;
    if (checkpoint !== undefined) this.checkpoint = checkpoint;
  }
}

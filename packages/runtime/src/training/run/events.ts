import type { ElementsOf, ElementType, LayerFigures } from '@gradloom/core';
import type { Backend } from '../../engine/backends/backend.ts';
import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';
import type { Trial } from '../tuning/tune.ts';

/** An event of a run, distinguished by `type`: from `for await (const event of run)` or `onEvent`. */
export type TrainEvent<T extends ElementType = ElementType> =
  | StartEvent
  | ThreadsEvent
  | WarningEvent
  | RecoveryEvent
  | RollbackEvent
  | SteerEvent
  | TrainProgressEvent
  | EpochEvent
  | StepsEvent
  | TrainTextEvent
  | CheckpointEvent
  | ProbeEvent<T>;

/** The run has its memory and threads; the first step is about to begin. */
export interface StartEvent {
  /** Which event this is. */
  readonly type: 'start';
  /** P: number of parameters of the network. */
  readonly parameters: number;
  /** The requested number of threads, or the most that may be used. */
  readonly threads: number;
  /** Whether the run measures which number of threads is fastest. */
  readonly tunesThreads: boolean;
  /** Leaves: parts of each batch whose gradients are summed by a fixed tree. Depends only on the batch size. */
  readonly leaves: number;
  /** Rows per step. */
  readonly batch: number;
  /** The backend. */
  readonly backend: Backend;
  /** Number type of the run. */
  readonly precision: ElementType;
  /** Maximum number of bytes that the run uses, in addition to those of the process before. */
  readonly plannedBytes: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Steps per epoch. */
  readonly stepsPerEpoch: number;
  /** Steps done before a resume; 0 for a new run. */
  readonly step: number;
  /** The ranks that train together, in a run with a cluster. */
  readonly cluster?: ClusterFacts;
}

/** The ranks of a cluster. */
export interface ClusterFacts {
  /** Name and version of the library that connects them. */
  readonly library: string;
  /** The machine of each rank. */
  readonly hosts: readonly string[];
  /** The most threads that each rank may use. */
  readonly threads: readonly number[];
}

/** The run has chosen a number of threads. */
export interface ThreadsEvent {
  /** Which event this is. */
  readonly type: 'threads';
  /** The number of threads from now on. */
  readonly threads: number;
  /** Steps done so far. */
  readonly step: number;
  /** The speed of each number of threads tried. */
  readonly trials: readonly Trial[];
}

/** A warning for the user; the run continues. */
export interface WarningEvent {
  /** Which event this is. */
  readonly type: 'warning';
  /** A sentence. */
  readonly message: string;
}

/** A thread has failed. New threads continue from the state before the failure, with the same result. */
export interface RecoveryEvent {
  /** Which event this is. */
  readonly type: 'recovery';
  /** Steps done so far. */
  readonly step: number;
  /** Consecutive failures, including this one. */
  readonly failures: number;
  /** Maximum number of consecutive failures allowed. */
  readonly retries: number;
  /** Why the thread failed. */
  readonly reason: string;
}

/** A step was not finite: the run goes back to the start of its epoch with half the learning rate. */
export interface RollbackEvent {
  /** Which event this is. */
  readonly type: 'rollback';
  /** The bad step. */
  readonly step: number;
  /** Steps done at the start of that epoch. */
  readonly to: number;
  /** Factor of the learning rate from now on. */
  readonly factor: number;
  /** Rollbacks of the whole run, including this one. */
  readonly rollbacks: number;
  /** Maximum number of rollbacks allowed. */
  readonly limit: number;
  /** What was not finite, and where. */
  readonly reason: string;
}

/** What `TrainingRun.steer` can do. */
export type SteerAction = 'pause' | 'continue' | 'rate' | 'checkpoint' | 'stop';

/** The run was steered: an order has taken hold between two steps. */
export interface SteerEvent {
  /** Which event this is. */
  readonly type: 'steer';
  /** Steps done so far: the order takes hold after this step. */
  readonly step: number;
  /** What the run does from now on, or has done. */
  readonly action: SteerAction;
  /** The learning rate from now on, before the schedule scales it, with action 'rate'. */
  readonly rate?: number;
}

/** A span of steps, 0.2 to 0.5 s long, has ended. An unread event of this type is replaced by the next. */
export interface TrainProgressEvent {
  /** Which event this is. */
  readonly type: 'progress';
  /** Steps done so far. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly totalSteps: number;
  /** Training loss: the mean over the steps of the span, each before its update. */
  readonly loss: number;
  /** Rows per second in the span. */
  readonly samplesPerSecond: number;
  /** Milliseconds of training so far. */
  readonly elapsedMs: number;
  /** Fraction of the span in which each thread with work was not waiting for others. */
  readonly busy?: readonly number[];
}

/** An epoch has ended, or a part of one with an evaluation. Of more than about 1,000 epochs only some are reported. */
export interface EpochEvent {
  /** Which event this is. */
  readonly type: 'epoch';
  /** Epochs done so far; at the end of the run, the last one counts as done. */
  readonly epoch: number;
  /** Steps done so far. */
  readonly step: number;
  /** Training loss: the mean of the batch losses of the epoch so far, each before its update. */
  readonly trainLoss: number;
  /** Share of up to 1,000 training rows classified correctly, in epochs with an evaluation: `evaluateTraining`. */
  readonly trainAccuracy?: number;
  /** Gradient norm before clipping, mean over the steps of the epoch. */
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

/** Losses, gradient norms and learning rates of one or more steps: about 600 events of a long run, else all steps. */
export interface StepsEvent {
  /** Which event this is. */
  readonly type: 'steps';
  /** Steps done before these. */
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

/** The model has written a text, at up to ten steps of a training, by the same draws. Costs less than 1 % of it. */
export interface TrainTextEvent {
  /** Which event this is. */
  readonly type: 'text';
  /** Steps done so far. */
  readonly step: number;
  /** The text that `generate` begins with its defaults; of a model of lines, one for each of the first seeds. */
  readonly texts: readonly string[];
}

/** A checkpoint has been written to disk. */
export interface CheckpointEvent {
  /** Which event this is. */
  readonly type: 'checkpoint';
  /** Steps done so far. */
  readonly step: number;
  /** Path of the newest checkpoint. */
  readonly path: string;
  /** Whether it has the lowest loss so far, and is also in best.gradloom. */
  readonly best: boolean;
}

/** Statistics of every layer, with `probe`. An unread event of this type is replaced by the next. */
export interface ProbeEvent<T extends ElementType = ElementType> {
  /** Which event this is. */
  readonly type: 'probe';
  /** Steps done before the probed step; 0 at the start. */
  readonly step: number;
  /** Loss of the batch. */
  readonly loss: number;
  /** Gradient norm of the batch, before clipping. */
  readonly gradientNorm: number;
  /** Statistics, layer by layer. */
  readonly layers: readonly LayerFigures[];
  /** The weights [P] at which the statistics were taken. */
  readonly parameters: ElementsOf<T>;
}

/** The range and mean of a value over some steps. */
export interface Spread {
  /** The minimum. */
  readonly low: number;
  /** The mean. */
  readonly mean: number;
  /** The maximum. */
  readonly high: number;
}

import type { TrainEvent, TrainResult } from '@gradloom/runtime';
import type { Recipe } from './recipe.ts';

export type StartEvent = Extract<TrainEvent, { type: 'start' }>;
export type ProgressEvent = Extract<TrainEvent, { type: 'progress' }>;
export type ProbeEvent = Extract<TrainEvent, { type: 'probe' }>;
export type StepsEvent = Extract<TrainEvent, { type: 'steps' }>;
export type CheckpointEvent = Extract<TrainEvent, { type: 'checkpoint' }>;
export type ThreadsEvent = Extract<TrainEvent, { type: 'threads' }>;
export type RecoveryEvent = Extract<TrainEvent, { type: 'recovery' }>;
export type RollbackEvent = Extract<TrainEvent, { type: 'rollback' }>;
export type EpochEvent = Extract<TrainEvent, { type: 'epoch' }>;

/** The state of a run when its first step begins. */
export interface RunStart {
  readonly recipe: Recipe;
  readonly event: StartEvent;
  readonly out: string | null; // directory of the run
  readonly report?: string | null; // path of the report, once it is written
}

/** Shows a run in progress. */
export interface Reporter {
  start(run: RunStart): void;
  warning(message: string): void;
  /** Prints a sentence on stderr, whatever stdout shows. */
  aside(text: string): void;
  threads(event: ThreadsEvent): void;
  recovery(event: RecoveryEvent): void;
  rollback(event: RollbackEvent): void;
  progress(event: ProgressEvent): void;
  epoch(event: EpochEvent): void;
  probe(event: ProbeEvent): void;
  checkpoint(event: CheckpointEvent): void;
  /** Removes the redrawn output. */
  stop(): void;
  done(run: RunStart, result: TrainResult): void;
}

/** Reports a warning on stderr and in JSON. */
export function warn(reporter: Reporter, message: string): void {
  reporter.aside(`gradloom train: warning: ${message}`);
  reporter.warning(message);
}

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

/** What is known of a run when its first step begins. */
export interface RunStart {
  readonly recipe: Recipe;
  readonly event: StartEvent;
  readonly out: string | null; // directory
  readonly report?: string | null; // its path, once it is written
}

/** How a run is shown while it goes on. */
export interface Reporter {
  start(run: RunStart): void;
  warning(message: string): void;
  /** A sentence for people, on stderr whatever stdout shows. */
  aside(text: string): void;
  threads(event: ThreadsEvent): void;
  recovery(event: RecoveryEvent): void;
  rollback(event: RollbackEvent): void;
  progress(event: ProgressEvent): void;
  epoch(event: EpochEvent): void;
  probe(event: ProbeEvent): void;
  checkpoint(event: CheckpointEvent): void;
  /** Nothing moves any more: takes away what was only there for the moment. */
  stop(): void;
  done(run: RunStart, result: TrainResult): void;
}

/** Says a warning to people and to scripts. */
export function warn(reporter: Reporter, message: string): void {
  reporter.aside(`gradloom train: warning: ${message}`);
  reporter.warning(message);
}

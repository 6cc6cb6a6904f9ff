import type { StartEvent, TrainEvent, TrainResult } from '@gradloom/runtime';
import { type Io, printLine } from '../../terminal/io.ts';
import type { Assessment } from './assessment/assess.ts';
import type { Recipe } from './recipe.ts';

/** The state of a run when its first step begins. */
export interface RunStart {
  readonly recipe: Recipe;
  readonly event: StartEvent;
  readonly out: string | null; // directory of the run
}

export interface RunEnd extends RunStart {
  readonly report: string | null; // path of the report
  readonly assessment: Assessment;
}

/** Shows a run in progress. */
export interface Reporter {
  start(run: RunStart): void;
  warning(message: string): void;
  /** Prints a sentence on stderr, whatever stdout shows. */
  print(text: string): void;
  /** Every event after the first, except warnings. */
  event(event: TrainEvent): void;
  /** Removes the redrawn output. */
  stop(): void;
  done(run: RunEnd, result: TrainResult): void;
}

/** Reports a warning on stderr and in JSON. */
export function warn(reporter: Reporter, message: string): void {
  reporter.print(`gradloom train: warning: ${message}`);
  reporter.warning(message);
}

/** Prints only the directory of the run, for scripts: `run=$(gradloom train … --quiet)`. */
export const quietReporter = ({ stdout, stderr }: Io): Reporter => ({
  start() {},
  warning() {},
  print: (text) => printLine(stderr, text),
  event() {},
  stop() {},
  done({ out }) {
    if (out !== null) printLine(stdout, out);
  },
});

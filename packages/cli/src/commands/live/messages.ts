/** Messages of the stream to the page. A figure that is not finite or does not apply is null. */

/** `killed`: its process ended without releasing the run. */
export type RunState = 'running' | 'ended' | 'killed';

/** Event `run`: a run, when it is found, and again whenever one of these facts changes. */
export interface RunMessage {
  readonly run: number; // place among the runs of this server
  readonly name: string;
  readonly state: RunState;
  readonly options: Readonly<Record<string, string>>; // as they are typed
  readonly started: string; // time of the start, which sorts as text; '' in old runs
  readonly parameters: number;
  readonly stepsPerEpoch: number | null;
  readonly totalSteps: number | null;
  readonly result: RunResult | null; // of a run that has ended
}

export interface RunResult {
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  readonly testRmse: number | null;
  readonly elapsedMs: number | null;
  readonly fingerprint: string;
}

/** Event `lines`: further lines of a run's files. */
export interface LinesMessage {
  readonly run: number;
  readonly restarts: boolean; // the files were cut or replaced: these lines are the first of both
  readonly steps: readonly StepFigures[];
  readonly epochs: readonly EpochFigures[];
}

/** Means of the steps up to `step`. */
export interface StepFigures {
  readonly step: number;
  readonly loss: number | null;
  readonly gradientNorm: number | null;
  readonly learningRate: number | null;
}

export type EpochFigures = { readonly step: number } & {
  readonly [Name in
    | 'validationLoss'
    | 'validationAccuracy'
    | 'validationRmse'
    | 'validationPerplexity'
    | 'testLoss'
    | 'testAccuracy']?: number | null | undefined;
};

/** Event `problem`: a file of a run that cannot be read. */
export interface ProblemMessage {
  readonly sentence: string;
}

/** Event `end`: the server ends, and has sent everything. */
export const END = 'end';

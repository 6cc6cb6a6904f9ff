/** Messages between the stream and the page. A figure that is not finite or does not apply is null. */

/** `killed`: its process ended without releasing the run. */
export type RunState = 'running' | 'ended' | 'killed';

/** Event `run`: a run, when it is found, and again whenever one of these facts changes. */
export interface RunMessage {
  readonly run: number; // place among the runs of this server
  readonly name: string;
  readonly state: RunState;
  readonly options: Readonly<Record<string, string>>; // as they are typed
  readonly started: string; // time of the start, which sorts as text; '' in old runs
  readonly description: readonly string[]; // of data, network and training, as it was printed; none in old runs
  readonly parameters: number;
  readonly stepsPerEpoch: number | null;
  readonly totalSteps: number | null;
  readonly result: RunResult | null; // of a run that has ended
  readonly isSteerable: boolean; // whether POST /control can steer it
  readonly hasReport: boolean; // whether GET /report shows it
}

export interface RunResult {
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  readonly testRmse: number | null;
  readonly testTargets: Readonly<Record<string, TargetFigures>>; // of several outputs, by name
  readonly elapsedMs: number | null;
  readonly fingerprint: string;
  readonly wrong: readonly WrongRows[]; // of a classifier, or of each target with classes
}

/** The rows whose wrong answer is the surest, the surest first. */
export interface WrongRows {
  readonly target: string | null; // of several targets
  readonly split: string; // split of the rows
  readonly rows: readonly WrongRow[];
  readonly sheet: WrongSheet | null; // their images, if rows are images
}

/** Answer of GET /wrong: what the newest checkpoint answers wrongly, among the first rows that its run holds out. */
export interface WrongMessage {
  readonly step: number | null; // of the checkpoint
  readonly rows: number; // rows that were answered
  readonly answers: readonly WrongAnswers[]; // one, or one for each of several targets with classes
}

export interface WrongAnswers {
  readonly mistaken: number; // rows that were answered wrongly
  readonly wrong: WrongRows;
}

export interface WrongRow {
  readonly row: number;
  readonly label: string;
  readonly answer: string;
  readonly probability: number | null; // of the answer
  readonly corner: readonly [x: number, y: number]; // of its image on the sheet
}

/** A PNG in base64 with all images, which have one size. */
export interface WrongSheet {
  readonly width: number; // of an image
  readonly height: number;
  readonly size: { readonly width: number; readonly height: number };
  readonly png: string;
}

/** Event `lines`: further lines of a run's files. */
export interface LinesMessage {
  readonly run: number;
  readonly restarts: boolean; // the files were cut or replaced: these lines are the first of both
  readonly steps: readonly StepFigures[];
  readonly epochs: readonly EpochFigures[];
  readonly probes: readonly ProbeFigures[];
  readonly steers: readonly SteerLine[];
  readonly texts: readonly WrittenText[];
}

/** Means of the steps up to `step`. */
export interface StepFigures {
  readonly step: number;
  readonly loss: number | null;
  readonly gradientNorm: number | null;
  readonly learningRate: number | null;
}

/** Figures of one of several targets, in its units; one that does not apply is absent or null. */
export interface TargetFigures {
  readonly loss: number | null;
  readonly accuracy?: number | null | undefined;
  readonly f1?: number | null | undefined; // of the second of two classes
  readonly rmse?: number | null | undefined;
}

export type EpochFigures = {
  readonly step: number;
  readonly validationTargets?: Readonly<Record<string, TargetFigures>> | undefined; // of several outputs, by name
  readonly testTargets?: Readonly<Record<string, TargetFigures>> | undefined;
} & {
  readonly [Name in
    | 'elapsedMs' // of the steps so far
    | 'trainAccuracy'
    | 'validationLoss'
    | 'validationAccuracy'
    | 'validationRmse'
    | 'validationPerplexity'
    | 'testLoss'
    | 'testAccuracy']?: number | null | undefined;
};

/** Figures of the layers before step `step`, in a run with --probe; of a deep network those of some layers. */
export interface ProbeFigures {
  readonly step: number;
  readonly layers: readonly LayerFigures[];
}

export interface LayerFigures {
  readonly name: string;
  readonly gradient: number | null; // root mean square of dL/dy
  readonly output: number | null; // standard deviation of y
}

/** A steering action that took effect after step `step`. */
export interface SteerLine {
  readonly step: number;
  readonly action: string;
  readonly rate: number | null;
}

/** Event `speed`: the newest span of a run of the server's own process. */
export interface SpeedMessage {
  readonly run: number;
  readonly step: number;
  readonly samplesPerSecond: number;
  readonly elapsedMs: number; // of the steps so far
  readonly busy: readonly number[]; // share of the time in which each thread works
}

/** Texts that the model wrote after step `step`. */
export interface WrittenText {
  readonly step: number;
  readonly texts: readonly string[];
}

/** The body of POST /control: a steering action for a run. Its answer is the `SteerLine`, or `{ error }`. */
export interface ControlMessage {
  readonly run: number;
  readonly action: string;
  readonly rate?: number; // of action 'rate'
}

/** The header with the token of POST /control. */
export const TOKEN_HEADER = 'x-gradloom-token';

/** Event `problem`: a file of a run that cannot be read. */
export interface ProblemMessage {
  readonly sentence: string;
}

/** Event `end`: the server ends, and has sent everything. */
export const END = 'end';

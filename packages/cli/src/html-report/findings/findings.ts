import type { Profile } from '@gradloom/runtime';

/** What a run's report shows beside its config.json and metrics.jsonl: found once, when the run ends. */
export interface Findings {
  readonly result: Readonly<Record<string, unknown>>; // the last line of --json
  readonly profiles: readonly Profile[] | null; // one a thread, where the run was asked for them
  readonly answers: Answers | null; // where rows belong to classes
  readonly plane: Plane | null; // where a row is a point of the plane, in one of few classes
  readonly histograms: readonly LayerHistogram[];
}

export interface Answers {
  readonly split: string; // of the rows
  readonly labels: readonly string[];
  readonly confusion: readonly (readonly number[])[]; // [class][answer] rows; behind the classes those without an answer, if any
  readonly mistakes: readonly Mistake[]; // the worst first
}

/** A row whose class the model held for unlikely. */
export interface Mistake {
  readonly row: number;
  readonly label: number;
  readonly answer: number;
  readonly probability: number; // of the answer
  readonly image: Image | null;
}

/** Bytes of brightness, in base64. */
export interface Image {
  readonly side: number;
  readonly bytes: string;
}

/** Points of a plane, and how a network divides it. */
export interface Plane {
  readonly labels: readonly string[];
  readonly points: readonly (readonly [x: number, y: number, label: number])[];
  readonly end: Division;
}

export interface Division {
  readonly step: number; // done before
  readonly extent: readonly [x1: number, y1: number, x2: number, y2: number];
  readonly side: number; // points of the grid along each
  /** Of each class: its probability less that of the likeliest other, from -1 to 1 as a byte from 0 to 255, in base64. */
  readonly margins: readonly string[]; // [classes] of [side, side], rows by ascending y
}

/** Numbers of one layer before the first step and after the last, counted in the same bins. */
export interface LayerHistogram {
  readonly kind: 'weights' | 'outputs';
  readonly layer: string;
  readonly low: number;
  readonly high: number;
  readonly start: readonly number[]; // share in each bin
  readonly end: readonly number[];
}

import type { Points } from './points.ts';
import type { Choices, Settings } from './settings.ts';

/** Messages from the page to its worker. Answers name their run: some of an older run may still arrive. */
export type ToWorker =
  | { readonly kind: 'open'; readonly run: number; readonly settings: Settings; readonly points: Points }
  | { readonly kind: 'go'; readonly stepsPerSecond: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'step' }
  | { readonly kind: 'shown' } // the last frame has been drawn
  | { readonly kind: 'digit'; readonly pixels: Float64Array };

export type FromWorker = Ready | Opened | Frame | FailureMessage | DigitAnswer | DigitTraining;

/** The worker is ready, with the choices that it offers. */
export interface Ready {
  readonly kind: 'ready';
  readonly choices: Choices;
  readonly sharesMemory: boolean; // whether several threads can train
}

/** A run before its first step. */
export interface Opened {
  readonly kind: 'opened';
  readonly run: number;
  readonly classes: readonly string[];
  readonly train: PlanePoints;
  readonly test: PlanePoints;
  readonly domain: Domain;
  readonly stepsPerEpoch: number;
  readonly threads: number; // threads that have work
  readonly fused: boolean; // whether this browser has a fused multiply-add
  readonly parameters: number;
}

/** Points in the coordinates of the plane that is shown. */
export interface PlanePoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly classes: Int32Array;
}

/** The square that is shown. */
export interface Domain {
  readonly left: number;
  readonly bottom: number;
  readonly side: number;
}

/** A run after some steps. */
export interface Frame {
  readonly kind: 'frame';
  readonly run: number;
  readonly steps: number;
  readonly losses: readonly (readonly [step: number, loss: number])[]; // since the last frame
  readonly testLoss: number | null; // null without test rows
  readonly accuracy: number; // share of right answers among the test rows, or else the training rows
  readonly shares: Float32Array; // [MAP, MAP, classes] share of each class, rows from the bottom
  readonly hidden: readonly HiddenLayer[];
  readonly output: LayerGradient; // of the last dense layer
  readonly fingerprint: string;
  readonly isOver: boolean; // the loss or a gradient was not finite, or the last step is done
}

/** The gradient of a layer's weights. */
export interface LayerGradient {
  readonly gradient: number | null; // root mean square; null before the first step
  readonly moved: number | null; // root mean square of the change since the start
}

export interface HiddenLayer extends LayerGradient {
  readonly flat: number | null; // share of outputs whose slope is almost 0
  readonly units: number; // number of units of the layer
  readonly maps: Float32Array; // [units that are shown, UNIT_MAP, UNIT_MAP] outputs, rows from the bottom
}

export interface FailureMessage {
  readonly kind: 'failed';
  readonly run: number | null; // null if reading a digit failed
  readonly sentence: string;
}

/** The answer of the model to a drawn digit. */
export interface DigitAnswer {
  readonly kind: 'digit';
  readonly probabilities: readonly number[];
  readonly labels: readonly string[];
  readonly attribution: Float32Array; // [784] gradient of the answer's logit times the pixel
}

/** The server trains the model of digits. */
export interface DigitTraining {
  readonly kind: 'digit-training';
  readonly share: number; // share of the training steps that are done
}

/** Pixels of a side of the large map, and of the map of a unit. */
export const MAP = 50;
export const UNIT_MAP = 25;
/** Maximum number of units of a layer that are shown. */
export const MAX_UNITS = 16;

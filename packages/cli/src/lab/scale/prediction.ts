import type { TrainResult } from '@gradloom/runtime';
import type { StepWork } from '@gradloom/runtime/internal';
import {
  type MeasuredParts,
  measuredParts,
  type OneThreadTimes,
  type PredictedPoint,
  predictCores,
} from './predict-cores.ts';
import { type Point, workingThreads } from './summarize-rounds.ts';

/** Predicted step times on more cores of the same kind. */
export interface Prediction {
  readonly note: string; // says in the document that these are predictions
  readonly parts: MeasuredParts;
  readonly points: readonly PredictedPoint[];
}

export const PREDICTION_NOTE = 'a prediction by a model of measured parts, not a measurement';

/** Predicts for the measured numbers of threads up to the cores, and for `modelCores`. */
export function predictScaling(
  one: OneThreadTimes,
  work: StepWork,
  { points, first }: { readonly points: readonly Point[]; readonly first: TrainResult },
  modelCores: readonly number[],
): Prediction {
  const measured = new Map(points.flatMap((point) => (point.beyondCores ? [] : [[point.threads, point.stepMs]])));
  const counts = [...new Set([...measured.keys(), ...modelCores])].sort((a, b) => a - b);
  const parts = measuredParts(one, work);
  return {
    note: PREDICTION_NOTE,
    parts,
    points: counts.map((cores) => ({
      ...predictCores(parts, work, cores, workingThreads(cores, first)),
      measuredMs: measured.get(cores) ?? null,
    })),
  };
}

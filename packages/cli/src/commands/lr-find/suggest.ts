import { TrainingError, train } from '@gradloom/runtime';
import { without } from '../../options/option.ts';
import type { Recipe } from '../train/recipe.ts';

/** A step of the sweep. */
export interface SweepPoint {
  readonly step: number;
  readonly rate: number; // learning rate of the step
  readonly loss: number; // loss of its batch, before its update
  readonly smoothed: number; // smoothed loss of all steps so far
}

/** Learning rates that a sweep suggests. */
export interface Suggestion {
  readonly steepest: number; // the rate at which the smoothed loss falls fastest by the logarithm of the rate
  readonly lowest: number; // the rate at which the smoothed loss is lowest
}

/** Weight of the earlier losses in the smoothed loss at each step. */
const SMOOTHING = 0.9;

/** The loss has diverged if it is this many times the lowest, and above the first. */
const DIVERGENCE_FACTOR = 4;

/** The slope at a rate is that of a line fitted to this many decades on each side. */
const SLOPE_DECADES = 0.25;

/**
 * Smooths the losses: at step k the mean of the losses up to k, each with 0.9 times the weight of the next. Ends at the
 * first that has diverged: not finite, or above the first and 4 times the lowest.
 */
export function smooth(losses: readonly Omit<SweepPoint, 'smoothed'>[]): { points: SweepPoint[]; diverged: boolean } {
  const points: SweepPoint[] = [];
  let [sum, weight, lowest] = [0, 0, Number.POSITIVE_INFINITY];
  for (const point of losses) {
    if (!Number.isFinite(point.loss)) return { points, diverged: true };
    sum = SMOOTHING * sum + (1 - SMOOTHING) * point.loss;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    const smoothedLoss = sum / weight;
    points.push({ ...point, smoothed: smoothedLoss });
    lowest = Math.min(lowest, smoothedLoss);
    if (smoothedLoss > DIVERGENCE_FACTOR * lowest && smoothedLoss > points[0].smoothed)
      return { points, diverged: true };
  }
  return { points, diverged: false };
}

/**
 * The rate at which the smoothed loss falls fastest, up to the lowest smoothed loss. The slope at a rate is that of the
 * least-squares line through the smoothed losses within a quarter of a decade. Null if the loss never falls.
 */
export function suggest(points: readonly SweepPoint[]): Suggestion | null {
  if (points.length === 0) return null;
  let lowest = 0;
  for (const [k, { smoothed }] of points.entries()) if (smoothed < points[lowest].smoothed) lowest = k;
  let steepest = -1;
  let slope = 0;
  for (let k = 0; k <= lowest; k++) {
    const slopeHere = slopeAt(points, k);
    if (slopeHere < slope) [steepest, slope] = [k, slopeHere];
  }
  if (steepest === -1 || lowest === 0) return null;
  return { steepest: points[steepest].rate, lowest: points[lowest].rate };
}

/** d smoothed / d log₁₀ rate. */
function slopeAt(points: readonly SweepPoint[], k: number): number {
  const logRate = Math.log10(points[k].rate);
  const neighbours = points
    .map(({ rate, smoothed }): [x: number, y: number] => [Math.log10(rate) - logRate, smoothed])
    .filter(([x]) => Math.abs(x) <= SLOPE_DECADES);
  const meanX = neighbours.reduce((sum, [x]) => sum + x, 0) / neighbours.length;
  const meanY = neighbours.reduce((sum, [, y]) => sum + y, 0) / neighbours.length;
  const spread = neighbours.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : neighbours.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** A suggested rate, rounded to two digits. */
export const roundRate = (rate: number): number => Number(rate.toPrecision(2));

export interface RateSweep {
  readonly from: number;
  readonly to: number;
  readonly steps: number; // steps asked for
  readonly stopped: 'completed' | 'diverged' | 'aborted';
  readonly points: readonly SweepPoint[]; // steps up to the divergence
}

/** Trains while the rate rises from `from` to `to` by the same factor at each step, until the loss diverges. */
export async function sweepRates(
  { spec, sets, options }: Recipe,
  { from, to, steps }: Pick<RateSweep, 'from' | 'to' | 'steps'>,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): Promise<RateSweep> {
  const losses: Omit<SweepPoint, 'smoothed'>[] = [];
  const divergence = new AbortController();
  // No rows are held out, so early stopping cannot end the sweep.
  const { optimizer = 'adam', ...sweepOptions } = without(options, 'epochs', 'patience', 'minDelta', 'monitor');
  try {
    await train(
      spec,
      { train: sets.train },
      {
        ...sweepOptions,
        optimizer: { ...(typeof optimizer === 'string' ? { kind: optimizer } : optimizer), lr: to },
        schedule: { kind: 'range-test', startFactor: from / to },
        steps,
        signal: AbortSignal.any([signal, divergence.signal]),
        onEvent(event) {
          if (event.type === 'steps') {
            losses.push({ step: event.step, rate: event.learningRate.mean, loss: event.loss.mean });
          } else if (event.type === 'progress') {
            onProgress(`step ${event.step} of ${event.totalSteps}`);
            if (smooth(losses).diverged) divergence.abort();
          }
        },
      },
    );
  } catch (error) {
    // A loss that is not finite ends the sweep, as one that is too high does.
    if (!(error instanceof TrainingError)) throw error;
    losses.push({ step: error.step, rate: to, loss: Number.NaN });
  }
  const smoothedLosses = smooth(losses);
  const stopReason = smoothedLosses.diverged ? 'diverged' : signal.aborted ? 'aborted' : 'completed';
  return { from, to, steps, stopped: stopReason, points: smoothedLosses.points };
}

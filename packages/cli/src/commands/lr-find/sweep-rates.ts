import { TrainingError, train } from '@gradloom/runtime';
import type { Recipe } from '../train/recipe.ts';
import { type SweepPoint, smooth } from './suggest.ts';

export interface RateSweep {
  readonly from: number;
  readonly to: number;
  readonly steps: number; // asked for
  readonly stopped: 'completed' | 'diverged' | 'aborted';
  readonly points: readonly SweepPoint[]; // up to the divergence
}

/** Trains while the rate rises from `from` to `to`, each step by the same factor, and ends where the loss diverges. */
export async function sweepRates(
  { spec, sets, options }: Recipe,
  { from, to, steps }: Pick<RateSweep, 'from' | 'to' | 'steps'>,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<RateSweep> {
  const losses: Omit<SweepPoint, 'smoothed'>[] = [];
  const diverged = new AbortController();
  // No set is held out, so nothing ends the sweep early.
  const { optimizer = 'adam', epochs: _, patience: _p, minDelta: _d, monitor: _m, ...rest } = options;
  try {
    await train(
      spec,
      { train: sets.train },
      {
        ...rest,
        optimizer: { ...(typeof optimizer === 'string' ? { kind: optimizer } : optimizer), lr: to },
        schedule: { kind: 'range-test', startFactor: from / to },
        steps,
        signal: AbortSignal.any([signal, diverged.signal]),
        onEvent(event) {
          if (event.type === 'steps') {
            losses.push({ step: event.step, rate: event.learningRate.mean, loss: event.loss.mean });
          } else if (event.type === 'progress') {
            note(`step ${event.step} of ${event.totalSteps}`);
            if (smooth(losses).diverged) diverged.abort();
          }
        },
      },
    ).result;
  } catch (error) {
    // A loss that is no number ends the sweep as one that is too high does.
    if (!(error instanceof TrainingError)) throw error;
    losses.push({ step: error.step, rate: to, loss: Number.NaN });
  }
  const found = smooth(losses);
  const stopped = found.diverged ? 'diverged' : signal.aborted ? 'aborted' : 'completed';
  return { from, to, steps, stopped, points: found.points };
}

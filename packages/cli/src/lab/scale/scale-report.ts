import { type Amdahl, fitAmdahl, fitUsl, type Timing, type Usl, uslMs } from './laws.ts';
import { type Loss, lossesOf } from './losses.ts';
import type { Scaling } from './measure-scaling.ts';
import type { RankPoint } from './ranks/measure-ranks.ts';
import type { Point } from './summarize-rounds.ts';

/** A measurement and its conclusions. */
export interface ScaleReport extends Scaling {
  readonly cores: number;
  readonly ranks: readonly RankPoint[]; // empty unless ranks were asked for
  readonly sameBits: boolean; // all threads have one fingerprint, and all ranks have one
  readonly inconclusive: boolean; // rounds contradict each other, so there are no conclusions; fields are null or empty
  readonly amdahl: Amdahl | null; // fitted to counts up to the cores whose threads all have work
  readonly usl: Usl | null;
  readonly best: number | null; // threads worth using here
  readonly losses: readonly Loss[];
}

/** If rounds differ by more, the machine is too busy for exact results. */
export const NOISY = 0.2;

/**
 * A range of 1.35 to 1.8 times as fast on two threads means a serial share from nearly one half to a tenth, which is
 * inconclusive.
 */
const CONTRADICTION = 4 / 3;

/** A thread is worth using if it shortens a step by this share. */
const WORTH = 0.05;

export function reportOf(scaling: Scaling, cores: number, ranks: readonly RankPoint[] = []): ScaleReport {
  // Only counts whose threads all have work.
  const within = scaling.points.filter((point) => !point.beyondCores && point.working === point.threads);
  const inconclusive = within.some(contradicts);
  const usl = inconclusive ? null : fitUsl(within);
  return {
    ...scaling,
    cores,
    ranks,
    sameBits: areSame(scaling.points) && areSame(ranks),
    inconclusive,
    amdahl: inconclusive ? null : fitAmdahl(within),
    usl,
    best: inconclusive ? null : worthUsing(within, usl, cores),
    losses: inconclusive ? [] : lossesOf(scaling),
  };
}

/** Whether runs of the same steps ended in the same bits; each number of ranks may have its own number of steps. */
function areSame(points: readonly { readonly fingerprint: string; readonly steps?: number }[]): boolean {
  const bySteps = new Map<number | undefined, string>();
  return points.every(({ fingerprint, steps }) => {
    const firstFingerprint = bySteps.get(steps) ?? fingerprint;
    bySteps.set(steps, firstFingerprint);
    return fingerprint === firstFingerprint && !fingerprint.includes(' ');
  });
}

/** Whether speedups of the same number of threads differ by more than a third between rounds. */
export const contradicts = ({ speedupRange: [low, high] }: Pick<Point, 'speedupRange'>): boolean =>
  high > low * CONTRADICTION;

/**
 * The fewest threads within WORTH of the least time of all counts up to the cores, by the fitted law if there is one.
 */
export function worthUsing(within: readonly Timing[], usl: Usl | null, cores: number): number {
  const maxThreads = Math.min(cores, Math.max(...within.map(({ threads }) => threads)));
  const timings =
    usl === null || within.length < 3
      ? within
      : Array.from({ length: maxThreads }, (_, k) => ({ threads: k + 1, stepMs: uslMs(usl, k + 1) }));
  const leastMs = Math.min(...timings.map(({ stepMs }) => stepMs));
  return Math.min(...timings.filter(({ stepMs }) => stepMs <= leastMs * (1 + WORTH)).map(({ threads }) => threads));
}

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
export const NOISY_SPREAD = 0.2;

/**
 * Rounds whose speedups differ by a larger ratio contradict each other: 1.35 and 1.8 on two threads mean a serial share
 * of nearly one half and of a tenth.
 */
const CONTRADICTING_RATIO = 4 / 3;

/** A thread is worth using if it shortens a step by this share. */
const WORTH_SHARE = 0.05;

export function reportOf(scaling: Scaling, cores: number, ranks: readonly RankPoint[] = []): ScaleReport {
  // Up to the cores, and only counts whose threads all have work.
  const workingPoints = scaling.points.filter((point) => !point.beyondCores && point.working === point.threads);
  const inconclusive = workingPoints.some(contradicts);
  const usl = inconclusive ? null : fitUsl(workingPoints);
  return {
    ...scaling,
    cores,
    ranks,
    sameBits: haveSameBits(scaling.points) && haveSameBits(ranks),
    inconclusive,
    amdahl: inconclusive ? null : fitAmdahl(workingPoints),
    usl,
    best: inconclusive ? null : worthUsing(workingPoints, usl, cores),
    losses: inconclusive ? [] : lossesOf(scaling),
  };
}

/** Whether runs of the same number of steps ended in the same bits. A space separates fingerprints that differ. */
function haveSameBits(points: readonly { readonly fingerprint: string; readonly steps?: number }[]): boolean {
  const bySteps = new Map<number | undefined, string>();
  return points.every(({ fingerprint, steps }) => {
    const firstFingerprint = bySteps.get(steps) ?? fingerprint;
    bySteps.set(steps, firstFingerprint);
    return fingerprint === firstFingerprint && !fingerprint.includes(' ');
  });
}

/** Whether speedups of the same number of threads differ by more than a third between rounds. */
export const contradicts = ({ speedupRange: [low, high] }: Pick<Point, 'speedupRange'>): boolean =>
  high > low * CONTRADICTING_RATIO;

/** The fewest threads within WORTH_SHARE of the least time of all counts up to the cores, by the fitted law. */
export function worthUsing(measured: readonly Timing[], usl: Usl | null, cores: number): number {
  const maxThreads = Math.min(cores, Math.max(...measured.map(({ threads }) => threads)));
  const timings =
    usl === null || measured.length < 3
      ? measured
      : Array.from({ length: maxThreads }, (_, k) => ({ threads: k + 1, stepMs: uslMs(usl, k + 1) }));
  const leastMs = Math.min(...timings.map(({ stepMs }) => stepMs));
  return Math.min(
    ...timings.filter(({ stepMs }) => stepMs <= leastMs * (1 + WORTH_SHARE)).map(({ threads }) => threads),
  );
}

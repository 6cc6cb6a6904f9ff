import { type Profile, parts } from '@gradloom/runtime';
import type { Scaling } from './measure-scaling.ts';

/** What keeps T threads from being T times as fast, as a share of the time of all threads together. */
export interface Loss {
  readonly cause: 'waiting' | 'products' | 'update';
  readonly share: number;
  readonly why: string;
}

/**
 * Thread time is what each thread spends on a step, summed. On T threads it is more than on one by what they wait for each
 * other, and by what each part takes longer beside others. The largest loss first; none where one thread is all there is.
 */
export function lossesOf({ points, first, bandwidth }: Scaling): Loss[] {
  const one = points[0];
  const most = points.filter((point) => !point.beyondCores).at(-1);
  if (most === undefined || most.threads === 1) return [];
  const [before, after] = [totalOf(one.profiles), totalOf(most.profiles)];
  const whole = parts.reduce((sum, part) => sum + after[part], 0);
  const share = (...of: (keyof Profile)[]) => of.reduce((sum, part) => sum + after[part] - before[part], 0) / whole;
  const T = most.threads;
  const fastest = bandwidth.at(-1);
  const widening = (fastest?.gigabytesPerSecond ?? 0) / (bandwidth[0]?.gigabytesPerSecond ?? 1);
  const memory = `${T} threads get ${widening.toFixed(1)} times the memory bandwidth of one`;
  const losses: Loss[] = [
    {
      cause: 'waiting',
      share: share('wait'),
      why:
        first.shards % T === 0
          ? 'threads finish at other times, and one ends each step for all'
          : `${first.shards} shards do not go into ${T} threads evenly`,
    },
    {
      cause: 'products',
      share: share('gather', 'forward', 'backward'),
      why: `gather, forward and backward slow down beside others: caches, power; ${memory}`,
    },
    { cause: 'update', share: share('update'), why: `summing shards and moving weights slows down; ${memory}` },
  ];
  return losses.sort((a, b) => b.share - a.share);
}

/** Of all threads together. */
function totalOf(profiles: readonly Profile[]): Profile {
  const sum = (part: keyof Profile) => profiles.reduce((total, profile) => total + profile[part], 0);
  return {
    gather: sum('gather'),
    forward: sum('forward'),
    backward: sum('backward'),
    update: sum('update'),
    wait: sum('wait'),
  };
}

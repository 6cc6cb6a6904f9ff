import type { Profile } from '@gradloom/runtime';
import { phases } from '@gradloom/runtime/internal';
import { plural } from '../../terminal/text/format.ts';
import type { Scaling } from './measure-scaling.ts';

/** Time lost with T threads, as a share of the time of all threads. */
export interface Loss {
  readonly cause: 'waiting' | 'products' | 'update';
  readonly share: number;
  readonly why: string;
}

/**
 * Thread time is the time of a step summed over threads. On T threads it is larger than on one: threads wait for each
 * other and each phase is slower. The largest loss comes first; empty if there is only one thread.
 */
export function lossesOf({ points, first, bandwidth }: Scaling): Loss[] {
  const oneThread = points[0];
  const largest = points.filter((point) => !point.beyondCores && point.working === point.threads).at(-1);
  if (largest === undefined || largest.threads === 1 || largest.profiles.length === 0) return [];
  const [onOneMs, onAllMs] = [totalOf(oneThread.profiles), totalOf(largest.profiles)];
  const totalMs = phases.reduce((sum, part) => sum + onAllMs[part], 0);
  const shareOf = (...parts: (keyof Profile)[]) =>
    parts.reduce((sum, part) => sum + onAllMs[part] - onOneMs[part], 0) / totalMs;
  const T = largest.threads;
  const fastest = bandwidth.at(-1);
  const bandwidthRatio = (fastest?.gigabytesPerSecond ?? 0) / (bandwidth[0]?.gigabytesPerSecond ?? 1);
  const memory = `${T} threads get ${bandwidthRatio.toFixed(1)} times the memory bandwidth of one`;
  const traffic = trafficOf(
    (UPDATE_BYTES * first.parameters.length) / ((onAllMs.update / T) * 1e6),
    fastest?.gigabytesPerSecond ?? 0,
  );
  const losses: Loss[] = [
    {
      cause: 'waiting',
      share: shareOf('wait'),
      why:
        first.leaves % T === 0
          ? 'threads finish at different times, and one thread ends each step'
          : `${plural(first.leaves, 'leaf')} cannot be divided evenly among ${T} threads`,
    },
    {
      cause: 'products',
      share: shareOf('gather', 'forward', 'backward'),
      why: `gather, forward and backward are slower when other threads work (caches, power); ${memory}`,
    },
    {
      cause: 'update',
      share: shareOf('update'),
      why: `summing gradients and updating weights is slower when other threads work; ${memory}. ${traffic}`,
    },
  ];
  return losses.sort((a, b) => b.share - a.share);
}

/** Bytes of traffic per parameter of an update: gradients of two threads; weight and two moments read and written. */
const UPDATE_BYTES = 64;
/** From this share of the memory bandwidth on, memory limits an update. */
const MEMORY_BOUND_RATIO = 0.6;

/** Compares the traffic of an update, at 64 bytes per parameter, with the memory bandwidth. */
function trafficOf(gigabytesPerSecond: number, memorySpeed: number): string {
  const ratio = gigabytesPerSecond / memorySpeed;
  const bound =
    ratio > 1 ? 'it fits in the caches' : ratio > MEMORY_BOUND_RATIO ? 'memory limits it' : 'memory does not limit it';
  return `At 64 bytes per parameter it moves ${gigabytesPerSecond.toFixed(1)} GB/s of ${memorySpeed.toFixed(1)}: ${bound}`;
}

/** Sum over all threads. */
function totalOf(profiles: readonly Profile[]): Profile {
  const sum = (part: keyof Profile) => profiles.reduce((total, profile) => total + profile[part], 0);
  return Object.fromEntries(phases.map((part) => [part, sum(part)])) as Profile;
}

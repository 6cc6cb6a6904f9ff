import type { ContestOptions } from './contest.ts';
import { isOurs } from './guard.ts';
import type { Peer } from './peer.ts';
import type { Workload } from './workloads.ts';

/** Approximate ms to open a workload and estimate the length of a step. */
const OPEN_MS = 200;
/** ms of a cold-start measurement, which has five starts, and of measuring our floor. */
const COLD_MS = 10_000;
const FLOOR_MS = 1000;

/** A sentence: how many minutes the last whole run took, or roughly how many this one will take. */
export function tellDuration(
  peers: readonly Peer[],
  workloads: readonly Workload[],
  options: Omit<ContestOptions, 'say'>,
  last?: number, // minutes
): string {
  if (last !== undefined) return `The last whole run took ${last} minutes on a machine of this class.`;
  const ms = workloads.reduce(
    (sum, workload) => sum + peers.reduce((own, peer) => own + durationOf(peer, workload, options), 0),
    0,
  );
  return `This takes about ${Math.max(1, Math.round(ms / 60_000))} minutes.`;
}

/** Approximate ms: all variants twice, the warm-up, and the rounds. Our runs take twice the time that is counted. */
export function durationOf(
  peer: Peer,
  workload: Workload,
  { rounds, roundMs, heatMs, warmMs }: Omit<ContestOptions, 'say'>,
): number {
  const variants = peer.variants(workload);
  if (typeof variants === 'string' || variants.length === 0) return 0;
  const all = peer.environments.length * variants.length;
  const runs = isOurs(peer.name) ? 2 : 1;
  const tries = all === 1 ? 0 : 2 * all * (OPEN_MS + runs * 1.25 * heatMs);
  const extra = (workload.isSmall ? COLD_MS : 0) + (isOurs(peer.name) ? FLOOR_MS : 0);
  return tries + OPEN_MS + runs * (warmMs / 2 + rounds * roundMs) + extra;
}

import { show } from '@gradloom/core/internal';
import type { Cluster, Exchange, Transfer } from './cluster.ts';
import { openLink } from './mpi/link.ts';

export interface ClusterNetwork {
  readonly ranks: number;
  readonly latencyMs: number; // time for one number from one rank to another, in milliseconds: half of the round trip
  readonly bytesPerSecond: number; // throughput of a large message between two ranks
}

const LARGE_NUMBERS = 2 ** 20; // 8 MiB of doubles
const ROUNDS = 1000; // round trips of one number
const LARGE_ROUNDS = 20;
const CHANNELS = { there: 32_750, back: 32_751 }; // the last two, which no step uses

/**
 * Measures messages between rank 0 and the last one, which launchers start furthest from it. The fastest round counts:
 * in slower ones a rank has lost its core. All ranks call it, between runs, and all get the same figures; a cluster of
 * one has none.
 */
export async function measureNetwork(cluster: Cluster): Promise<ClusterNetwork | null> {
  if (!(cluster?.connection?.ledger instanceof SharedArrayBuffer)) {
    throw new Error(`measureNetwork: cluster has ${show(cluster)}, expected one that openCluster made`);
  }
  const { rank, ranks } = cluster;
  if (ranks === 1) return null;
  const link = openLink(cluster.connection);
  const takesPart = rank === 0 || rank === ranks - 1;
  /** Milliseconds of the fastest round trip of a message; 0 on ranks that take no part. */
  const pingPong = (length: number, rounds: number): number => {
    if (!takesPart) return 0;
    const numbers = new Float64Array(new SharedArrayBuffer(8 * length));
    const peer = rank === 0 ? ranks - 1 : 0;
    const plan = (kind: Transfer['kind'], channel: number): Exchange => link.plan([{ kind, peer, numbers }], channel);
    const there = plan(rank === 0 ? 'send' : 'receive', CHANNELS.there);
    const back = plan(rank === 0 ? 'receive' : 'send', CHANNELS.back);
    let bestMs = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      const startMs = performance.now();
      for (const exchange of [there, back]) {
        exchange.start();
        if (!exchange.wait(() => false)) throw cluster.trouble();
      }
      bestMs = Math.min(bestMs, performance.now() - startMs);
    }
    return bestMs;
  };
  const smallMs = pingPong(1, ROUNDS);
  const largeMs = pingPong(LARGE_NUMBERS, LARGE_ROUNDS);
  const network = { ranks, latencyMs: smallMs / 2, bytesPerSecond: (2 * 8 * LARGE_NUMBERS * 1000) / largeMs };
  const firstMeasurement = await cluster.fromFirst(network);
  cluster.release();
  return firstMeasurement;
}

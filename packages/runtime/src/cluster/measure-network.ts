import { show } from '@gradloom/core/internal';
import type { Cluster, Exchange, Transfer } from './cluster.ts';
import { openLink } from './mpi/link.ts';

/** Speed of the network between ranks. */
export interface ClusterNetwork {
  readonly ranks: number;
  /** Time for one number from one rank to another, in milliseconds: half of the round trip. */
  readonly latencyMs: number;
  /** Throughput of a large message between two ranks. */
  readonly bytesPerSecond: number;
}

const LARGE_NUMBERS = 2 ** 20; // 8 MiB of doubles
const ROUNDS = 1000; // round trips of one number
const LARGE_ROUNDS = 20;
const CHANNELS = { there: 32_750, back: 32_751 };

/**
 * Measures messages between rank 0 and the last one, which launchers start furthest from it. The fastest round counts:
 * in others a rank has lost its core. All ranks call it, between runs, and all get the same figures; a cluster of
 * one has none.
 */
export async function measureNetwork(cluster: Cluster): Promise<ClusterNetwork | null> {
  if (!(cluster?.connection?.ledger instanceof SharedArrayBuffer)) {
    throw new Error(`measureNetwork: cluster has ${show(cluster)}, expected one that openCluster made`);
  }
  const { rank, ranks } = cluster;
  if (ranks === 1) return null;
  const link = openLink(cluster.connection);
  const make = (length: number): (() => void) => {
    const numbers = new Float64Array(new SharedArrayBuffer(8 * length));
    const peer = rank === 0 ? ranks - 1 : 0;
    const way = (kind: Transfer['kind'], channel: number): Exchange => link.plan([{ kind, peer, numbers }], channel);
    const there = way(rank === 0 ? 'send' : 'receive', CHANNELS.there);
    const back = way(rank === 0 ? 'receive' : 'send', CHANNELS.back);
    return () => {
      for (const exchange of [there, back]) finish(cluster, exchange);
    };
  };
  const takesPart = rank === 0 || rank === ranks - 1;
  const pingPong = (length: number, rounds: number): number => (takesPart ? fastest(make(length), rounds) : 0);
  const smallMs = pingPong(1, ROUNDS);
  const largeMs = pingPong(LARGE_NUMBERS, LARGE_ROUNDS);
  const network = { ranks, latencyMs: smallMs / 2, bytesPerSecond: (2 * 8 * LARGE_NUMBERS * 1000) / largeMs };
  const measured = await cluster.fromFirst(network);
  cluster.release();
  return measured;
}

function fastest(round: () => void, rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < rounds; k++) {
    const begun = performance.now();
    round();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}

function finish(cluster: Cluster, exchange: Exchange): void {
  exchange.start();
  if (!exchange.wait(() => false)) throw cluster.trouble();
}

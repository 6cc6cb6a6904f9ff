import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createRandom } from '../../packages/core/src/math/random/index.ts';
import type { Cluster, Connection, Transfer } from '../../packages/runtime/src/cluster/cluster.ts';
import { measureNetwork } from '../../packages/runtime/src/cluster/measure-network.ts';
import { openLink } from '../../packages/runtime/src/cluster/mpi/link.ts';
import { openCluster } from '../../packages/runtime/src/cluster/mpi/open-cluster.ts';
import { swapLetters } from './letters.ts';

/** The work of one rank in a test. Its result is written to a file of the rank. */
type Scenario = (cluster: Cluster, argument: number) => Promise<unknown>;

/** The work of a thread of a rank, with numbers in memory that outlives it. */
type Errand = (connection: Connection, argument: number, allocate: Allocate) => unknown;
type Allocate = (length: number) => Float64Array<SharedArrayBuffer>;

const never = (): boolean => false;

/** Numbers that identify their sender, their round, and their position in the message. */
function writeNumbers(numbers: Float64Array, from: number, round: number): void {
  for (let k = 0; k < numbers.length; k++) numbers[k] = numberOf(from, round, k);
}
const numberOf = (from: number, round: number, index: number): number => from + 1000 * round + index / 1e6;

function wrongNumbers(numbers: Float64Array, from: number, round: number): number {
  return numbers.reduce((wrong, value, k) => wrong + (value === numberOf(from, round, k) ? 0 : 1), 0);
}

/** Allocates consecutive arrays from a memory. */
function allocator(memory: SharedArrayBuffer): Allocate {
  let offset = 0;
  return (length) => {
    offset += 8 * length;
    return new Float64Array(memory, offset - 8 * length, length);
  };
}

const newMemory = (): SharedArrayBuffer => new SharedArrayBuffer(2 ** 27);

/** Lengths of messages between two ranks: few numbers, none, and more than MPI sends at once. */
function lengthsBetween(from: number, to: number): number[] {
  const random = createRandom(17, `${from}-${to}`);
  return Array.from({ length: 1 + random.integer(3) }, () => [0, 1, 37, 5000, 90_000][random.integer(5)]);
}

interface Traffic {
  readonly transfers: Transfer[];
  fill(round: number): void;
  wrong(round: number): number;
}

/** Messages between all ranks, whose numbers show whether each is in its place. */
function traffic(rank: number, ranks: number, allocate: Allocate): Traffic {
  const out: { numbers: Float64Array<SharedArrayBuffer> }[] = [];
  const into: { numbers: Float64Array<SharedArrayBuffer>; from: number }[] = [];
  const transfers: Transfer[] = [];
  for (let peer = 0; peer < ranks; peer++) {
    if (peer === rank) continue;
    for (const length of lengthsBetween(rank, peer)) {
      const numbers = allocate(length);
      out.push({ numbers });
      transfers.push({ kind: 'send', peer, numbers });
    }
    for (const length of lengthsBetween(peer, rank)) {
      const numbers = allocate(length);
      into.push({ numbers, from: peer });
      transfers.push({ kind: 'receive', peer, numbers });
    }
  }
  return {
    transfers,
    fill(round) {
      for (const { numbers } of out) writeNumbers(numbers, rank, round);
      for (const { numbers } of into) numbers.fill(Number.NaN);
    },
    wrong: (round) => into.reduce((sum, { numbers, from }) => sum + wrongNumbers(numbers, from, round), 0),
  };
}

const errands: Record<string, Errand> = {
  /** Repeats two exchanges that overlap in time. */
  exchange(connection, rounds, allocate) {
    const { rank, ranks } = connection;
    const link = openLink(connection);
    const all = [0, 1].map(() => traffic(rank, ranks, allocate));
    const exchanges = all.map(({ transfers }, channel) => link.plan(transfers, channel));
    let wrong = 0;
    for (let round = 0; round < rounds; round++) {
      for (const [k, exchange] of exchanges.entries()) {
        all[k].fill(2 * round + k);
        exchange.start();
      }
      for (const [k, exchange] of [...exchanges.entries()].reverse()) {
        if (!exchange.wait(never)) return 'gave up';
        wrong += all[k].wrong(2 * round + k);
      }
    }
    return wrong;
  },
  /** Rounds in each of which one rank may stop in the middle; the main thread then recovers all. */
  broken(connection, seed, allocate) {
    const { rank, ranks } = connection;
    const one = traffic(rank, ranks, allocate);
    const exchange = openLink(connection).plan(one.transfers, 7);
    const random = createRandom(seed, 'broken');
    let wrong = 0;
    for (let round = 0; ; round++) {
      const failing = random.integer(3) === 0 ? random.integer(ranks) : -1;
      const hasStarted = random.integer(2) === 0;
      one.fill(round);
      if (failing !== rank || hasStarted) exchange.start();
      if (failing === rank) return { isFailing: true, hasGivenUp: true, wrong };
      if (!exchange.wait(never)) return { isFailing: false, hasGivenUp: true, wrong };
      wrong += one.wrong(round);
      if (round === 40) return { isFailing: false, hasGivenUp: false, wrong };
    }
  },
};

interface BrokenOff {
  readonly isFailing: boolean;
  readonly hasGivenUp: boolean;
  readonly wrong: number; // number of wrong numbers
}

const scenarios: Record<string, Scenario> = {
  async values(cluster) {
    const { rank } = cluster;
    const first = await cluster.fromFirst({ rank, loss: Number.NaN, zero: -0, list: new Float64Array([rank, 0.1]) });
    const all = await cluster.fromAll({ rank, text: `from ${rank}`, missing: undefined });
    const large = await cluster.fromAll('x'.repeat(300_000 * (rank + 1)));
    const [a, b] = await Promise.all([cluster.fromAll(rank), cluster.fromFirst(7 - rank)]);
    return {
      first: [first.rank, Number.isNaN(first.loss), Object.is(first.zero, -0), ...first.list],
      all: all.map(({ rank: from, text, missing }) => [from, text, missing === undefined]),
      large: large.map(({ length }) => length),
      together: [a, b],
      hosts: cluster.hosts.length,
      cores: cluster.cores,
    };
  },
  async move(cluster, rounds) {
    const { transfers, fill, wrong } = traffic(cluster.rank, cluster.ranks, allocator(newMemory()));
    let count = 0;
    for (let round = 0; round < rounds; round++) {
      fill(round);
      await cluster.move(transfers);
      count += wrong(round);
    }
    return count;
  },
  letters: async (cluster) => [await swapLetters(cluster, false), await swapLetters(cluster, true)],
  exchange: (cluster, rounds) => onThread(cluster, 'exchange', rounds),
  /** Failures in the middle of exchanges of values and of moves: nothing of them may affect what follows. */
  async broken(cluster, times) {
    const { rank, ranks } = cluster;
    let wrong = 0;
    let failures = 0;
    const { transfers, fill, wrong: wrongOf } = traffic(rank, ranks, allocator(newMemory()));
    for (let time = 0; time < times; time++) {
      const outcome = (await onThread(cluster, 'broken', time)) as BrokenOff;
      wrong += outcome.wrong;
      if (outcome.isFailing) cluster.fail('in a step');
      try {
        if (outcome.hasGivenUp) throw cluster.trouble();
        await cluster.fromAll(time);
      } catch (error) {
        if (!String(error).includes('in a step')) throw error;
        failures++;
        wrong += (await cluster.recover(rank)).filter((value, from) => value !== from).length;
      }
      const failing = time % ranks;
      fill(time);
      try {
        // A rank that is finished may fail before others are.
        wrong += (await cluster.fromAll(time)).filter((value) => value !== time).length;
        if (rank === failing) cluster.fail('a word');
        else await (time % 2 === 0 ? cluster.move(transfers) : cluster.fromAll(-1));
        // A move may not depend on that rank.
        if (rank !== failing && time % 2 === 1) wrong++;
      } catch (error) {
        if (!String(error).includes(`rank ${failing} of ${ranks} has failed: a word`)) throw error;
      }
      await cluster.recover(0);
      fill(time);
      await cluster.move(transfers);
      wrong += wrongOf(time);
    }
    return { wrong, failed: failures > 0 };
  },
  /**
   * The last rank is late. The others notice it in a thread, or in the main thread if the argument is 1, and once more
   * in a second call.
   */
  async late(cluster, way) {
    const { rank, ranks } = cluster;
    if (rank === ranks - 1) await new Promise((resolve) => setTimeout(resolve, 600_000));
    const waiting = way === 1 ? cluster.fromAll(0).catch(String) : onThread(cluster, 'exchange', 1);
    // After some time no other rank is missing.
    const missing = [ranks - 1];
    let awaited: readonly number[] = [];
    while (rank === 0 && awaited.join() !== missing.join()) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      awaited = cluster.awaited();
    }
    const sentence = way === 1 ? await waiting : await waiting.then(() => cluster.trouble()?.message);
    const again = await cluster.fromAll(0).catch(String);
    if (rank !== 0) await new Promise((resolve) => setTimeout(resolve, 600_000));
    save(0, [sentence, awaited, again]);
    return cluster.abort(7);
  },
  /** All ranks wait for the last one, which kills itself. */
  async killed(cluster) {
    save(cluster.rank, process.pid);
    await cluster.fromAll(0);
    if (cluster.rank === cluster.ranks - 1) process.kill(process.pid, 'SIGKILL');
    return onThread(cluster, 'exchange', 1);
  },
  network: (cluster) => measureNetwork(cluster),
  /** Rank 0 fails right after giving a value, which the others must still receive. */
  async ahead({ rank, fromFirst, fromAll, fail, recover }, times) {
    const wrong: unknown[] = [];
    for (let time = 0; time < times; time++) {
      const value = await fromFirst(rank === 0 ? time : -1).catch(String);
      if (value !== time) wrong.push(value);
      if (rank === 0) fail('ahead');
      else {
        const later = await fromAll(0).catch(String);
        if (!String(later).includes('has failed: ahead')) wrong.push(later);
      }
      await recover(0);
    }
    return wrong;
  },
  /** A rank that closes while others recover. */
  async leaver(cluster) {
    const { rank } = cluster;
    if (rank === 1) {
      cluster.fail('enough');
      return 'left';
    }
    await cluster.fromAll(0).catch(() => {});
    return cluster.recover(0).catch(String);
  },
};

function save(rank: number, result: unknown): void {
  writeFileSync(join(process.argv[3], `rank-${rank}.json`), JSON.stringify(result ?? null));
}

function onThread(cluster: Cluster, errand: string, argument: number): Promise<unknown> {
  const { connection } = cluster;
  const memory = newMemory();
  cluster.hold([memory]);
  const worker = new Worker(new URL(import.meta.url), { workerData: { errand, argument, connection, memory } });
  return new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

if (isMainThread) {
  const [, , list] = process.argv;
  const { GRADLOOM_TEST_LIMIT: limit } = process.env;
  try {
    const cluster = await openCluster(limit === undefined ? {} : { timeLimitMs: Number(limit) });
    const results: Record<string, unknown> = {};
    for (const one of list.split(',')) {
      const [name, argument] = one.split(':');
      results[name] = await scenarios[name](cluster, Number(argument));
    }
    save(cluster.rank, results);
    await cluster.close();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
} else {
  const { errand, argument, connection, memory } = workerData;
  parentPort?.postMessage(errands[errand](connection, argument, allocator(memory)));
}

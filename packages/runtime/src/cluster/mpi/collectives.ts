import type { Cluster, Connection } from '../cluster.ts';
import { ClusterError, lateError, namesOf } from '../cluster-error.ts';
import { messagesOf, planRequests, TAGS } from './exchange.ts';
import { receiveFailure, sendFailure } from './failures.ts';
import { type Ledger, TROUBLE } from './ledger.ts';
import { createMailbox, fromBytes, toBytes } from './mailbox.ts';
import type { MpiLibrary } from './mpi-library.ts';
import { createPendingRequests } from './pending-requests.ts';
import { refuseLeavers, stopTogether } from './stop.ts';
import { type Awaited, waitFor } from './wait-for.ts';

/** Communication of the main thread with other ranks. */
export interface Collectives
  extends Omit<Cluster, 'rank' | 'ranks' | 'library' | 'hosts' | 'cores' | 'idleCores' | 'connection' | 'dead'> {
  /** The first exchange: the values of all ranks. A rank that fails after it does not keep others from opening. */
  begin<T>(value: T): Promise<readonly T[]>;
}

export function createCollectives(mpi: MpiLibrary, ledger: Ledger, connection: Connection): Collectives {
  const { rank, ranks, timeLimitMs } = connection;
  const others = Array.from({ length: ranks }, (_, other) => other).filter((other) => other !== rank);
  const mailbox = createMailbox(mpi);
  const requests = createPendingRequests(mpi, ledger);
  let othersLeft = false;
  let completedCalls = 0;
  let isOpening = false;
  let isClosed = false;
  const trouble = (): ClusterError | null => troubleOf(ledger, connection);
  let currentlyAwaited: Awaited | null = null; // what a call of the main thread waits for
  const wait = async (awaitedRank: Awaited): Promise<void> => {
    const isDone = (): boolean => {
      if (isOpening) return awaitedRank.isDone();
      receiveFailure(mailbox, ledger);
      const error = trouble();
      // A rank that failed in a later call has done its part of this one, so this call completes.
      if (error !== null && !(ledger.trouble === TROUBLE.failure && ledger.failure().completedCalls > completedCalls))
        throw error;
      return awaitedRank.isDone();
    };
    currentlyAwaited = awaitedRank;
    try {
      await waitFor({ ...awaitedRank, isDone }, ranks, timeLimitMs);
    } finally {
      currentlyAwaited = null;
    }
  };
  /** Takes one message from each of these ranks, as they arrive. */
  const receive = async (senders: readonly number[], tag: number): Promise<Uint8Array[]> => {
    const received = new Map<number, Uint8Array>();
    const missingRanks = (): number[] => senders.filter((sender) => !received.has(sender));
    const isDone = (): boolean => {
      for (const sender of missingRanks()) {
        const message = mailbox.receive(sender, tag);
        if (message !== null) received.set(sender, message.bytes);
      }
      mailbox.isSent(); // lets messages to other ranks progress
      return received.size === senders.length;
    };
    await wait({ predicate: 'did not take part', isDone, missingRanks });
    return senders.map((sender) => received.get(sender) as Uint8Array);
  };
  const broadcast = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const [received] = rank === 0 ? [bytes] : await receive([parentOf(rank)], TAGS.broadcast);
    for (const child of childrenOf(rank, ranks)) mailbox.send(child, TAGS.broadcast, received);
    await wait({
      predicate: 'did not take what was sent',
      isDone: mailbox.isSent,
      missingRanks: () => childrenOf(rank, ranks),
    });
    return received;
  };
  const gather = async (bytes: Uint8Array): Promise<Uint8Array[]> => {
    if (rank === 0) return [bytes, ...(await receive(others, TAGS.gather))];
    mailbox.send(0, TAGS.gather, bytes);
    return [];
  };
  /** The value of rank 0, passed down a tree of ranks. */
  const broadcastValue = async (value: () => unknown): Promise<unknown> =>
    fromBytes(await broadcast(rank === 0 ? toBytes(value()) : new Uint8Array()), 0);

  const queue = createQueue();
  // Calling MPI after finalize aborts the process.
  const inOrder = <T>(task: () => Promise<T>): Promise<T> =>
    queue(async () => {
      if (isClosed) throw new ClusterError('cluster: has been closed, expected an open one');
      return await task();
    });
  const hasDeadRank = (): boolean => ledger.trouble === TROUBLE.dead;
  const stopContext = { mpi, mailbox, rank, ranks, timeLimitMs, requests, trouble, hasDeadRank };
  const asCollective = <T>(task: () => Promise<T>): Promise<T> =>
    inOrder(async () => {
      const value = await task();
      completedCalls++;
      return value;
    });
  const fromAll = <T>(value: T): Promise<readonly T[]> =>
    asCollective(async () => {
      const parts = await gather(toBytes(value));
      const allParts = (await broadcastValue(() => parts)) as Uint8Array[];
      return allParts.map((bytes, from) => fromBytes(bytes, from) as T);
    });
  return {
    async begin(value) {
      isOpening = true;
      const values = await fromAll(value);
      isOpening = false;
      return values;
    },
    fromFirst: <T>(value: T) => asCollective(async () => (await broadcastValue(() => value)) as T),
    fromAll,
    move: (transfers) =>
      asCollective(async () => {
        const messages = messagesOf(transfers);
        const slots = requests.add(transfers, messages.length);
        const { start, isDone, pending } = planRequests(mpi, messages, TAGS.move, slots);
        start();
        await wait({ predicate: 'did not send or take their numbers', isDone, missingRanks: pending });
        requests.remove(slots);
      }),
    fail(message) {
      if (!isClosed) sendFailure(mailbox, ledger, ranks, { rank, message, completedCalls });
    },
    trouble,
    awaited: () => (currentlyAwaited === null ? ledger.awaitedRanks() : currentlyAwaited.missingRanks()),
    recover: <T>(value: T) =>
      inOrder(async () => {
        const messages = await stopTogether(stopContext, { leaves: false, value });
        requests.freeLeftovers();
        ledger.clearTrouble();
        completedCalls = 0;
        othersLeft = messages.some(({ leaves }) => leaves);
        refuseLeavers(messages);
        return messages.map((message) => message.value);
      }),
    hold: requests.hold,
    release: requests.release,
    abort(exitCode) {
      mpi.call('MPI_Abort', mpi.handles.world, exitCode);
      process.exit(exitCode); // MPICH returns here; the launcher ends the process
    },
    close: () =>
      inOrder(async () => {
        if (!othersLeft) await stopTogether(stopContext, { leaves: true, value: null });
        requests.release();
        requests.freeLeftovers();
        isClosed = true;
        mpi.call('MPI_Finalize');
      }),
  };
}

/** Runs tasks one after the other, whether or not they fail. */
function createQueue(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task, task);
    last = next.catch(() => {});
    return next;
  };
}

/** The rank from which a rank receives, in a tree with rank 0 at the root. The root is its own parent. */
export function parentOf(rank: number): number {
  return rank & (rank - 1); // without the lowest bit that is set
}

/** The ranks to which a rank sends, the one with the largest subtree first. */
export function childrenOf(rank: number, ranks: number): number[] {
  const children: number[] = [];
  for (let step = 1; step < ranks && (rank & step) === 0; step *= 2)
    if (rank + step < ranks) children.push(rank + step);
  return children.reverse();
}

/** The recorded trouble as an error; null if there is none. */
function troubleOf(ledger: Ledger, { rank, ranks, timeLimitMs }: Connection): ClusterError | null {
  if (ledger.trouble === TROUBLE.failure) {
    const { rank: failedRank, message } = ledger.failure();
    const who = failedRank === rank ? 'this rank' : namesOf([failedRank], ranks);
    return new ClusterError(`cluster: ${who} has failed: ${message}`, [failedRank]);
  }
  if (ledger.trouble === TROUBLE.dead) {
    const deadRanks = ledger.deadRanks();
    const have = deadRanks.length === 1 ? 'has died' : 'have died';
    return lateError(deadRanks, ranks, have);
  }
  if (ledger.trouble !== TROUBLE.late) return null;
  return lateError(ledger.lateRanks(), ranks, `did not deliver numbers of a step within ${timeLimitMs / 1000} s`);
}

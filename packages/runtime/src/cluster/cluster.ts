import type { ClusterError } from './cluster-error.ts';

/** Numbers that a rank sends or receives: a view of shared memory, which does not move. */
export type Stretch =
  | Float64Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint8Array<SharedArrayBuffer>;

/**
 * One message to or from another rank. The first that a rank sends to another is the first that this other receives
 * from it, and so on: both list the same messages in the same order, and of the same length. One of no numbers is no
 * message.
 */
export interface Transfer {
  /** Which way it goes. */
  readonly kind: 'send' | 'receive';
  /** The other rank. */
  readonly peer: number;
  /** What is sent, or where it is received. */
  readonly numbers: Stretch;
}

/** What a thread needs to reach the cluster of its process. It travels to threads in the setup of a run. */
export interface Connection {
  /** This rank, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly ranks: number;
  /** Longest time that an exchange may take. */
  readonly timeLimitMs: number;
  /** Path of the library, which the thread opens again. */
  readonly path: string;
  /** What the threads of a process know in common of their exchanges. */
  readonly ledger: SharedArrayBuffer;
}

/**
 * Ranks: processes that train one model together, each with threads and a memory of its own. All of them call the same
 * functions in the same order. A call rejects with a ClusterError where a rank has failed, where one has not taken part
 * within the time limit, or a few seconds after one of this machine has died. Messages move on only while a thread
 * waits for some, or the main thread does.
 */
export interface Cluster {
  /** This rank, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly ranks: number;
  /** Name and version of the MPI library, such as 'Open MPI 5.0.7'. */
  readonly library: string;
  /** Names of the machines of all ranks, in their order. */
  readonly hosts: readonly string[];
  /** Cores of this machine that are this rank's share, at least 1. */
  readonly cores: number;
  /** Cores of this machine that no rank may use, since a launcher has bound each to some. */
  readonly idleCores: number;
  /** What a thread needs to reach the other ranks. */
  readonly connection: Connection;
  /** The value of rank 0, on every rank. Others may give anything. Values are what structuredClone copies. */
  fromFirst<T>(value: T): Promise<T>;
  /** The values of all ranks, in their order. */
  fromAll<T>(value: T): Promise<readonly T[]>;
  /** Moves numbers once. Between spans only. */
  move(transfers: readonly Transfer[]): Promise<void>;
  /**
   * Tells all other ranks that this one has failed: what they wait for rejects with the message, or `wait` of an
   * exchange returns false. They and this one then `recover`, or `close`.
   */
  fail(message: string): void;
  /** What keeps the cluster from going on: a rank that has failed, is late, or has died; null where nothing does. */
  trouble(): ClusterError | null;
  /** Ranks that this process waits for now, in order: in a call of the main thread, or an exchange of a thread. */
  awaited(): readonly number[];
  /** Ranks whose processes have ended, in order, as far as this one can see them: those of its machine. */
  dead(): readonly number[];
  /**
   * After a failure, and on all ranks, when no thread uses the cluster: ends what is under way, and forgets the
   * failure. Exchanges that were planned may be started again. Returns what all ranks say, in their order. Rejects
   * where a rank closes instead.
   */
  recover<T>(value: T): Promise<readonly T[]>;
  /**
   * Keeps memory alive in which threads plan exchanges, whatever becomes of them: messages that are under way may still
   * be written to it. Until `release`.
   */
  hold(memory: readonly SharedArrayBuffer[]): void;
  /**
   * Gives up all exchanges that were planned. At the end of a run, when no thread uses the cluster. Where some are
   * under way, after a failure, `recover` or `close` does it.
   */
  release(): void;
  /** Ends the processes of all ranks at once, this one too: it does not return. */
  abort(exitCode: number): never;
  /** Leaves the cluster, together with all others, or after a failure. Nothing may be called after it. */
  close(): Promise<void>;
}

/** A thread's way to the other ranks. Only one thread of a process uses the cluster at a time. */
export interface Link {
  /**
   * Prepares an exchange that is made again and again between the same arrays. `channel`, an integer from 0 to 32,751,
   * keeps exchanges apart that are under way at the same time.
   */
  plan(transfers: readonly Transfer[], channel: number): Exchange;
}

/** Messages that are sent and received together, as often as wanted. */
export interface Exchange {
  /** Starts all; what is sent must not be written, and what is received not be read, until it is done. */
  start(): void;
  /** Whether all are done; moves them on. */
  isDone(): boolean;
  /**
   * Waits until all are done. Returns false where `isAborted` says so, another rank has failed, or the time limit is
   * over: `cluster.trouble()` says which.
   */
  wait(isAborted: () => boolean): boolean;
}

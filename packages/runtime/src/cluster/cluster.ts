import type { ClusterError } from './cluster-error.ts';

/** Numbers that a rank sends or receives: a view of shared memory, which stays at its address. */
export type SharedNumbers =
  | Float64Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint8Array<SharedArrayBuffer>;

/**
 * One message to or from another rank. Messages are matched by order: both ranks list the same messages in the same
 * order, with the same lengths. An empty message is not sent.
 */
export interface Transfer {
  /** Direction. */
  readonly kind: 'send' | 'receive';
  /** The other rank. */
  readonly peer: number;
  /** The numbers to send, or where to receive them. */
  readonly numbers: SharedNumbers;
}

/** Data with which a thread reaches the cluster of its process. It is posted to threads in the setup of a run. */
export interface Connection {
  /** This rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Longest time that an exchange may take. */
  readonly timeLimitMs: number;
  /** Path of the MPI library, which the thread opens again. */
  readonly path: string;
  /** State of the exchanges, shared by the threads of a process. */
  readonly ledger: SharedArrayBuffer;
}

/**
 * Ranks: processes that train one model together, each with its own threads and memory. All ranks call the same
 * functions in the same order. A call rejects with a ClusterError if a rank has failed, has not taken part within the
 * time limit, or (a few seconds later) has died on this machine. Messages make progress only while a thread or the main
 * thread waits for some.
 */
export interface Cluster {
  /** This rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly ranks: number;
  /** Name and version of the MPI library, such as 'Open MPI 5.0.7'. */
  readonly library: string;
  /** Host names of all ranks, in order. */
  readonly hosts: readonly string[];
  /** This rank's share of the cores of its machine, at least 1. */
  readonly cores: number;
  /** Cores of this machine that no rank may use because the launcher bound each rank to other cores. */
  readonly idleCores: number;
  /** Data with which a thread reaches the other ranks. */
  readonly connection: Connection;
  /** Returns the value of rank 0 on every rank, copied as by structuredClone; those of others are ignored. */
  fromFirst<T>(value: T): Promise<T>;
  /** The values of all ranks, in order. */
  fromAll<T>(value: T): Promise<readonly T[]>;
  /** Sends and receives once. Between spans only. */
  move(transfers: readonly Transfer[]): Promise<void>;
  /**
   * Tells all other ranks that this one has failed: their pending calls reject with the message, and `wait` of an
   * exchange returns false. All ranks then `recover` or `close`.
   */
  fail(message: string): void;
  /** What stops the cluster: a rank that has failed, is late, or has died; null if all is well. */
  trouble(): ClusterError | null;
  /** Ranks that this process is waiting for now, in order, in a call of the main thread or an exchange of a thread. */
  awaited(): readonly number[];
  /** Ranks whose processes have ended, in order. Only ranks on this machine can be seen. */
  dead(): readonly number[];
  /**
   * After a failure, called by all ranks while no thread uses the cluster: ends pending messages and clears the
   * failure. Planned exchanges may be started again. Returns the values of all ranks, in order. Rejects if a rank
   * closes instead.
   */
  recover<T>(value: T): Promise<readonly T[]>;
  /** Keeps the memory of planned exchanges alive until `release`: pending messages may still be written to it. */
  hold(memory: readonly SharedArrayBuffer[]): void;
  /**
   * Frees all planned exchanges. Called at the end of a run, when no thread uses the cluster. Exchanges that a failure
   * has left pending are freed by `recover` or `close`.
   */
  release(): void;
  /** Ends the processes of all ranks at once, including this one; it does not return. */
  abort(exitCode: number): never;
  /** Leaves the cluster, together with all other ranks or after a failure. No method may be called afterwards. */
  close(): Promise<void>;
}

/** A thread's connection to the other ranks. Only one thread of a process uses the cluster at a time. */
export interface Link {
  /**
   * Prepares an exchange that is repeated between the same arrays. `channel`, an integer from 0 to 32,751, separates
   * exchanges that are pending at the same time.
   */
  plan(transfers: readonly Transfer[], channel: number): Exchange;
}

/** Messages that are sent and received together, any number of times. */
export interface Exchange {
  /** Starts all messages. Until they are done, sent numbers must not be written and received ones not be read. */
  start(): void;
  /** Whether all messages are done; lets them progress. */
  isDone(): boolean;
  /**
   * Waits until all are done. Returns false if `isAborted` returns true, another rank has failed, or the time limit is
   * over; `cluster.trouble()` says which.
   */
  wait(isAborted: () => boolean): boolean;
}

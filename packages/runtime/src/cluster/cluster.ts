/** Numbers that a rank sends or receives: a view of shared memory, which does not move. */
export type Stretch =
  | Float64Array<SharedArrayBuffer>
  | Float32Array<SharedArrayBuffer>
  | Int32Array<SharedArrayBuffer>
  | Uint8Array<SharedArrayBuffer>;

/**
 * One message to or from another rank. The first that a rank sends to another is the first that this other receives
 * from it, and so on: both list the same messages in the same order, and of the same length.
 */
export interface Transfer {
  readonly kind: 'send' | 'receive';
  readonly peer: number; // rank
  readonly numbers: Stretch;
}

/** What a thread needs to reach the cluster of its process. It travels to threads in the setup of a run. */
export interface Connection {
  readonly rank: number;
  readonly ranks: number;
  /** Longest time that an exchange may take. */
  readonly timeLimitMs: number;
  /** Path of the library, which the thread opens again. */
  readonly path: string;
}

/**
 * Ranks: processes that train one model together, each with threads and a memory of its own. All of them call the same
 * functions in the same order. A call rejects with a ClusterError where a rank has failed, or where one has not taken
 * part within the time limit.
 */
export interface Cluster {
  readonly rank: number; // from 0
  readonly ranks: number;
  readonly library: string; // name and version, such as 'Open MPI 5.0.7'
  readonly connection: Connection;
  /** The value of rank 0, on every rank. Others may give anything. */
  fromFirst<T>(value: T): Promise<T>;
  /** The values of all ranks, in their order. */
  fromAll<T>(value: T): Promise<readonly T[]>;
  /** Moves numbers once. Between spans only. */
  move(transfers: readonly Transfer[]): Promise<void>;
  /** Tells all other ranks that this one has failed: what they wait for rejects with the message, or `link.failed`. */
  fail(message: string): void;
  /** Ends the processes of all ranks at once. */
  abort(exitCode: number): void;
  /** Leaves the cluster, together with all others. */
  close(): Promise<void>;
}

/** A thread's way to the other ranks. Only one thread of a process uses the cluster at a time. */
export interface Link {
  /** Prepares an exchange that is made again and again between the same arrays. `channel` keeps exchanges apart. */
  plan(transfers: readonly Transfer[], channel: number): Exchange;
}

/** Messages that are sent and received together, as often as wanted. */
export interface Exchange {
  /** Starts all; what is sent must not be written, and what is received not be read, until it is done. */
  start(): void;
  /** Whether all are done; moves them on. */
  isDone(): boolean;
  /** Waits until all are done. Returns false where `isAborted` says so, or another rank has failed. */
  wait(isAborted: () => boolean): boolean;
}

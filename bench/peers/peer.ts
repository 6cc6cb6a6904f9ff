import type { Workload } from './workloads.ts';

/** Type of the numbers that a program computes with. */
export type Precision = 'float64' | 'float32';

/** Name of one of our backends in records; float64 has no suffix, as in records from before float32. */
export const gradloomName = (backend: string, precision: Precision): string =>
  `Gradloom ${backend}${precision === 'float64' ? '' : ` ${precision}`}`;

/** Whether a peer is one of our backends. */
export const isOurs = (peer: string): boolean => peer.startsWith('Gradloom');

/** Options of a peer, such as its number of threads, passed with a workload. */
export type Variant = Readonly<Record<string, string | number>>;

/** A program that trains the workloads, and the variants to try. */
export interface Peer {
  readonly name: string;
  readonly precision: Precision; // only equal precisions are compared
  readonly command: readonly string[]; // speaks lines of JSON: see serve.ts and serve.py
  // environment variables, each set tried in a separate process
  readonly environments: readonly Readonly<Record<string, string>>[];
  // tried in each environment; none, or a string that says why: it does not take part in this workload
  readonly variants: (workload: Workload) => readonly Variant[] | string;
  /** Another peer, whose best environment and variant it takes: compiling for each of its own takes a minute. */
  readonly like?: string;
  /** Relative difference allowed between its loss and ours; null if it does not do the same work. */
  readonly tolerance: number | null;
  readonly get: string; // how to install it
  readonly note?: string; // a difference that remains
}

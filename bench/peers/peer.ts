import type { Workload } from './workloads.ts';

/** Of the numbers that a program computes with. */
export type Precision = 'float64' | 'float32';

/** One of our backends, as records name it: those of float64 are older than the other precision. */
export const ownName = (backend: string, precision: Precision): string =>
  `Gradloom ${backend}${precision === 'float64' ? '' : ` ${precision}`}`;

/** Choices within a peer, such as its number of threads: what a program takes with a workload. */
export type Variant = Readonly<Record<string, string | number>>;

/** A program that trains the workloads, and what is tried to find it at its best. */
export interface Peer {
  readonly name: string;
  readonly precision: Precision; // like is compared with like
  readonly command: readonly string[]; // speaks lines of JSON: see serve.ts and serve.py
  readonly environments: readonly Readonly<Record<string, string>>[]; // each tried in a process of its own
  readonly variants: (workload: Workload) => readonly Variant[]; // tried in each; none: it does not do this workload
  /** How far its loss may be from ours, relative to it; null where it does not do the same work. */
  readonly tolerance: number | null;
  readonly get: string; // how to install it
  readonly note?: string; // what could not be made equal
}

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Score } from './contest.ts';
import type { Floor } from './floor.ts';

/** All that a run of the peers found out on one class of machine. */
export interface Results {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly date: string;
  readonly digits: string; // 'mnist' or 'noise'
  readonly rounds: number;
  readonly minutes?: number; // of the whole run
  readonly peers: Readonly<Record<string, { readonly about: string; readonly note: string | null }>>;
  readonly workloads: Readonly<Record<string, WorkloadResults>>;
  readonly processes: Readonly<Record<string, number>>; // ms of whole programs that learn XOR
}

export interface WorkloadResults {
  readonly scores: readonly Score[];
  readonly floors: Readonly<Record<string, Floor>>; // by peer
}

/** A row of a table. */
export type Row = Readonly<Record<string, string | number>>;

/** The file of a class of machine: a run of the peers, and suites of `pnpm bench`, each of a run of its own. */
export interface Recorded extends Partial<Results> {
  readonly suites?: Readonly<Record<string, { readonly date: string; readonly rows: readonly Row[] }>>;
}

const FOLDER = join(import.meta.dirname, '../results');

export const machineOf = (): Results['machine'] => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
});

/** Machines of one class share a file: processor and cores, nothing that names a single machine. */
export const resultsPath = ({ cpu, cores }: Results['machine']): string =>
  join(
    FOLDER,
    `${cpu
      .toLowerCase()
      .replace(/\(r\)|\(tm\)/g, '')
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')}-${cores}-cores.json`,
  );

/**
 * What was recorded for this class; nothing where there is no file. A file that cannot be read is an error: it would be
 * written over.
 */
export function readRecorded(machine: Results['machine']): Recorded {
  const path = resultsPath(machine);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** Whether the peers are in it: a suite may have been recorded first. */
export const hasPeers = (recorded: Recorded): recorded is Recorded & Results => recorded.workloads !== undefined;

/** Takes the place of what it names, and leaves the rest of the file. */
export function writeRecorded(machine: Results['machine'], part: Recorded): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = resultsPath(machine);
  writeFileSync(path, `${JSON.stringify({ machine, ...readRecorded(machine), ...part }, null, 2)}\n`);
  return path;
}

/** How many times as long as ours a peer's step takes. */
export function ratioOf({ scores }: WorkloadResults, peer: string, to: string): number | null {
  const find = (name: string) => scores.find((score) => score.peer === name);
  const [theirs, ours] = [find(peer), find(to)];
  return theirs === undefined || ours === undefined ? null : theirs.stepMs / ours.stepMs;
}

/** √ⁿ of the product. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

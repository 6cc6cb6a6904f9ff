import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  readonly peers: Readonly<Record<string, { readonly about: string; readonly note: string | null }>>;
  readonly workloads: Readonly<Record<string, WorkloadResults>>;
  readonly processes: Readonly<Record<string, number>>; // ms of whole programs that learn XOR
}

export interface WorkloadResults {
  readonly scores: readonly Score[];
  readonly floors: Readonly<Record<string, Floor>>; // by peer
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

/** What was recorded last for this class, or null. */
export function readResults(machine: Results['machine']): Results | null {
  try {
    return JSON.parse(readFileSync(resultsPath(machine), 'utf8'));
  } catch {
    return null;
  }
}

export function writeResults(results: Results): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = resultsPath(results.machine);
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
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

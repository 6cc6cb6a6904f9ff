import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { InferenceResults } from '../inference/results.ts';
import type { Score } from './contest.ts';
import type { Floor } from './floor.ts';

/** Results of a run of the peers on one class of machine. */
export interface Results {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string };
  readonly date: string;
  readonly digits: string; // 'mnist' or 'noise'
  readonly rounds: number;
  readonly minutes?: number; // duration of the whole run, or of all parts
  readonly commit?: string | null; // of the measured sources; null if they had changes
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

/**
 * The file of a class of machine: a run of the peers, one of `bench:inference`, and suites of `pnpm bench`, each
 * recorded by its own run.
 */
export interface Recorded extends Partial<Results> {
  readonly inference?: InferenceResults;
  readonly suites?: Readonly<Record<string, { readonly date: string; readonly rows: readonly Row[] }>>;
}

const FOLDER = join(import.meta.dirname, '../results');

export const machineOf = (): Results['machine'] => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
});

/** Last commit of the sources that are measured; null if they have changes. Records are none of them. */
export function measuredCommit(): string | null {
  const git = (...args: string[]) =>
    spawnSync('git', [...args, '--', 'packages', 'bench', 'pnpm-lock.yaml', ':!bench/results'], {
      cwd: join(import.meta.dirname, '../..'),
      encoding: 'utf8',
    }).stdout.trim();
  return git('status', '--porcelain') === '' ? git('log', '-1', '--format=%H') || null : null;
}

/** The record with a part that was measured later, its workloads in the order of `names`. */
export function withPart(record: Results | null, part: Results, names: readonly string[]): Results {
  const workloads = { ...record?.workloads, ...part.workloads };
  return {
    ...part,
    minutes: (record?.minutes ?? 0) + (part.minutes ?? 0),
    peers: { ...record?.peers, ...part.peers },
    workloads: Object.fromEntries(names.flatMap((name) => (workloads[name] ? [[name, workloads[name]]] : []))),
    processes: { ...record?.processes, ...part.processes },
  };
}

/** Machines of one class share a file, named by processor and cores, without anything that identifies a machine. */
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
 * The record of this class of machine; empty if there is no file. A file that cannot be read is an error, since it
 * would be overwritten.
 */
export function readRecorded(machine: Results['machine']): Recorded {
  const path = resultsPath(machine);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** Whether it includes the peers: a suite may have been recorded first. */
export const hasPeers = (recorded: Recorded): recorded is Recorded & Results => recorded.workloads !== undefined;

/** Replaces the parts of the file that `part` has, and keeps the rest. */
export function writeRecorded(machine: Results['machine'], part: Recorded): string {
  mkdirSync(FOLDER, { recursive: true });
  const path = resultsPath(machine);
  writeFileSync(path, `${JSON.stringify({ machine, ...readRecorded(machine), ...part }, null, 2)}\n`);
  return path;
}

/** A peer's time per step divided by ours. */
export function ratioOf({ scores }: WorkloadResults, peer: string, to: string): number | null {
  const find = (name: string) => scores.find((score) => score.peer === name);
  const [theirs, ours] = [find(peer), find(to)];
  return theirs === undefined || ours === undefined ? null : theirs.stepMs / ours.stepMs;
}

/** n-th root of the product. */
export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

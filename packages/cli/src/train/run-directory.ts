import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  findFile,
  LAST_FILE,
  type ModelContents,
  makeDirectory,
  removeTemporaries,
  saveModel,
  writeAtomically,
} from '@gradloom/runtime';
import { MODEL_FILE } from '../models/model-path.ts';
import { UsageError } from '../usage-error.ts';
import { type MetricsFile, openMetrics } from './metrics-file.ts';
import { CONFIG_FILE } from './resumable.ts';

/** Epochs, and looks into the layers. */
export const METRICS_FILE = 'metrics.jsonl';

/** What losses, gradient norms and rates were step by step: of a long run by stretches of steps. */
export const STEPS_FILE = 'steps.jsonl';

/** How a network divided the plane of its inputs on the way: only of runs whose rows are points. */
export const DIVISIONS_FILE = 'divisions.jsonl';

/** Where runs go that name no directory, under the current one. */
const RUNS = 'runs';

/** The directory of one run, open for writing. */
export interface RunDirectory {
  readonly path: string;
  /** Adds a line to metrics.jsonl. Returns why it could not be written, the first time: it then waits for room. */
  addMetrics(line: string): Error | null;
  /** Likewise to divisions.jsonl, which a first line makes. */
  addDivision(line: string): Error | null;
  /** Likewise to steps.jsonl. */
  addSteps(line: string): Error | null;
  /** Takes away the lines of all three that lie behind a step: the run has gone back to it. */
  cutMetrics(step: number): void;
  saveModel(model: ModelContents): void;
  /** @throws Error where lines of metrics are still to be written. */
  close(): void;
}

/** @throws UsageError where `out` is a file or holds anything: no run is written over. Error where it cannot be read. */
export function checkOut(out: string): void {
  let entries: string[];
  try {
    entries = readdirSync(out);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    const expected = `--out has ${out}, expected a new or empty directory`;
    if (code === 'ENOTDIR') throw new UsageError(`${expected} (it is a file, or below one)`, { cause: error });
    throw new Error(`${expected} (${code})`, { cause: error });
  }
  if (entries.length === 0) return;
  throw new UsageError(
    `--out has ${out}, expected a new or empty directory (it holds ${entries.slice(0, 3).join(', ')})`,
  );
}

/**
 * Makes the directory and its config.json. Without `out` it is runs/<name>-<number>, the first number that is free after
 * all others. `from` is a checkpoint and the metrics that stand beside it, which the new run goes on from.
 * @throws Error where it cannot be written.
 */
export function createRunDirectory(
  out: string | undefined,
  name: string,
  config: object,
  from?: { readonly file: string; readonly step: number },
): RunDirectory {
  const has = out === undefined ? `the folder ${RUNS} has no place for a run` : `--out has ${out}`;
  return writing(has, 'a directory that can be written, or --no-out', () => {
    const path = out === undefined ? makeNumbered(name) : makeDirectory(out);
    if (from === undefined) return openDirectory(path, config, 0);
    for (const name of [METRICS_FILE, STEPS_FILE, DIVISIONS_FILE]) {
      const lines = join(dirname(from.file), name);
      if (findFile('train', lines, 'a file of lines') !== null) copyFileSync(lines, join(path, name));
    }
    copyFileSync(from.file, join(path, LAST_FILE));
    return openDirectory(path, config, from.step);
  });
}

/** Opens the directory of a run that goes on after `step` steps. @throws Error where it cannot be written. */
export const reopenRunDirectory = (path: string, config: object, step: number): RunDirectory =>
  writing(`--resume has ${path}`, 'a run that can be written, or --out beside it', () =>
    openDirectory(path, config, step),
  );

function openDirectory(path: string, config: object, step: number): RunDirectory {
  removeTemporaries(path);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  writeAtomically('train', join(path, CONFIG_FILE), [Buffer.from(text)]);
  const metrics = openMetrics(join(path, METRICS_FILE), step);
  const steps = openMetrics(join(path, STEPS_FILE), step);
  let divisions: MetricsFile | undefined;
  return {
    path,
    addMetrics: metrics.add,
    addSteps: steps.add,
    cutMetrics(to) {
      metrics.cut(to);
      steps.cut(to);
      divisions?.cut(to);
    },
    saveModel: (model) => saveModel(join(path, MODEL_FILE), model),
    addDivision(line) {
      divisions ??= openMetrics(join(path, DIVISIONS_FILE), step);
      return divisions.add(line);
    },
    close() {
      try {
        metrics.close();
      } finally {
        try {
          steps.close();
        } finally {
          divisions?.close();
        }
      }
    },
  };
}

function writing<T>(has: string, expected: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`${has}, expected ${expected} (${reason})`, { cause: error });
  }
}

/** mkdir fails where another run took the number first: then the next is tried. */
function makeNumbered(name: string): string {
  makeDirectory(RUNS);
  const taken = readdirSync(RUNS).map((entry) => numberOf(entry, name));
  for (let number = Math.max(0, ...taken) + 1; ; number++) {
    const path = join(RUNS, `${name}-${number}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

function numberOf(entry: string, name: string): number {
  const number = entry.startsWith(`${name}-`) ? Number(entry.slice(name.length + 1)) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}

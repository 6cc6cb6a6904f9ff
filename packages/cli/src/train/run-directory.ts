import { closeSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type ModelContents, saveModel } from '@gradloom/runtime';
import { MODEL_FILE } from '../models/model-path.ts';
import { UsageError } from '../usage-error.ts';

/** Where runs go that name no directory, under the current one. */
const RUNS = 'runs';

/** The directory of one run, open for writing. */
export interface RunDirectory {
  readonly path: string;
  /** Adds a line to metrics.jsonl. */
  addMetrics(line: string): void;
  saveModel(model: ModelContents): void;
  close(): void;
}

/** @throws UsageError where `out` holds anything: no run is written over. */
export function checkOut(out: string): void {
  let entries: string[];
  try {
    entries = readdirSync(out);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    throw new UsageError(`--out has ${out}, expected a new or empty directory (${code})`, { cause: error });
  }
  if (entries.length === 0) return;
  throw new UsageError(
    `--out has ${out}, expected a new or empty directory (it holds ${entries.slice(0, 3).join(', ')})`,
  );
}

/**
 * Makes the directory and its config.json. Without `out` it is runs/<name>-<number>, the first number that is free after
 * all others. @throws Error where it cannot be written.
 */
export function createRunDirectory(out: string | undefined, name: string, config: object): RunDirectory {
  try {
    const path = out === undefined ? makeNumbered(name) : makeDirectory(out);
    writeFileSync(join(path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    const metrics = openSync(join(path, 'metrics.jsonl'), 'w');
    return {
      path,
      addMetrics: (line) => void writeSync(metrics, `${line}\n`),
      saveModel: (model) => saveModel(join(path, MODEL_FILE), model),
      close: () => closeSync(metrics),
    };
  } catch (error) {
    const has = `--out has ${out ?? RUNS}`;
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`${has}, expected a directory that can be written, or --no-out (${reason})`, { cause: error });
  }
}

/** Makes a directory and its parents, where they are missing; mkdir's own way of doing so goes on for ever below /proc. */
function makeDirectory(path: string): string {
  if (existsSync(path)) return path;
  makeDirectory(dirname(resolve(path)));
  mkdirSync(path);
  return path;
}

/** mkdir fails where another run took the number first: then the next is tried. */
function makeNumbered(name: string): string {
  mkdirSync(RUNS, { recursive: true });
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

import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FolderLock, LAST_FILE, loadCheckpoint, type ModelContents, saveModel } from '@gradloom/runtime';
import { checkRunFile, lockFolder, writeAtomically } from '@gradloom/runtime/internal';
import {
  CONFIG_FILE,
  DIVISIONS_FILE,
  LIVE_FILE,
  METRICS_FILE,
  MODEL_FILE,
  RUN_FILES,
  STEPS_FILE,
} from '../../files/run-files/names.ts';
import { seal } from '../../files/run-files/seal.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { failureOf } from '../../terminal/failure.ts';
import { type MetricsFile, missingSteps, openMetrics } from './metrics-file.ts';
import { lockNewDirectory, newDirectory, releaseAtFailure, withWriteErrors } from './new-directory.ts';

/** The locked directory of a run, open for writing. */
export interface RunDirectory {
  readonly path: string;
  /** Problems found in its lines, and lines that were dropped, each without a full stop. */
  readonly warnings: readonly string[];
  /** The directory for a checkpoint, after syncing the lines of the steps before it. */
  forCheckpoint(): FolderLock;
  /** Adds a line to metrics.jsonl, or keeps it for later if that fails. Returns the error, the first time only. */
  addMetrics(line: string): Error | null;
  /** Adds a line on how the network divides the plane to divisions.jsonl, which the first line creates. */
  addDivision(line: string): Error | null;
  addSteps(line: string): Error | null;
  /** Removes the lines after a step from all files of lines, when the run goes back to that step. */
  cutMetrics(step: number): void;
  saveModel(model: ModelContents): void;
  /** Replaces config.json. */
  saveConfig(config: object): void;
  /** Releases the directory. @throws Error if lines of metrics could not be written. */
  close(): void;
}

/**
 * Creates the directory and its config.json. Without `out` it is runs/<name>-<number>, with the first number above all
 * others. `from` is a checkpoint that the new run continues, with its metrics in the same folder. @throws Error if it
 * cannot be written, FolderInUseError if another run came first.
 */
export function createRunDirectory(
  out: string | undefined,
  name: string,
  config: object,
  from?: { readonly file: string; readonly step: number },
): RunDirectory {
  return withWriteErrors(...newDirectory(out), () => {
    const lock = lockNewDirectory(out, name);
    return releaseAtFailure(lock, () => {
      if (from === undefined) return openDirectory(lock, config, 0);
      copyCheckpoint(from.file, join(lock.path, LAST_FILE), from.step);
      return openDirectory(lock, config, from.step, dirname(from.file));
    });
  });
}

/** Opens the directory of a run that continues after `step` steps. @throws Error if it cannot be written. */
export const reopenRunDirectory = (lock: FolderLock, config: object, step: number): RunDirectory =>
  withWriteErrors(`--resume has ${lock.path}`, WRITABLE_RUN, () => openDirectory(lock, config, step));

const WRITABLE_RUN = 'a run that can be written, or another directory with --out';

/**
 * Locks the directory of a run before it is read and continued there.
 * @throws FolderInUseError if another run writes there, Error if it cannot be written, or if one of its files is a link
 * or not a regular file.
 */
export function lockRunDirectory(path: string): FolderLock {
  const lock = withWriteErrors(`--resume has ${path}`, WRITABLE_RUN, () => lockFolder('train', path, 'train'));
  return releaseAtFailure(lock, () => {
    for (const name of [...RUN_FILES, LIVE_FILE]) checkRunFile('train', join(path, name));
    return lock;
  });
}

function openDirectory(lock: FolderLock, config: object, step: number, from = lock.path): RunDirectory {
  const { path } = lock;
  const saveConfig = (config: object): void => {
    const text = `${seal(JSON.stringify(config, null, 2))}\n`;
    writeAtomically('train', join(path, CONFIG_FILE), [Buffer.from(text)]);
  };
  saveConfig(config);
  const files = new Map<string, MetricsFile>();
  const open = (name: string): MetricsFile => {
    const file = files.get(name) ?? openMetrics(join(path, name), step, join(from, name));
    files.set(name, file);
    return file;
  };
  const [metrics, steps] = [METRICS_FILE, STEPS_FILE].map(open);
  if (existsSync(join(from, DIVISIONS_FILE))) open(DIVISIONS_FILE);
  const missing = missingSteps(steps.lines, step);
  const texts = [...files.values()].map(({ droppedText }) => droppedText).filter((text) => text !== '');
  return {
    path,
    warnings: [
      ...[...files.values()].flatMap(({ warnings }) => warnings),
      ...(texts.length === 0 ? [] : [`deleted, because the run continues from step ${step}: ${texts.join(', ')}`]),
      ...(missing === '' ? [] : [`${STEPS_FILE} lacks ${missing}`]),
    ],
    forCheckpoint() {
      if (existsSync(path) && !lock.holds()) {
        throw new Error(`train: ${path} has lost the lock of this run, expected that no other run takes it`);
      }
      for (const file of files.values()) file.sync();
      return lock;
    },
    addMetrics: metrics.add,
    addSteps: steps.add,
    addDivision: (line) => open(DIVISIONS_FILE).add(line),
    cutMetrics(to) {
      for (const file of files.values()) file.cut(to);
    },
    saveConfig,
    saveModel: (model) => saveModel(join(path, MODEL_FILE), model),
    close() {
      const failures = [...files.values()].map((file) => failureOf(() => file.close()));
      lock.release();
      const failure = failures.find((error) => error !== null);
      if (failure !== undefined) throw failure;
    },
  };
}

/** @throws Error if the file is no longer the one that was read: its own run may be writing. */
function copyCheckpoint(file: string, copy: string, step: number): void {
  copyFileSync(file, copy);
  const copiedStep = loadCheckpoint(copy, loadOptions()).progress.step;
  if (copiedStep === step) return;
  rmSync(copy);
  throw new Error(
    `${file} has a checkpoint of step ${copiedStep}, expected ${step} as it was read (its run is still writing: try again)`,
  );
}

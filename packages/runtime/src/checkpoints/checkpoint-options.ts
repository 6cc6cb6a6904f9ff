import { resolve } from 'node:path';
import { number, onlyKeys, positiveInteger, show } from '@gradloom/core/internal';
import { currentDirectory } from '../files/current-directory.ts';
import type { FolderLock } from '../files/folder-lock.ts';
import { plainJson } from '../files/json.ts';
import type { ModelMetadata } from '../model.ts';

/** Where a run writes its checkpoints, and how often. */
export interface CheckpointOptions {
  /**
   * For last.gradloom and best.gradloom, and for this run alone until it ends; a relative path is meant from where the
   * run is begun. A function gives one that the caller has locked.
   */
  folder: string | (() => FolderLock);
  /**
   * How often: a number of steps, or `{ steps }`, `{ epochs }` or `{ seconds }`.
   * @default only when the run ends, stops or fails
   */
  every?: CheckpointEvery;
  /** How many of the newest stay under names with their steps, such as step-000120.gradloom. @default none */
  keep?: number;
  /** What the files carry for whoever loads them: names of classes, say. @default {} */
  metadata?: ModelMetadata;
}

/**
 * Steps, or { steps }, { epochs } or { seconds } from one checkpoint to the next. None of them changes a bit of the
 * run.
 */
export type CheckpointEvery = number | EverySteps | EveryEpochs | EverySeconds;

/** From one checkpoint to the next, in steps. */
export interface EverySteps {
  /** How many; as a bare number says too. */
  steps: number;
}

/** From one checkpoint to the next, in epochs. */
export interface EveryEpochs {
  /** How many. */
  epochs: number;
}

/** From one checkpoint to the next, by the clock. */
export interface EverySeconds {
  /** At least so many: a checkpoint waits for the end of a span. */
  seconds: number;
}

/** Where a run has to come back between two spans to write a checkpoint. */
export interface CheckpointTimes {
  /** First step after `step` at which one is due by its number; Infinity where seconds count. */
  next(step: number): number;
  /** Whether one is due after `step` steps, `elapsedMs` after the last. */
  isDue(step: number, elapsedMs: number): boolean;
}

/** @throws Error for other values. */
export function checkpointTimes(every: CheckpointEvery | undefined, stepsPerEpoch: number): CheckpointTimes {
  if (every === undefined) return never;
  if (typeof every === 'number') return bySteps(positiveInteger('train', 'checkpoint.every', every));
  if (typeof every === 'object' && every !== null) {
    onlyKeys('train: checkpoint.every', every, ['steps', 'epochs', 'seconds']);
    if (Object.keys(every).length === 1) {
      if ('steps' in every) return bySteps(positiveInteger('train', 'checkpoint.every.steps', every.steps));
      if ('epochs' in every) {
        return bySteps(stepsPerEpoch * positiveInteger('train', 'checkpoint.every.epochs', every.epochs));
      }
      const seconds = number('train', 'checkpoint.every.seconds', every.seconds, 'above 0', (s) => s > 0);
      return { next: () => Number.POSITIVE_INFINITY, isDue: (_step, elapsedMs) => elapsedMs >= seconds * 1000 };
    }
  }
  throw new Error(
    `train: checkpoint.every has ${show(every)}, expected steps, or one of { steps }, { epochs }, { seconds }`,
  );
}

/** Checked options; the folder's path does not depend on the current directory. */
export interface CheckpointSettings {
  readonly folder: CheckpointOptions['folder'];
  readonly keep: number; // 0: none has a name of its own
  readonly every: CheckpointEvery | undefined;
  readonly metadata: ModelMetadata;
}

/** To be called where the run is begun: paths are meant from there. @throws Error where the options are not such. */
export function checkpointSettings(options: CheckpointOptions): CheckpointSettings {
  onlyKeys('train: checkpoint', options, ['folder', 'every', 'keep', 'metadata']);
  const { folder, every, keep, metadata = {} } = options;
  if (typeof folder !== 'function' && !(typeof folder === 'string' && folder !== '')) {
    throw new Error(`train: checkpoint.folder has ${show(folder)}, expected the path of a folder`);
  }
  const from = currentDirectory();
  return {
    folder: typeof folder === 'string' ? resolve(from, folder) : () => resolved(from, folder()),
    keep: keep === undefined ? 0 : positiveInteger('train', 'checkpoint.keep', keep),
    every: typeof every === 'object' && every !== null ? { ...every } : every,
    metadata: checkMetadata(metadata),
  };
}

const resolved = (from: string, lock: FolderLock): FolderLock => ({ ...lock, path: resolve(from, lock.path) });

function checkMetadata(metadata: ModelMetadata): ModelMetadata {
  try {
    return plainJson(metadata) as ModelMetadata;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`train: ${reason.replace('header', 'checkpoint.metadata')}`, { cause: error });
  }
}

const never: CheckpointTimes = { next: () => Number.POSITIVE_INFINITY, isDue: () => false };

const bySteps = (every: number): CheckpointTimes => ({
  next: (step) => (Math.floor(step / every) + 1) * every,
  isDue: (step) => step % every === 0,
});

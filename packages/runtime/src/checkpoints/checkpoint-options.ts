import { number, onlyKeys, positiveInteger, show } from '@gradloom/core';
import type { ModelMetadata } from '../model.ts';

/** Where a run writes its checkpoints, and how often. */
export interface CheckpointOptions {
  folder: string | (() => string); // for last.gradloom and best.gradloom; a function is asked at each write
  every?: CheckpointEvery; // default: only when the run ends, stops or fails
  metadata?: ModelMetadata; // as a model carries it
}

/** Steps, or { steps }, { epochs } or { seconds } from one checkpoint to the next. None of them changes a bit of the run. */
export type CheckpointEvery = number | { steps: number } | { epochs: number } | { seconds: number };

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

/** @throws Error where the options are not such. */
export function checkCheckpointOptions(options: CheckpointOptions): CheckpointOptions {
  onlyKeys('train: checkpoint', options, ['folder', 'every', 'metadata']);
  const { folder } = options;
  if (typeof folder === 'function' || (typeof folder === 'string' && folder !== '')) return options;
  throw new Error(`train: checkpoint.folder has ${show(folder)}, expected the path of a folder`);
}

const never: CheckpointTimes = { next: () => Number.POSITIVE_INFINITY, isDue: () => false };

const bySteps = (every: number): CheckpointTimes => ({
  next: (step) => (Math.floor(step / every) + 1) * every,
  isDue: (step) => step % every === 0,
});

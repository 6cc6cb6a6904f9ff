import { resolve } from 'node:path';
import type { ModelMetadata } from '@gradloom/core';
import {
  checkKeys,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  plainJson,
  reasonOf,
  show,
} from '@gradloom/core/internal';
import { currentDirectory } from '../../system/files/check-path.ts';
import type { FolderLock } from '../../system/files/folder-lock.ts';

/** The interval between checkpoints: steps, or { steps }, { epochs } or { seconds }. It changes no result. */
export type CheckpointEvery = number | EverySteps | EveryEpochs | EverySeconds;

/** An interval in steps. */
export interface EverySteps {
  /** Number of steps; same as a plain number. */
  steps: number;
}

/** An interval in epochs. */
export interface EveryEpochs {
  /** Number of epochs. */
  epochs: number;
}

/** An interval in seconds. */
export interface EverySeconds {
  /** Minimum number of seconds: a checkpoint waits for the end of a span. */
  seconds: number;
}

const folder = option.checkedBy('the path of a folder', isFolder);
const output = { group: 'Output', effect: 'execution' } as const;
const metadata = option.kind((_where, _name, value) => checkMetadata(value));

export const checkpointOptions = defineOptions(
  'train',
  {
    /**
     * The folder of last.gradloom and best.gradloom, locked by this run until it ends. A relative path is resolved when
     * the run begins. A function returns a folder that the caller has locked.
     */
    folder: option.required(folder),
    /**
     * How often: a number of steps, or `{ steps }`, `{ epochs }` or `{ seconds }`.
     * @default only when the run ends, stops or fails
     */
    every: option.asFlag({ ...output, flag: 'checkpoint-every' })(
      option.unchecked<CheckpointEvery>(
        'write a checkpoint every so many steps (50), epochs (2e) or seconds (30s)',
        'only at the end',
      ),
    ),
    /** Number of the newest checkpoints to keep under names such as step-000120.gradloom. @default none */
    keep: option.asFlag(output)(
      option.positiveInteger(
        undefined,
        'how many of the newest checkpoints to keep as step-<number>.gradloom, besides the last and the best',
        '0',
      ),
    ),
    /** Metadata stored in the files, such as the names of classes. @default {} */
    metadata: metadata({}),
  },
  'checkpoint',
);

/** Where and how often a run writes checkpoints. */
export interface CheckpointOptions extends OptionsOf<typeof checkpointOptions.table>, Named {}

/** The steps at which a run stops between two spans to write a checkpoint. */
export interface CheckpointTimes {
  /** First step after `step` at which a checkpoint is due; Infinity if the interval is in seconds. */
  next(step: number): number;
  /** Whether a checkpoint is due after `step` steps, `elapsedMs` after the last. */
  isDue(step: number, elapsedMs: number): boolean;
}

/** @throws Error for other values. */
export function checkpointTimes(interval: CheckpointEvery | undefined, stepsPerEpoch: number): CheckpointTimes {
  if (interval === undefined) return onlyAtEnd;
  if (typeof interval === 'number') return bySteps(option.positiveInteger.check('train', 'checkpoint.every', interval));
  if (typeof interval === 'object' && interval !== null) {
    checkKeys('train: checkpoint.every', interval, ['steps', 'epochs', 'seconds']);
    if (Object.keys(interval).length === 1) {
      if ('steps' in interval)
        return bySteps(option.positiveInteger.check('train', 'checkpoint.every.steps', interval.steps));
      if ('epochs' in interval) {
        return bySteps(
          stepsPerEpoch * option.positiveInteger.check('train', 'checkpoint.every.epochs', interval.epochs),
        );
      }
      const seconds = option.positive.check('train', 'checkpoint.every.seconds', interval.seconds);
      return { next: () => Number.POSITIVE_INFINITY, isDue: (_step, elapsedMs) => elapsedMs >= seconds * 1000 };
    }
  }
  throw new Error(
    `train: checkpoint.every has ${show(interval)}, expected steps, or one of { steps }, { epochs }, { seconds }`,
  );
}

/** Checked options, with absolute paths. */
export interface CheckpointSettings {
  readonly folder: CheckpointOptions['folder'];
  readonly keep: number; // 0: none is kept under its step
  readonly every: CheckpointEvery | undefined;
  readonly metadata: ModelMetadata;
}

/** Checks the options and resolves relative paths, as the run begins. @throws Error for invalid options. */
export function checkpointSettings(options: CheckpointOptions): CheckpointSettings {
  const { folder, every, keep = 0, metadata } = checkpointOptions.read(options);
  const base = currentDirectory();
  return {
    folder: typeof folder === 'string' ? resolve(base, folder) : () => withAbsolutePath(base, folder()),
    keep,
    every: typeof every === 'object' && every !== null ? { ...every } : every,
    metadata,
  };
}

const withAbsolutePath = (from: string, lock: FolderLock): FolderLock => ({ ...lock, path: resolve(from, lock.path) });

function isFolder(value: unknown): value is string | (() => FolderLock) {
  return typeof value === 'function' || (typeof value === 'string' && value !== '');
}

function checkMetadata(metadata: unknown): ModelMetadata {
  try {
    return plainJson(metadata, 'checkpoint.metadata') as ModelMetadata;
  } catch (error) {
    throw new Error(`train: ${reasonOf(error)}`, { cause: error });
  }
}

const onlyAtEnd: CheckpointTimes = { next: () => Number.POSITIVE_INFINITY, isDue: () => false };

const bySteps = (intervalSteps: number): CheckpointTimes => ({
  next: (step) => (Math.floor(step / intervalSteps) + 1) * intervalSteps,
  isDue: (step) => step % intervalSteps === 0,
});

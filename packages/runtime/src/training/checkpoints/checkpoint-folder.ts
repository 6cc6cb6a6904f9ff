import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '@gradloom/core/internal';
import { specOf } from '../../engine/threads/create-team-setup.ts';
import type { SharedSpec, Task, TeamTask } from '../../engine/threads/protocol.ts';
import { makeDirectory } from '../../system/files/file-system.ts';
import { type FolderLock, lockFolder } from '../../system/files/folder-lock.ts';
import { removeTemporaries } from '../../system/files/write-atomically.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readRun, saveCheckpoint } from './checkpoint-file.ts';
import type { CheckpointSettings } from './checkpoint-options.ts';
import { isSameRun } from './same-run.ts';

export interface CheckpointTask extends TeamTask, Task<WriteResult> {
  readonly kind: 'checkpoint';
  readonly entry: CheckpointEntry;
}

/** Name of the newest checkpoint in its folder. */
export const LAST_FILE = 'last.gradloom';
/** Name of the checkpoint with the lowest loss. */
export const BEST_FILE = 'best.gradloom';

export interface CheckpointEntry {
  readonly folder: string;
  readonly isFirst: boolean; // whether it is the first checkpoint of this process
  readonly checkpoint: Omit<Checkpoint, 'spec'>;
  readonly isBest: boolean;
  readonly maxKept: number; // maximum number of checkpoints to keep under names with their steps; 0: none
  readonly keptSteps: readonly number[]; // steps of the kept checkpoints, oldest first
  readonly countsOlder: boolean; // whether those written before a resume count among the kept ones
}

export interface WriteResult {
  readonly error: string | null; // why writing failed; older checkpoints remain
  readonly keptSteps: readonly number[]; // as in the entry, with the new one
}

/**
 * Writes the newest checkpoint of a folder, then removes those that are no longer kept. If a thread failed to write it,
 * its half-written files are removed first. Never throws.
 */
export function writeCheckpointEntry(spec: SharedSpec, entry: CheckpointEntry, threadFailed = false): WriteResult {
  const { folder, isFirst, isBest, maxKept, countsOlder } = entry;
  try {
    if (threadFailed) removeTemporaries(folder, 'here');
    const checkpoint = { ...entry.checkpoint, spec: specOf(spec) };
    const { step } = checkpoint.progress;
    const moreNames = [...(isBest ? [BEST_FILE] : []), ...(maxKept > 0 ? [stepFile(step)] : [])];
    saveCheckpoint(
      join(folder, LAST_FILE),
      checkpoint,
      moreNames.map((name) => join(folder, name)),
    );
    if (maxKept === 0) return { error: null, keptSteps: [] };
    const older = new Set([...(isFirst && countsOlder ? findOlderSteps(folder, checkpoint) : []), ...entry.keptSteps]);
    older.delete(step);
    return { error: null, keptSteps: removeAllBut(maxKept, folder, [...older, step]) };
  } catch (error) {
    return { error: reasonOf(error), keptSteps: entry.keptSteps };
  }
}

/** A folder of checkpoints that one run writes to. */
export interface CheckpointFolder {
  /** Locks the folder, unless this run has locked it. Returns its path. @throws Error if it cannot be locked. */
  ensureLocked(): string;
  release(): void;
}

/**
 * Locks a folder for a run before its first step, so that no other run writes to it. A folder returned by a function is
 * already locked by its owner. If the folder cannot be created or written, each checkpoint tries again, and training
 * continues.
 * @throws FolderInUseError if another run writes to it; Error if its lock cannot be read.
 */
export function lockCheckpointFolder(folder: CheckpointSettings['folder']): CheckpointFolder {
  if (typeof folder !== 'string') return { ensureLocked: () => folder().path, release() {} };
  let lock: FolderLock | undefined;
  const ensureLocked = (): string => {
    // A removed folder is not created again. If another run has created it since, locking it throws.
    if (lock === undefined || (existsSync(folder) && !lock.holds())) {
      lock = lockFolder('train', makeDirectory(folder), 'train');
    }
    return folder;
  };
  try {
    ensureLocked();
  } catch (error) {
    if (!isOfSystem(error)) throw error;
  }
  return { ensureLocked, release: () => lock?.release() };
}

const isOfSystem = (error: unknown): boolean => error instanceof Error && ('code' in error || isOfSystem(error.cause));

/** The name of a checkpoint kept under its step: 'step-000120.gradloom'. */
const stepFile = (step: number): string => `step-${String(step).padStart(6, '0')}.gradloom`;

/** Steps of named checkpoints from before a resume, in the order of removal: repeated steps first, then the oldest. */
function findOlderSteps(folder: string, run: Omit<Checkpoint, 'arrays'>): number[] {
  const currentStep = run.progress.step;
  const steps = readdirSync(folder).flatMap((name) => {
    const step = Number(/^step-(\d{6,})\.gradloom$/.exec(name)?.[1] ?? Number.NaN);
    return step !== currentStep && stepFile(step) === name && belongsTo(run, join(folder, name)) ? [step] : [];
  });
  steps.sort((a, b) => a - b);
  return [...steps.filter((step) => step > currentStep), ...steps.filter((step) => step < currentStep)];
}

/** Whether a file is a readable checkpoint of this run. */
function belongsTo(run: Omit<Checkpoint, 'arrays'>, path: string): boolean {
  try {
    return isSameRun(readRun(path), run);
  } catch {
    return false;
  }
}

/** Removes all but the last `maxKept`. Returns the steps of the kept ones, after those whose removal failed. */
function removeAllBut(maxKept: number, folder: string, steps: readonly number[]): number[] {
  const surplus = steps.slice(0, Math.max(0, steps.length - maxKept));
  return [...surplus.filter((step) => !remove(folder, step)), ...steps.slice(-maxKept)];
}

/** Removes the checkpoint kept under its step. Returns whether that was possible. */
function remove(folder: string, step: number): boolean {
  try {
    rmSync(join(folder, stepFile(step)), { force: true });
    return true;
  } catch {
    return false;
  }
}

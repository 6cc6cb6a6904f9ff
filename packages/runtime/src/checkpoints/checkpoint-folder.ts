import { join } from 'node:path';
import { makeDirectory } from '../files/make-directory.ts';
import { removeTemporaries } from '../files/write-atomically.ts';
import { type SharedSpec, specOf } from '../shared-spec.ts';
import type { Checkpoint } from './checkpoint.ts';
import { saveCheckpoint } from './checkpoint-file.ts';
import { findOlder, removeAllBut, stepFile } from './older-checkpoints.ts';

/** The newest checkpoint of a folder, and the one with the lowest loss. */
export const LAST_FILE = 'last.gradloom';
export const BEST_FILE = 'best.gradloom';

/** A checkpoint on its way into a folder. */
export interface CheckpointEntry {
  readonly folder: string;
  readonly opens: boolean; // for the first time: makes it where it is missing
  readonly checkpoint: Omit<Checkpoint, 'spec'>;
  readonly isBest: boolean;
  readonly keep: number; // how many stay under names with their steps; 0: none has such a name
  readonly kept: readonly number[]; // steps of those that have, the oldest first
  readonly adopts: boolean; // those too that earlier sittings of the run left
}

export interface Written {
  readonly error: string | null; // why there is no new one; the older ones stand
  readonly kept: readonly number[]; // as above, with the new one
}

/** Writes the newest checkpoint of a folder, and takes away those that are one too many when it is safe. Never throws. */
export function keepCheckpoint(shared: SharedSpec, entry: CheckpointEntry): Written {
  const { folder, opens, isBest, keep, adopts } = entry;
  try {
    if (opens) openCheckpointFolder(folder);
    const checkpoint = { ...entry.checkpoint, spec: specOf(shared) };
    const { step } = checkpoint.progress;
    const others = [...(isBest ? [BEST_FILE] : []), ...(keep > 0 ? [stepFile(step)] : [])];
    saveCheckpoint(
      join(folder, LAST_FILE),
      checkpoint,
      others.map((name) => join(folder, name)),
    );
    if (keep === 0) return { error: null, kept: [] };
    const older = new Set([...(opens && adopts ? findOlder(folder, checkpoint) : []), ...entry.kept]);
    older.delete(step);
    return { error: null, kept: removeAllBut(keep, folder, [...older, step]) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), kept: entry.kept };
  }
}

/** Makes the folder where it is missing, and takes away what a process that was killed left half written. */
function openCheckpointFolder(folder: string): void {
  makeDirectory(folder);
  removeTemporaries(folder);
}

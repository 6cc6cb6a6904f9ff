import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaries, temporaryPath } from '../files/write-atomically.ts';
import type { Checkpoint } from './checkpoint.ts';
import { saveCheckpoint } from './checkpoint-file.ts';

/** The newest checkpoint of a folder, and the one with the lowest loss. Older ones go when these names pass on. */
export const LAST_FILE = 'last.gradloom';
export const BEST_FILE = 'best.gradloom';

/** Writes the newest checkpoint of a folder; as the best one too where `isBest`. @throws Error naming the path; the older ones stand. */
export function keepCheckpoint(folder: string, checkpoint: Checkpoint, isBest: boolean): string {
  const path = join(folder, LAST_FILE);
  saveCheckpoint(path, checkpoint);
  if (isBest) nameBest(folder, path);
  return path;
}

/** A second name for the same bytes, which stay when the first name passes on. */
function nameBest(folder: string, path: string): void {
  const best = join(folder, BEST_FILE);
  const temporary = temporaryPath(best);
  try {
    try {
      linkSync(path, temporary);
    } catch {
      // Some file systems have no second names.
      copyFileSync(path, temporary);
    }
    renameSync(temporary, best);
  } catch (error) {
    rmSync(temporary, { force: true });
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`saveCheckpoint: ${best} cannot be written (${reason}), expected a folder with room for it`, {
      cause: error,
    });
  }
}

/** Makes the folder where it is missing, and takes away what a process that was killed left half written. */
export function openCheckpointFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  removeTemporaries(folder);
}

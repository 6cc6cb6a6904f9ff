import { join } from 'node:path';
import { makeDirectory } from '../files/make-directory.ts';
import { removeTemporaries } from '../files/write-atomically.ts';
import type { Checkpoint } from './checkpoint.ts';
import { saveCheckpoint } from './checkpoint-file.ts';

/** The newest checkpoint of a folder, and the one with the lowest loss. Older ones go when these names pass on. */
export const LAST_FILE = 'last.gradloom';
export const BEST_FILE = 'best.gradloom';

/** Writes the newest checkpoint of a folder; as the best one too where `isBest`. @throws Error naming the path; the older ones stand. */
export function keepCheckpoint(folder: string, checkpoint: Checkpoint, isBest: boolean): string {
  const path = join(folder, LAST_FILE);
  saveCheckpoint(path, checkpoint, isBest ? join(folder, BEST_FILE) : undefined);
  return path;
}

/** Makes the folder where it is missing, and takes away what a process that was killed left half written. */
export function openCheckpointFolder(folder: string): void {
  makeDirectory(folder);
  removeTemporaries(folder);
}

import { join } from 'node:path';
import type { FolderLock } from '@gradloom/runtime';
import { checkRunFile, lockFolder, makeDirectory, writeAtomically } from '@gradloom/runtime/internal';
import { UsageError } from '../terminal/failure.ts';

/**
 * Runs `work` with a directory that no other process writes to meanwhile, and creates it if missing; `has` names it in
 * errors.
 * @throws UsageError if a file is in its place, FolderInUseError if another process writes there, Error if it cannot be
 * created.
 */
export async function withFolder<T>(
  has: string,
  path: string,
  command: string,
  work: (lock: FolderLock) => Promise<T>,
): Promise<T> {
  const lock = lockDirectory(has, path, command);
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}

/** Runs `work` with the directory of `--out`, or with undefined without that flag. */
export const withOut = <T>(
  out: string | undefined,
  command: string,
  work: (lock: FolderLock | undefined) => Promise<T>,
): Promise<T> => (out === undefined ? work(undefined) : withFolder(`--out has ${out}`, out, command, work));

/**
 * Writes a file into a locked directory, atomically.
 * @throws Error if the disk is full, or a link or something other than a regular file is in its place.
 */
export function writeOut({ path: out }: FolderLock, name: string, text: string): void {
  const path = join(out, name);
  checkRunFile('--out', path);
  writeAtomically('--out', path, [Buffer.from(text)]);
}

function lockDirectory(has: string, path: string, command: string): FolderLock {
  try {
    return lockFolder(command, makeDirectory(path), command);
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (!(cause instanceof Error && 'code' in cause)) throw error;
    const { code } = cause;
    const isFile = code === 'ENOTDIR' || code === 'EEXIST';
    const sentence = `${has}, expected a directory that can be written (${isFile ? 'it is a file, or below one' : code})`;
    throw isFile ? new UsageError(sentence, { cause: error }) : new Error(sentence, { cause: error });
  }
}

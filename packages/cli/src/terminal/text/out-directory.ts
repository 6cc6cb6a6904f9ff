import { join } from 'node:path';
import type { FolderLock } from '@gradloom/runtime';
import { checkOwnFile, lockFolder, makeDirectory, writeAtomically } from '@gradloom/runtime/internal';
import { UsageError } from '../failure.ts';

/**
 * Runs `work` with a directory that no other process writes to meanwhile, made where it is missing; `has` says what
 * named it in an error.
 * @throws UsageError where a file is in its way, FolderInUseError where another process writes there, Error
 * where it cannot be made.
 */
export async function withFolder<T>(
  has: string,
  path: string,
  command: string,
  work: (lock: FolderLock) => Promise<T>,
): Promise<T> {
  const lock = lockOr(has, path, command);
  try {
    return await work(lock);
  } finally {
    lock.release();
  }
}

/** Likewise with the directory behind `--out`; with undefined where there is no such flag. */
export const withOut = <T>(
  out: string | undefined,
  command: string,
  work: (lock: FolderLock | undefined) => Promise<T>,
): Promise<T> => (out === undefined ? work(undefined) : withFolder(`--out has ${out}`, out, command, work));

/**
 * Writes a file there, whole or not at all.
 * @throws Error where there is no room, or a link or no regular file in its place.
 */
export function writeOut({ path: out }: FolderLock, name: string, text: string): void {
  const path = join(out, name);
  checkOwnFile('--out', path);
  writeAtomically('--out', path, [Buffer.from(text)]);
}

function lockOr(has: string, path: string, command: string): FolderLock {
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

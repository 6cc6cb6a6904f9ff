import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FolderInUseError, type FolderLock, LockError } from '@gradloom/runtime';
import { isLockName, isTemporaryName, lockFolder, makeDirectory, refuseInUse } from '@gradloom/runtime/internal';
import { RUNS_FOLDER } from '../../files/run-files/names.ts';
import { UsageError } from '../../terminal/failure.ts';

/** Descriptions for `withWriteErrors` of the directory of a new run: what is wrong, and what is expected. */
export const newDirectory = (out: string | undefined): [has: string, expected: string] => [
  out === undefined ? `the folder ${RUNS_FOLDER} cannot hold a run` : `--out has ${out}`,
  'a directory that can be written, or --no-out',
];

/**
 * @throws UsageError if `out` is a file or not empty: no run is overwritten. Error if it cannot be read,
 * FolderInUseError if another run writes there.
 */
export function checkOut(out: string): void {
  let entries: string[];
  try {
    entries = readdirSync(out);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    const expected = `--out has ${out}, expected a new or empty directory`;
    if (code === 'ENOTDIR') throw new UsageError(`${expected} (it is a file, or below one)`, { cause: error });
    throw new Error(`${expected} (${code})`, { cause: error });
  }
  refuseInUse('train', out);
  refuseFilled(out, entries);
}

/**
 * Creates and locks the directory of a new run: `out`, or runs/<name>-<number>, the first number above all others.
 * @throws as checkOut does.
 */
export function lockNewDirectory(out: string | undefined, name: string): FolderLock {
  const lock = lockFolder('train', out === undefined ? createNumbered(name) : makeDirectory(out), 'train');
  return releaseAtFailure(lock, () => {
    // Checked again, since another run may have written and ended before the lock was taken.
    refuseFilled(lock.path, readdirSync(lock.path));
    return lock;
  });
}

/** Releases the lock if `use` throws. */
export function releaseAtFailure<T>(lock: FolderLock, use: () => T): T {
  try {
    return use();
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Files left by a run that was killed before it wrote any results do not count. */
function refuseFilled(out: string, entries: readonly string[]): void {
  const occupants = entries.filter((name) => !isLockName(name) && !isTemporaryName(name));
  if (occupants.length === 0) return;
  throw new UsageError(
    `--out has ${out}, expected a new or empty directory (it holds ${occupants.slice(0, 3).join(', ')})`,
  );
}

/** Creates runs/<name>-<number>, and returns its path. @throws Error naming the directory. */
export const makeNumbered = (name: string): string =>
  withWriteErrors(...newDirectory(undefined), () => createNumbered(name));

/** mkdir fails if another run took the number first: then the next is tried. */
function createNumbered(name: string): string {
  makeDirectory(RUNS_FOLDER);
  const numbers = readdirSync(RUNS_FOLDER).map((entry) => numberOf(entry, name));
  for (let number = Math.max(0, ...numbers) + 1; ; number++) {
    const path = join(RUNS_FOLDER, `${name}-${number}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

function numberOf(entry: string, name: string): number {
  const number = entry.startsWith(`${name}-`) ? Number(entry.slice(name.length + 1)) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}

/** @throws Error with `has` and `expected` if the system refuses what `write` does. */
export function withWriteErrors<T>(has: string, expected: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    // These messages are complete.
    if (error instanceof FolderInUseError || error instanceof LockError || error instanceof UsageError) throw error;
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(`${has}, expected ${expected} (${reason})`, { cause: error });
  }
}

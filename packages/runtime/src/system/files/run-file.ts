import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { statsOf } from './file-system.ts';
import { systemReason } from './system-reason.ts';

const WRITABLE = 'a file that can be overwritten';
const REASON = 'links are not followed, since their target may not belong to the run';

/** Refuses anything but a file where a run's file should be. @throws Error naming the path and what is there. */
export function checkRunFile(where: string, path: string, expected = WRITABLE): void {
  const stats = statsOf(where, checkPath(where, path), lstatSync);
  if (stats === undefined) return;
  if (stats.isSymbolicLink())
    throw new Error(`${where}: ${showPath(path)} is a symbolic link, expected ${expected} (${REASON})`);
  if (stats.isDirectory()) throw new Error(`${where}: ${showPath(path)} is a directory, expected ${expected}`);
  if (!stats.isFile()) throw new Error(`${where}: ${showPath(path)} is not a regular file, expected ${expected}`);
}

/**
 * Opens a file of a run for reading, without following a link; null if there is none. O_NOFOLLOW makes the system
 * refuse a link that appears after the check. Windows has no such flag: there, a link created between check and opening
 * is followed, but only administrators can create links.
 * @throws as checkRunFile does.
 */
export function openRunFile(where: string, path: string, expected = WRITABLE): number | null {
  checkRunFile(where, path, expected);
  // O_NONBLOCK avoids waiting if a FIFO has replaced the file.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    if (code === 'ENOENT') return null;
    throw new Error(
      `${where}: ${showPath(path)} cannot be opened: ${systemReason(error)}, expected a file that can be read`,
      { cause: error },
    );
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error(`${where}: ${showPath(path)} is not a regular file, expected ${expected}`);
}

import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { checkPath } from './check-path.ts';
import { systemReason } from './system-reason.ts';

const WRITABLE = 'a file that can be overwritten';
const REASON = 'links are not followed, since their target may not belong to the run';

/**
 * Refuses a place of a run's file where something else stands: a link, a directory, a pipe, a device.
 * @throws Error naming the path and what stands there.
 */
export function checkOwnFile(where: string, path: string, wanted = WRITABLE): void {
  const stats = lstatSync(checkPath(where, path), { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isSymbolicLink()) throw new Error(`${where}: ${path} is a symbolic link, expected ${wanted} (${REASON})`);
  if (stats.isDirectory()) throw new Error(`${where}: ${path} is a directory, expected ${wanted}`);
  if (!stats.isFile()) throw new Error(`${where}: ${path} is not a regular file, expected ${wanted}`);
}

/**
 * Opens a file of a run for reading, without following a link in its place; null where there is none. The system itself
 * refuses a link that takes the file's place at the last moment (O_NOFOLLOW). Windows has no such flag: there, one that
 * appears between the look and the opening is followed; to make links takes an administrator there.
 * @throws as checkOwnFile does.
 */
export function openOwnFile(where: string, path: string, wanted = WRITABLE): number | null {
  checkOwnFile(where, path, wanted);
  // Not waiting matters where a FIFO takes the place of the file.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let file: number;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    if (code === 'ENOENT') return null;
    throw new Error(`${where}: ${path} cannot be opened: ${systemReason(error)}, expected a file that can be read`, {
      cause: error,
    });
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new Error(`${where}: ${path} is not a regular file, expected ${wanted}`);
}

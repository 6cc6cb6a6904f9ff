import { showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { statsOf } from './look-up.ts';

/**
 * Size of a regular file; a pipe or a device is refused before it is opened.
 * @throws Error naming what is there instead.
 */
export function fileSize(where: string, path: string, wanted: string): number {
  const size = findFile(where, path, wanted);
  if (size === null) throw new Error(`${where}: ${showPath(path)} does not exist, expected ${wanted}`);
  return size;
}

/** The same; null if nothing is there. */
export function findFile(where: string, path: string, wanted: string): number | null {
  const stats = statsOf(where, checkPath(where, path));
  if (stats === undefined) return null;
  if (stats.isDirectory()) throw new Error(`${where}: ${showPath(path)} is a directory, expected ${wanted}`);
  if (!stats.isFile()) throw new Error(`${where}: ${showPath(path)} is not a regular file, expected ${wanted}`);
  return stats.size;
}

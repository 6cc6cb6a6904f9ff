import { statSync } from 'node:fs';
import { checkPath } from './check-path.ts';

/**
 * Size of a regular file; a pipe or a device is refused before it is opened.
 * @throws Error naming what is there instead.
 */
export function fileSize(where: string, path: string, wanted: string): number {
  const size = findFile(where, path, wanted);
  if (size === null) throw new Error(`${where}: ${path} does not exist, expected ${wanted}`);
  return size;
}

/** The same; null if nothing is there. */
export function findFile(where: string, path: string, wanted: string): number | null {
  const stats = statSync(checkPath(where, path), { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.isDirectory()) throw new Error(`${where}: ${path} is a directory, expected ${wanted}`);
  if (!stats.isFile()) throw new Error(`${where}: ${path} is not a regular file, expected ${wanted}`);
  return stats.size;
}

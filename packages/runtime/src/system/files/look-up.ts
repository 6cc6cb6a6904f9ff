import { readdirSync, type Stats, statSync } from 'node:fs';
import { showPath } from '@gradloom/core/internal';
import { systemReason } from './system-reason.ts';

/** The stats of a file or folder; undefined if the path does not exist. @throws Error if access is denied. */
export const statsOf = (where: string, path: string, stat: typeof statSync = statSync): Stats | undefined =>
  looking(where, path, () => stat(path, { throwIfNoEntry: false }));

/** The names in a folder; empty if there is no folder. @throws Error if it cannot be read. */
export const namesIn = (where: string, folder: string): string[] =>
  statsOf(where, folder)?.isDirectory() ? looking(where, folder, () => readdirSync(folder)) : [];

function looking<T>(where: string, path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const problem = `cannot be read: ${systemReason(error)}, expected a path that can be`;
    throw new Error(`${where}: ${showPath(path)} ${problem}`, { cause: error });
  }
}

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The paths in a folder; none if there is no such folder, or it cannot be read. */
export function pathsIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkPath } from './check-path.ts';

/** Creates a directory and its parents; recursive mkdir never returns below /proc. */
export function makeDirectory(path: string): string {
  if (statSync(checkPath('makeDirectory', path), { throwIfNoEntry: false })?.isDirectory()) return path;
  makeDirectory(dirname(resolve(path)));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in between.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
  return path;
}

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { ModuleSource } from '@gradloom/core/internal';
import { showPath } from '@gradloom/core/internal';

/** How a message on a module that cannot be used ends. */
export const EXPECTED = 'expected a JavaScript module with parts of your own';

/** SHA-256 of a file as it is now. A pipe or a device is not read: it may have no end. @throws what reading throws. */
export function hashOfFile(path: string): string {
  if (!statSync(path).isFile()) throw new Error('it is not a regular file');
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @throws Error naming the first file that is not as it was. */
export function refuseChanged({ files }: ModuleSource): void {
  for (const { path, sha256 } of files) {
    if (hashOfFile(path) === sha256) continue;
    throw new Error(
      `${showPath(path)} has changed since it was imported, expected it as it was (start the program again)`,
    );
  }
}

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { ModuleSource } from '@gradloom/core/internal';
import { showPath } from '@gradloom/core/internal';

/** Ending of messages about an unusable module. */
export const EXPECTED = 'expected a JavaScript module with parts of your own';

/**
 * SHA-256 of a file's current contents. Pipes and devices are refused: they may have no end. @throws if reading fails.
 */
export function hashOfFile(path: string): string {
  if (!statSync(path).isFile()) throw new Error('it is not a regular file');
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** @throws Error naming the first file that has changed. */
export function refuseChanged({ files }: ModuleSource): void {
  for (const { path, sha256 } of files) {
    if (hashOfFile(path) === sha256) continue;
    throw new Error(
      `${showPath(path)} has changed since it was imported, expected it as it was (start the program again)`,
    );
  }
}

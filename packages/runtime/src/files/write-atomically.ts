import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { show } from '@gradloom/core';
import { checkPath } from './check-path.ts';

/** Bytes of one call: Node writes at most 2 GiB. */
const CHUNK = 1 << 28;

/**
 * Writes the parts one after the other into a new file beside `path`, on the disk before it takes that name: whoever reads
 * `path` finds the old contents or the new, whole, even after a crash. `others` are more names for the same bytes, which
 * they take first: none is older than `path` says. @throws Error naming the path; the old file stands.
 */
export function writeAtomically(
  where: string,
  path: string,
  parts: Iterable<Uint8Array>,
  others: readonly string[] = [],
): void {
  checkPath(where, path);
  for (const other of others) checkPath(where, other, 'other path');
  if (typeof parts !== 'object' || parts === null || !(Symbol.iterator in parts)) {
    throw new Error(`${where}: parts has ${show(parts)}, expected the bytes to write`);
  }
  const temporary = temporaryPath(path);
  try {
    writeSynced(temporary, parts);
    for (const other of others) nameToo(temporary, other);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${where}: ${path} cannot be written (${reason}), expected a folder with room for it`, {
      cause: error,
    });
  }
}

/** Gives a file another name, in place of an older file of that name; its bytes stay when the first name passes on. */
function nameToo(path: string, other: string): void {
  const temporary = temporaryPath(other);
  try {
    try {
      linkSync(path, temporary);
    } catch {
      // Some file systems give a file one name alone.
      copyFileSync(path, temporary);
    }
    renameSync(temporary, other);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Where the next contents of `path` are made, beside it. */
export const temporaryPath = (path: string): string => `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;

/** Takes away what processes that were killed left half made in a folder. */
export function removeTemporaries(folder: string): void {
  for (const name of readdirSync(checkPath('removeTemporaries', folder))) {
    if (/\.\d+-[0-9a-f]{8}\.tmp$/.test(name)) rmSync(join(folder, name), { force: true });
  }
}

function writeSynced(path: string, parts: Iterable<Uint8Array>): void {
  const file = openSync(path, 'wx');
  try {
    for (const part of parts) {
      if (!(part instanceof Uint8Array)) throw new Error(`part has ${show(part)}, expected bytes`);
      for (let at = 0; at < part.length; ) at += writeSync(file, part, at, Math.min(CHUNK, part.length - at));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts the new name on the disk. Not every system can open a folder; then only the name may be lost in a crash. */
function syncFolder(folder: string): void {
  let file: number;
  try {
    file = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

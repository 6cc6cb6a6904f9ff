import { randomBytes } from 'node:crypto';
import { closeSync, copyFileSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { show, showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { fileSystem } from './file-system.ts';
import { startOf } from './process-identity.ts';
import { systemReason } from './system-reason.ts';

/** Bytes of one call: Node writes at most 2 GiB. */
const CHUNK_BYTES = 1 << 28;

/**
 * Writes the parts to a new file next to `path`, flushes it to disk and renames it: readers of `path` find either the
 * old or the new contents as a whole, even after a crash. `moreNames` name the same bytes; they are replaced first, so
 * none is older than `path`. @throws Error naming the path; the old file remains.
 */
export function writeAtomically(
  where: string,
  path: string,
  parts: Iterable<Uint8Array>,
  moreNames: readonly string[] = [],
): void {
  checkPath(where, path);
  for (const name of moreNames) checkPath(where, name, 'other path');
  if (typeof parts !== 'object' || parts === null || !(Symbol.iterator in parts)) {
    throw new Error(`${where}: parts has ${show(parts)}, expected the bytes to write`);
  }
  const temporary = temporaryPath(path);
  try {
    writeSynced(temporary, parts);
    for (const name of moreNames) addName(temporary, name);
    fileSystem.rename(temporary, path);
    fileSystem.syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    const problem = `${showPath(path)} cannot be written: ${systemReason(error)}, expected a folder with room for it`;
    throw new Error(`${where}: ${problem}`, { cause: error });
  }
}

/** Gives a file a second name, replacing an older file; it keeps these bytes when the first name is replaced. */
function addName(path: string, secondName: string): void {
  const temporary = temporaryPath(secondName);
  try {
    try {
      linkSync(path, temporary);
    } catch {
      // Some file systems do not support hard links.
      copyFileSync(path, temporary);
    }
    fileSystem.rename(temporary, secondName);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Temporary path for the next contents of `path`, in the same folder, with the process id in its name. */
export const temporaryPath = (path: string): string =>
  `${checkPath('temporaryPath', path)}.${process.pid}-${startOf(process.pid) ?? ''}-${randomBytes(4).toString('hex')}.tmp`;

/** Suffix of a temporary path. Earlier versions of Gradloom left out the start time of the process. */
const SUFFIX = /\.(\d+)-(?:(\d*)-)?[0-9a-f]{8}\.tmp$/;

export const isTemporaryName = (name: string): boolean => SUFFIX.test(checkPath('isTemporaryName', name, 'name'));

/** Removes half-written files of dead processes, or with 'here' those that a failed thread of this process has left. */
export function removeTemporaries(folder: string, owners: 'dead' | 'here' = 'dead'): void {
  for (const name of readdirSync(checkPath('removeTemporaries', folder))) {
    const [, pid, start] = SUFFIX.exec(name) ?? [];
    if (pid === undefined) continue;
    // A name without a start time is from an earlier version, whose process has ended.
    const isDead = start === undefined || startOf(Number(pid)) !== start;
    if (owners === 'here' ? Number(pid) === process.pid : isDead)
      rmSync(join(folder, name), { force: true, recursive: true });
  }
}

/** Writes a new file and flushes it to disk. @throws Error if the file exists. */
export function writeSynced(path: string, parts: Iterable<Uint8Array>): void {
  const file = openSync(path, 'wx');
  try {
    for (const part of parts) {
      if (!(part instanceof Uint8Array)) throw new Error(`part has ${show(part)}, expected bytes`);
      for (let offset = 0; offset < part.length; )
        offset += writeSync(file, part, offset, Math.min(CHUNK_BYTES, part.length - offset));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

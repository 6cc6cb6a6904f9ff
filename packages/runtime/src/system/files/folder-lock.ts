import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { reasonOf, show, showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { fileSystem } from './file-system.ts';
import { FolderInUseError, isActivity, LockError, type LockOwner, readLock } from './lock-owner.ts';
import { stateOf, thisProcess } from './process-identity.ts';
import { removeTemporaries, temporaryPath, writeSynced } from './write-atomically.ts';

/** Exists in a folder while a process writes there. */
export const LOCK_FILE = 'gradloom.lock';

/** A folder that is locked by this process. */
export interface FolderLock {
  /** The folder. */
  readonly path: string;
  /** Whether this run still has the lock: the folder may have been removed, and created again by another run. */
  holds(): boolean;
  /** Releases the lock. A second call, or one after the folder was removed, does nothing. */
  release(): void;
}

/** Whether a file name is that of a lock or a former lock. */
export const isLockName = (name: string): boolean =>
  /^gradloom\.lock(\.|$)/.test(checkPath('isLockName', name, 'name'));

/**
 * Locks a folder for this run until it releases the lock or its process ends. Removes files that dead processes left
 * half written.
 *
 * The lock is a file that names its owner and has a random token. It is written under another name and then linked to
 * its final one, so it appears as a whole, and only if there is none. A process that finds the owner dead makes the
 * claim `gradloom.lock.<token of the owner>` in the same way; the claim of a dead process is claimed by its own token,
 * and so on. So a chain of claims leads from the lock to one last claim, whose owner has the folder:
 * - Two processes cannot make the same claim, and nobody claims from a running process: the end of the chain does not
 *   move while its owner lives.
 * - A claim that was made too late, from a lock that is no longer there, is not in the chain, because no token occurs
 *   twice. So a process checks whether its claim is in the chain, and removes it if not. The owner of the last claim
 *   renames it to the lock; all other claims are then outside of the chain, and are removed.
 *
 * `by` names the work, such as 'train'.
 * @throws FolderInUseError if another process, or another run of this one, has the folder; Error if it cannot be
 * written.
 */
export function lockFolder(where: string, folder: string, by: string): FolderLock {
  checkPath('lockFolder', folder, 'folder');
  if (!isActivity(by)) throw new Error(`lockFolder: by has ${show(by)}, expected a word for the work, such as train`);
  // First check without writing anything to the folder.
  refuseInUse(where, folder);
  try {
    return lockFree(where, folder, by);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Error(
      `${where}: ${showPath(folder)} cannot be written (${reasonOf(error)}), expected a folder that can be written`,
      { cause: error },
    );
  }
}

function lockFree(where: string, folder: string, by: string): FolderLock {
  const path = join(resolve(folder), LOCK_FILE);
  const token = randomBytes(8).toString('hex');
  const owner: LockOwner = { token, by, since: new Date().toISOString(), ...thisProcess() };
  const temporary = temporaryPath(path);
  try {
    writeSynced(temporary, [Buffer.from(`${JSON.stringify(owner)}\n`)]);
    while (!takeLock(where, folder, path, temporary, token));
  } finally {
    rmSync(temporary, { force: true });
  }
  const lock = { path: folder, holds, release };
  releaseAtExit(lock);
  removeClaims(path);
  removeTemporaries(folder);
  return lock;

  function holds(): boolean {
    try {
      return readLock(where, path)?.token === token;
    } catch {
      return false;
    }
  }

  function release(): void {
    if (!heldLocks.delete(lock)) return;
    try {
      if (holds()) rmSync(path);
    } catch {
      // The folder is gone or not writable: others will find that the owner is dead.
    }
  }
}

/** @throws FolderInUseError if another process, or another run of this one, has the folder. Writes nothing. */
export function refuseInUse(where: string, folder: string): void {
  const owner = lockOwner(where, folder);
  if (owner !== null) refuseLiving(where, folder, owner);
}

/** The owner of the lock of a folder; null if there is none. @throws Error if its lock cannot be read. */
export function lockOwner(where: string, folder: string): LockOwner | null {
  const owner = ownersOf(where, join(checkPath(where, folder, 'folder'), LOCK_FILE)).at(-1);
  return owner === undefined || stateOf(owner) === 'dead' ? null : owner;
}

/** Whether this run now has the lock; if not, the chain has changed and must be followed again. */
function takeLock(where: string, folder: string, path: string, temporary: string, token: string): boolean {
  if (linkNew(temporary, path)) return true;
  const owner = ownersOf(where, path).at(-1);
  if (owner === undefined) return false;
  refuseLiving(where, folder, owner);
  const claim = claimOf(path, owner.token);
  if (!linkNew(temporary, claim)) return false;
  if (ownersOf(where, path).at(-1)?.token !== token) {
    rmSync(claim, { force: true });
    return false;
  }
  fileSystem.rename(claim, path);
  return true;
}

/** The owners along the chain of claims; none if there is no lock. */
function ownersOf(where: string, path: string): LockOwner[] {
  const owners: LockOwner[] = [];
  for (let file = path; ; ) {
    const owner = readLock(where, file);
    if (owner === null) return owners;
    // A cycle of claims, which only files made by hand can form.
    if (owners.some(({ token }) => token === owner.token)) throw new LockError(where, file);
    owners.push(owner);
    file = claimOf(path, owner.token);
  }
}

const claimOf = (path: string, token: string): string => `${path}.${token}`;

function refuseLiving(where: string, folder: string, owner: LockOwner): void {
  const state = stateOf(owner);
  if (state !== 'dead') throw new FolderInUseError(where, folder, LOCK_FILE, owner, state);
}

/** Links the file to a second name, if that name is free. */
function linkNew(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    // A slow file server may have created the link although a repeated request failed.
    if (isThere(error)) return isSameFile(file, name);
  }
  // Some file systems have no hard links. A process killed during this copy leaves a lock that cannot be read.
  try {
    copyFileSync(file, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}

/**
 * Whether `name` is a link to `file`. If so, this process made it: no other knows the temporary `file`. File numbers
 * are read as bigints, since NTFS uses all 64 bits.
 */
function isSameFile(file: string, name: string): boolean {
  const stats = lstatSync(file, { bigint: true });
  const other = lstatSync(name, { bigint: true, throwIfNoEntry: false });
  return stats.ino === other?.ino && stats.dev === other.dev;
}

const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

function removeClaims(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) {
    if (name !== basename(path) && /\.[0-9a-f]{16}$/.test(name) && isLockName(name)) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

/** The locks of this thread, which are released if its process exits during a run. */
const heldLocks = new Set<FolderLock>();

let hasExitHandler = false;

function releaseAtExit(lock: FolderLock): void {
  heldLocks.add(lock);
  if (hasExitHandler) return;
  hasExitHandler = true;
  process.on('exit', () => {
    if (writingThreads > 0) return;
    for (const lock of heldLocks) lock.release();
  });
}

/** Threads that write files now. They may outlive the exit handlers, so locks then stay, as those of a dead owner. */
let writingThreads = 0;

/** Lets a thread write files in a folder that this process has locked. */
export async function inThread<T>(write: () => Promise<T>): Promise<T> {
  writingThreads++;
  try {
    return await write();
  } finally {
    writingThreads--;
  }
}

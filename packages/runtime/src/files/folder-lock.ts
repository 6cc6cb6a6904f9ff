import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { show } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { FolderInUseError, isActivity, LockError, type LockOwner, readLock } from './lock-owner.ts';
import { ownProcess, stateOf } from './process-identity.ts';
import { removeTemporaries, temporaryPath, writeSynced } from './write-atomically.ts';

/** In a folder as long as a process writes there. */
export const LOCK_FILE = 'gradloom.lock';

/** A folder into which this process alone writes. */
export interface FolderLock {
  /** The folder. */
  readonly path: string;
  /** Whether it still is this run's: a folder may be removed, and made again by another. */
  holds(): boolean;
  /** Lets others in. Called again, or where the folder is gone, it does nothing. */
  release(): void;
}

/** Whether a file of this name is, or was, the lock of its folder. */
export const isLockName = (name: string): boolean =>
  /^gradloom\.lock(\.|$)/.test(checkPath('isLockName', name, 'name'));

/**
 * Makes this run the only one that writes into a folder until it releases the lock, its process ends or is killed.
 * Takes away what dead processes left half written there.
 *
 * The lock is a file that names its owner and has a random token, made under another name and then linked to its own:
 * it appears whole, and only where there is none. Whoever finds the owner dead makes the claim `gradloom.lock.<token of
 * the owner>` in the same way; the claim of a dead process is claimed by its own token, and so on. So the lock leads
 * from claim to claim to one end, and who is there has the folder:
 * - Two cannot make the same claim, and nobody claims from a process that runs: the end does not move while its owner
 *   lives.
 * - A claim that was made too late, from a lock that is no longer there, is not on the way from the lock, because no
 *   token comes twice: so who has made a claim looks whether it is, and takes it back where it is not. The one at the
 *   end moves its claim over the lock; all other claims are then off the way, and are removed.
 *
 * `by` says who writes, such as 'train'.
 * @throws FolderInUseError where another process, or another run of this one, has it;
 * Error where the folder cannot be written.
 */
export function lockFolder(where: string, folder: string, by: string): FolderLock {
  checkPath('lockFolder', folder, 'folder');
  if (!isActivity(by)) throw new Error(`lockFolder: by has ${show(by)}, expected a word for the work, such as train`);
  // First without a trace in the folder.
  refuseInUse(where, folder);
  try {
    return lockFree(where, folder, by);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Error(`${where}: ${folder} cannot be written (${error.message}), expected a folder that can be written`, {
      cause: error,
    });
  }
}

function lockFree(where: string, folder: string, by: string): FolderLock {
  const path = join(resolve(folder), LOCK_FILE);
  const token = randomBytes(8).toString('hex');
  const owner: LockOwner = { token, by, since: new Date().toISOString(), ...ownProcess() };
  const temporary = temporaryPath(path);
  try {
    writeSynced(temporary, [Buffer.from(`${JSON.stringify(owner)}\n`)]);
    while (!takeLock(where, folder, path, temporary, token));
  } finally {
    rmSync(temporary, { force: true });
  }
  const lock = { path: folder, holds, release };
  hold(lock);
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
    if (!held.delete(lock)) return;
    try {
      if (holds()) rmSync(path);
    } catch {
      // A folder that is gone or can no longer be written: whoever comes finds the owner's process dead.
    }
  }
}

/** @throws FolderInUseError where another process, or another run of this one, has the folder. Makes nothing. */
export function refuseInUse(where: string, folder: string): void {
  const owner = lockOwner(where, folder);
  if (owner !== null) refuseLiving(where, folder, owner);
}

/** Who writes into a folder; null where nobody does. @throws Error where its lock cannot be read. */
export function lockOwner(where: string, folder: string): LockOwner | null {
  const end = ownersOf(where, join(checkPath(where, folder, 'folder'), LOCK_FILE)).at(-1);
  return end === undefined || stateOf(end) === 'dead' ? null : end;
}

/** Whether the lock is this run's now; else the way has changed and is to be gone again. */
function takeLock(where: string, folder: string, path: string, temporary: string, token: string): boolean {
  if (linkNew(temporary, path)) return true;
  const end = ownersOf(where, path).at(-1);
  if (end === undefined) return false;
  refuseLiving(where, folder, end);
  const claim = claimOf(path, end.token);
  if (!linkNew(temporary, claim)) return false;
  if (ownersOf(where, path).at(-1)?.token !== token) {
    rmSync(claim, { force: true });
    return false;
  }
  renameSync(claim, path);
  return true;
}

/** The owners from the lock to the end of the claims; none where there is no lock. */
function ownersOf(where: string, path: string): LockOwner[] {
  const owners: LockOwner[] = [];
  for (let file = path; ; ) {
    const owner = readLock(where, file);
    if (owner === null) return owners;
    // Only by hand: such a way has no end.
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

/** Gives the file a second name, where nothing has that yet. */
function linkNew(file: string, name: string): boolean {
  try {
    linkSync(file, name);
    return true;
  } catch (error) {
    // A server that answers late may have done it and be asked again.
    if (isThere(error)) return isSameFile(file, name);
  }
  // Some file systems have no second names: a process that is killed in the middle of this leaves a lock that nobody
  // can read.
  try {
    copyFileSync(file, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isThere(error)) return false;
    throw error;
  }
}

/** Nobody else links to a file of this process's own. */
function isSameFile(file: string, name: string): boolean {
  const [own, other] = [lstatSync(file), lstatSync(name, { throwIfNoEntry: false })];
  return own.ino === other?.ino && own.dev === other.dev;
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

/** The locks of this thread: where its process ends by itself in the middle of a run, they go with it. */
const held = new Set<FolderLock>();

let releasesAtExit = false;

function hold(lock: FolderLock): void {
  held.add(lock);
  if (releasesAtExit) return;
  releasesAtExit = true;
  process.on('exit', () => {
    if (writing > 0) return;
    for (const lock of held) lock.release();
  });
}

/**
 * Threads that write files now. They may end a little later than the process's exit begins, so its locks stay: of a
 * dead owner.
 */
let writing = 0;

/** Has a thread write files in a folder that this process has. */
export async function inThread<T>(write: () => Promise<T>): Promise<T> {
  writing++;
  try {
    return await write();
  } finally {
    writing--;
  }
}

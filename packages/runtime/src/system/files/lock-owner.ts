import { closeSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { showName, showPath } from '@gradloom/core/internal';
import type { ProcessIdentity, ProcessState } from './process-identity.ts';
import { openRunFile } from './run-file.ts';

/** The owner of a folder lock. */
export interface LockOwner extends ProcessIdentity {
  /** A random token, unique to this lock. */
  readonly token: string;
  /** Kind of work, such as 'train'. */
  readonly by: string;
  /** Time of locking, by the owner's clock. */
  readonly since: string;
}

/** A folder is in use by another process, or another run of this process. */
export class FolderInUseError extends Error {
  /** 'FolderInUseError'. */
  override readonly name = 'FolderInUseError';

  constructor(where: string, folder: string, lock: string, owner: LockOwner, state: Exclude<ProcessState, 'dead'>) {
    const { pid, by, since, host } = owner;
    const isHere = state === 'running';
    const who = isHere && pid === process.pid ? 'this process' : `process ${pid}${isHere ? '' : ` on ${host}`}`;
    const advice = isHere
      ? 'wait for it, or take another folder'
      : `if that process has ended, delete ${join(folder, lock)}`;
    super(
      `${where}: ${showPath(folder)} is in use by ${showName(who)} (${by}, since ${since}), expected a folder that no other run uses (${advice})`,
    );
  }
}

const MAX_LOCK_BYTES = 4096;

/** The owner that a lock file names; null if there is no such file. @throws LockError if it cannot be read. */
export function readLock(where: string, path: string): LockOwner | null {
  const file = openRunFile(where, path);
  if (file === null) return null;
  const bytes = new Uint8Array(MAX_LOCK_BYTES);
  let length: number;
  try {
    length = readSync(file, bytes, 0, MAX_LOCK_BYTES, 0);
  } finally {
    closeSync(file);
  }
  const owner = parse(new TextDecoder().decode(bytes.subarray(0, length)));
  if (owner !== null) return owner;
  throw new LockError(where, path);
}

/** A lock file cannot be read, so it is unknown whether its folder is in use. */
export class LockError extends Error {
  /** 'LockError'. */
  override readonly name = 'LockError';

  constructor(where: string, path: string) {
    super(
      `${where}: ${showPath(path)} cannot be read as a lock, expected a lock file (delete it if no run uses the folder)`,
    );
  }
}

/** Accepts only the form that this program writes, since the texts are printed and used in file names. */
function parse(text: string): LockOwner | null {
  try {
    const { token, by, since, pid, start, host, machine, boot, pids, uptime } = JSON.parse(text);
    const isWhole =
      Number.isSafeInteger(pid) &&
      pid > 0 &&
      typeof uptime === 'number' &&
      matches(token, /^[0-9a-f]{16}$/) &&
      isActivity(by) &&
      matches(since, /^[\w:.-]{1,40}$/) &&
      matches(host, /^[\w.-]{1,255}$/) &&
      [start, machine, boot, pids].every((text) => matches(text, /^[\w:[\]-]{0,80}$/));
    return isWhole ? { token, by, since, pid, start, host, machine, boot, pids, uptime } : null;
  } catch {
    return null;
  }
}

/** Whether a value can name the work of a process. */
export const isActivity = (activity: unknown): activity is string => matches(activity, /^[\w -]{1,40}$/);

const matches = (value: unknown, pattern: RegExp): value is string => typeof value === 'string' && pattern.test(value);

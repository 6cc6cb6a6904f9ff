import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { systemReason } from './system-reason.ts';

/** File operations that differ between systems. */
export interface FileSystem {
  /** Renames a file or folder; an existing file of that name is replaced. */
  rename(from: string, to: string): void;
  /** Flushes the names in a folder to disk. */
  syncFolder(folder: string): void;
  /** Reads a text file of the Linux kernel about processes and limits, as below /proc; '' if there is none. */
  systemText(path: string): string;
}

/** System calls used by the file operations. */
export interface FileCalls {
  readonly rename: (from: string, to: string) => void;
  readonly open: (path: string) => number;
  readonly sync: (file: number) => void;
  readonly close: (file: number) => void;
  readonly readText: (path: string) => string;
  readonly waitMs: (ms: number) => void;
}

const systemCalls: FileCalls = {
  rename: renameSync,
  open: (path) => openSync(path, 'r'),
  sync: fsyncSync,
  close: closeSync,
  readText: (path) => readFileSync(path, 'utf8'),
  waitMs: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
};

/** Waits before retries, 2.5 s in total: about as long as a virus scanner holds a new file. */
const WAITS_MS = [10, 20, 40, 80, 150, 300, 500, 700, 700];

/** Windows errors if another program has a file open. */
const IN_USE = new Set<unknown>(['EPERM', 'EACCES', 'EBUSY']);

export const fileSystems = {
  posix: ({ rename, open, sync, close, readText }) => ({
    rename,
    syncFolder(folder) {
      let file: number;
      try {
        file = open(folder);
      } catch {
        // Not every system can open a folder; without it, only the name may be lost in a crash.
        return;
      }
      try {
        sync(file);
      } finally {
        close(file);
      }
    },
    systemText(path) {
      try {
        return readText(path);
      } catch {
        return '';
      }
    },
  }),
  win32: ({ rename, waitMs }) => ({
    /** Retries, since a file cannot be replaced while another program (an indexer or virus scanner) has it open. */
    rename(from, to) {
      for (const ms of WAITS_MS) {
        try {
          return rename(from, to);
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && IN_USE.has(error.code))) throw error;
          waitMs(ms);
        }
      }
      rename(from, to);
    },
    /** Nothing: Windows refuses to sync a folder (EPERM), and NTFS keeps a journal of names. */
    syncFolder() {},
    /** Not read: such a path would be one on the current drive. */
    systemText: () => '',
  }),
} satisfies Record<string, (calls: FileCalls) => FileSystem>;

export const fileSystem: FileSystem = fileSystems[process.platform === 'win32' ? 'win32' : 'posix'](systemCalls);

/** Creates a directory and its parents. Node's recursive mkdir never returns below /proc. */
export function makeDirectory(path: string): string {
  if (statSync(checkPath('makeDirectory', path), { throwIfNoEntry: false })?.isDirectory()) return path;
  makeDirectory(dirname(resolve(path)));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have created it in between.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
  return path;
}

/** Size of a regular file. @throws Error naming what else is there; pipes and devices are not opened. */
export function fileSize(where: string, path: string, expected: string): number {
  const size = findFile(where, path, expected);
  if (size === null) throw new Error(`${where}: ${showPath(path)} does not exist, expected ${expected}`);
  return size;
}

/** Same as `fileSize`; null if nothing is there. */
export function findFile(where: string, path: string, expected: string): number | null {
  const stats = statsOf(where, checkPath(where, path));
  if (stats === undefined) return null;
  if (stats.isDirectory()) throw new Error(`${where}: ${showPath(path)} is a directory, expected ${expected}`);
  if (!stats.isFile()) throw new Error(`${where}: ${showPath(path)} is not a regular file, expected ${expected}`);
  return stats.size;
}

/** Whether a number is the descriptor of an open socket of this process. */
export function isSocket(descriptor: number): boolean {
  if (!Number.isInteger(descriptor)) return false;
  try {
    // Without bigint, Node afterwards mistakes symbolic links of packages that it loads for their targets.
    return fstatSync(descriptor, { bigint: true }).isSocket();
  } catch {
    return false; // the descriptor is closed
  }
}

/** The stats of a file or folder; undefined if the path does not exist. @throws Error if access is denied. */
export const statsOf = (where: string, path: string, stat: typeof statSync = statSync): Stats | undefined =>
  explainFailure(where, path, () => stat(path, { throwIfNoEntry: false }));

/** The names in a folder; empty if there is no folder. @throws Error if it cannot be read. */
export const namesIn = (where: string, folder: string): string[] =>
  statsOf(where, folder)?.isDirectory() ? explainFailure(where, folder, () => readdirSync(folder)) : [];

function explainFailure<T>(where: string, path: string, readStats: () => T): T {
  try {
    return readStats();
  } catch (error) {
    const problem = `cannot be read: ${systemReason(error)}, expected a path that can be`;
    throw new Error(`${where}: ${showPath(path)} ${problem}`, { cause: error });
  }
}

import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { showPath } from '@gradloom/core/internal';
import { checkPath } from './check-path.ts';
import { statsOf } from './look-up.ts';

/** What systems do differently with files. */
export interface FileSystem {
  /** Gives a file or a folder its name; a file replaces another of that name. */
  rename(from: string, to: string): void;
  /** Puts the names in a folder on the disk. */
  syncFolder(folder: string): void;
  /** What Linux tells of processes and limits in a file, such as one below /proc; '' where it does not. */
  systemText(path: string): string;
}

/** The calls of the system that these make. */
export interface FileCalls {
  readonly rename: (from: string, to: string) => void;
  readonly open: (path: string) => number;
  readonly sync: (file: number) => void;
  readonly close: (file: number) => void;
  readonly readText: (path: string) => string;
  readonly waitMs: (ms: number) => void;
}

const ownCalls: FileCalls = {
  rename: renameSync,
  open: (path) => openSync(path, 'r'),
  sync: fsyncSync,
  close: closeSync,
  readText: (path) => readFileSync(path, 'utf8'),
  waitMs: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
};

/** How long to wait before each further try, 2.5 s together: a scanner for viruses holds a new file about as long. */
const WAITS_MS = [10, 20, 40, 80, 150, 300, 500, 700, 700];

/** Errors of Windows where another program has a file open. */
const IN_USE = new Set<unknown>(['EPERM', 'EACCES', 'EBUSY']);

export const fileSystems = {
  posix: ({ rename, open, sync, close, readText }) => ({
    rename,
    syncFolder(folder) {
      let file: number;
      try {
        file = open(folder);
      } catch {
        // Not every system can open a folder; then only the name may be lost in a crash.
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
    /** A file cannot be replaced while another program has it open, be it for a moment, as indexers and scanners do. */
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
    /** Windows refuses to sync a folder (EPERM), and NTFS keeps a journal of names. */
    syncFolder() {},
    /** Such a path would be one on the current drive. */
    systemText: () => '',
  }),
} satisfies Record<string, (calls: FileCalls) => FileSystem>;

/** That of this process. */
export const fileSystem: FileSystem = fileSystems[process.platform === 'win32' ? 'win32' : 'posix'](ownCalls);

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

/**
 * Size of a regular file; a pipe or a device is refused before it is opened.
 * @throws Error naming what is there instead.
 */
export function fileSize(where: string, path: string, wanted: string): number {
  const size = findFile(where, path, wanted);
  if (size === null) throw new Error(`${where}: ${showPath(path)} does not exist, expected ${wanted}`);
  return size;
}

/** The same; null if nothing is there. */
export function findFile(where: string, path: string, wanted: string): number | null {
  const stats = statsOf(where, checkPath(where, path));
  if (stats === undefined) return null;
  if (stats.isDirectory()) throw new Error(`${where}: ${showPath(path)} is a directory, expected ${wanted}`);
  if (!stats.isFile()) throw new Error(`${where}: ${showPath(path)} is not a regular file, expected ${wanted}`);
  return stats.size;
}

/** Whether this is the number of an open file of this process that is a socket. */
export function isSocket(descriptor: number): boolean {
  if (!Number.isInteger(descriptor)) return false;
  try {
    // With big integers: without them, Node takes the links of packages that it loads right behind this for their
    // places.
    return fstatSync(descriptor, { bigint: true }).isSocket();
  } catch {
    return false; // it is closed
  }
}

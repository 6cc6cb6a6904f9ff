import { closeSync, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs';

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

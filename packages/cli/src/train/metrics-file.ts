import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { openOwnFile, temporaryPath } from '@gradloom/runtime/internal';
import { describeLines, type RunLines, runLines } from '../run-files/run-lines.ts';
import { seal } from '../run-files/seal.ts';
import { keepAside } from './keep-aside.ts';

/** A run's metrics.jsonl, or another file of lines, open for writing. */
export interface MetricsFile {
  /** What was found amiss as it was opened, each a sentence without its full stop. */
  readonly notes: readonly string[];
  /** What was left out as it was opened, because the run does its steps again; '' where nothing was. */
  readonly dropped: string;
  /** The lines that it began with. */
  readonly kept: readonly Readonly<Record<string, unknown>>[];
  /** Adds a line, with its checksum. Where there is no room it waits for the next one; returns why, the first time. */
  add(line: string): Error | null;
  /** Takes away the lines that lie behind the first `step` steps. */
  cut(step: number): void;
  /** Puts on the disk what was added. */
  sync(): void;
  /** @throws Error where lines still wait. */
  close(): void;
}

/**
 * Opens the file behind the lines that belong to the first `step` steps. Those of later steps, which a killed process
 * wrote after its last checkpoint, are left out, and so are damaged ones: the file as it was is then kept beside.
 * `from` is the file of the run that this one goes on from, which stays as it is.
 *
 * What is kept goes to a new file that takes the name of the old one: it is never half done, and another name of the
 * old file, such as that of a backup by hard links, keeps the old lines.
 * @throws Error where a link or no regular file is in its place.
 */
export function openMetrics(path: string, step: number, from = path): MetricsFile {
  const bytes = readOwn(from);
  const found = runLines(bytes);
  const kept = found.lines.filter(({ value }) => belongs(value, step));
  const notes = notesOf(found, path, from, () => keepAside(path, bytes));
  // Of another run's file nothing is lost: it stays.
  const dropped = from === path ? droppedOf(basename(path), found.lines.length - kept.length, found.isCutOff) : '';
  const text = kept.map(({ text }) => `${found.isUnsealed ? seal(text) : text}\n`).join('');
  const file = replace(path, Buffer.from(text));
  let position = fstatSync(file).size;
  let waiting = Buffer.alloc(0);
  let failing = false;

  function cut(step: number): void {
    const all = Buffer.concat([readAll(file, position), waiting]);
    const end = bytesUpTo(all, step);
    waiting = all.subarray(Math.min(position, end), end);
    position = Math.min(position, end);
    ftruncateSync(file, position);
  }

  function flush(): Error | null {
    try {
      while (waiting.length > 0) {
        // At its place rather than at the end: a line of which a part was written is written again.
        const written = writeSync(file, waiting, 0, waiting.length, position);
        position += written;
        waiting = waiting.subarray(written);
      }
      failing = false;
      return null;
    } catch (error) {
      const first = !failing;
      failing = true;
      return first && error instanceof Error ? error : null;
    }
  }

  return {
    notes,
    dropped,
    kept: kept.map(({ value }) => value),
    add(line) {
      waiting = Buffer.concat([waiting, Buffer.from(`${seal(line)}\n`)]);
      return flush();
    },
    cut,
    sync: () => fsyncSync(file),
    close() {
      flush();
      closeSync(file);
      if (waiting.length > 0)
        throw new Error(`${path} lacks its last ${waiting.length} bytes, expected room on the disk for them`);
    },
  };
}

function notesOf({ damaged, isUnsealed }: RunLines, path: string, from: string, keep: () => string): string[] {
  const isOwn = from === path;
  const name = isOwn ? basename(path) : from;
  const notes: string[] = [];
  if (damaged.length > 0) {
    const what = `${name} has damaged ${damaged.length === 1 ? 'line' : 'lines'} ${describeLines(damaged)}`;
    const kept = isOwn ? `; the damaged file is kept as ${keep()}` : '';
    notes.push(`${what}, now left out${kept}`);
  }
  if (isUnsealed) {
    notes.push(`${name} has no checksums (an earlier version wrote it), so its lines are not checked`);
  }
  return notes;
}

/** '2 lines and half a line of metrics.jsonl' that do not go into the new file; '' where all do. */
function droppedOf(name: string, later: number, isCutOff: boolean): string {
  const lines = later === 0 ? [] : [later === 1 ? 'a line' : `${later} lines`];
  const parts = isCutOff ? [...lines, 'half a line'] : lines;
  return parts.length === 0 ? '' : `${parts.join(' and ')} of ${name}`;
}

function readOwn(path: string): Uint8Array {
  const file = openOwnFile('train', path);
  if (file === null) return new Uint8Array(0);
  try {
    return readAll(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

function readAll(file: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (let got = -1; got !== 0 && filled < length; filled += got) {
    got = readSync(file, bytes, filled, length - filled, filled);
  }
  return bytes.subarray(0, filled);
}

/** A new file with these bytes takes the name, whatever had it; returns it, open. */
function replace(path: string, bytes: Uint8Array): number {
  const temporary = temporaryPath(path);
  const file = openSync(temporary, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at);
    fsyncSync(file);
    renameSync(temporary, path);
    return file;
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Where the first line ends up that is of a later step. */
function bytesUpTo(bytes: Buffer, step: number): number {
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\n', start);
    if (end === -1 || !belongs(JSON.parse(bytes.toString('utf8', start, end)), step)) return start;
    start = end + 1;
  }
}

/** Events of what was seen before a step. */
const LOOKS = new Set<unknown>(['probe', 'division']);

/** An epoch counts the steps that are done; a look belongs to the step that comes next. */
function belongs(value: Readonly<Record<string, unknown>>, step: number): boolean {
  if (typeof value.step !== 'number') return false;
  return LOOKS.has(value.event) ? value.step < step : value.step <= step;
}

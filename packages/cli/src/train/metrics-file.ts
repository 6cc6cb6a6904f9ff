import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { findFile } from '@gradloom/runtime';
import { isRecord } from '../options/read-object.ts';

/** A run's metrics.jsonl, open for writing. */
export interface MetricsFile {
  /** Adds a line. Where there is no room it waits for the next one; returns why, the first time. */
  add(line: string): Error | null;
  /** Takes away the lines that lie behind the first `step` steps. */
  cut(step: number): void;
  /** @throws Error where lines still wait. */
  close(): void;
}

/**
 * Opens the file behind the lines that belong to the first `step` steps, and cuts off the others: those that a killed process
 * wrote after its last checkpoint, or began. @throws Error where no file can be: a FIFO would be waited for.
 */
export function openMetrics(path: string, step: number): MetricsFile {
  findFile('train', path, 'a file of lines');
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  let position = fstatSync(file).size;
  let waiting = Buffer.alloc(0);
  let failing = false;
  cut(step);

  function cut(step: number): void {
    const written = Buffer.alloc(position);
    readSync(file, written, 0, position, 0);
    const all = Buffer.concat([written, waiting]);
    const kept = bytesUpTo(all, step);
    waiting = all.subarray(Math.min(position, kept), kept);
    position = Math.min(position, kept);
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
    add(line) {
      waiting = Buffer.concat([waiting, Buffer.from(`${line}\n`)]);
      return flush();
    },
    cut,
    close() {
      flush();
      closeSync(file);
      if (waiting.length > 0) throw new Error(`${path} lacks its last ${waiting.length} bytes, expected room for them`);
    },
  };
}

/** Where the first line ends up that is of a later step, or no whole line. */
function bytesUpTo(bytes: Buffer, step: number): number {
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\n', start);
    if (end === -1 || !belongs(bytes.toString('utf8', start, end), step)) return start;
    start = end + 1;
  }
}

/** Events of what was seen before a step. */
const LOOKS = new Set<unknown>(['probe', 'division']);

/** An epoch counts the steps that are done; a look belongs to the step that comes next. */
function belongs(line: string, step: number): boolean {
  const value = parse(line);
  if (!isRecord(value) || typeof value.step !== 'number') return false;
  return LOOKS.has(value.event) ? value.step < step : value.step <= step;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

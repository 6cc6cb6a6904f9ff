import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { fileSystem, temporaryPath, writeAtomically } from '@gradloom/runtime/internal';
import { readBytes, readRunFile } from '../../files/run-files/names.ts';
import { describeNumbers, type RunLines, runLines } from '../../files/run-files/run-lines.ts';
import { seal } from '../../files/run-files/seal.ts';

/** A run's metrics.jsonl, or another file of lines, open for writing. */
export interface MetricsFile {
  /** Problems found when it was opened, each a sentence without its full stop. */
  readonly warnings: readonly string[];
  /** Lines left out when it was opened, because the run repeats their steps; '' if none. */
  readonly droppedText: string;
  /** The lines that were kept when it was opened. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Adds a line with its checksum, if need be with a later one. Returns the error, the first time only. */
  add(line: string): Error | null;
  /** Removes the lines after the first `step` steps. */
  cut(step: number): void;
  sync(): void;
  /** @throws Error if lines are still waiting. */
  close(): void;
}

/**
 * Opens the file for lines after the first `step` steps. Lines of later steps, which a killed process wrote after its
 * last checkpoint, are left out, and so are damaged ones; a damaged file is kept under another name. `from` is the file
 * of the run that this one continues, which is not changed.
 *
 * The kept lines go to a new file that replaces the old one, so it is never half written, and another hard link to the
 * old file, such as a backup, keeps the old lines.
 * @throws Error if a link or something other than a regular file has this name.
 */
export function openMetrics(path: string, step: number, from = path): MetricsFile {
  const bytes = readRunFile('train', from) ?? new Uint8Array(0);
  const oldLines = runLines(bytes);
  const keptLines = oldLines.lines.filter(({ value }) => isUpToStep(value, step));
  const warnings = warningsOf(oldLines, path, from, () => saveDamaged(path, bytes));
  // The file of another run is not changed, so nothing is lost.
  const droppedText =
    from === path ? droppedOf(basename(path), oldLines.lines.length - keptLines.length, oldLines.isCutOff) : '';
  const text = keptLines.map(({ text }) => `${oldLines.isUnsealed ? seal(text) : text}\n`).join('');
  const file = replaceFile(path, Buffer.from(text));
  let position = fstatSync(file).size; // end of the written lines
  let waiting = Buffer.alloc(0); // bytes of lines that could not be written yet
  let isFailing = false;

  // The line of a step may already be in the file, or still be waiting.
  function cut(step: number): void {
    const bytes = Buffer.concat([readBytes(file, 0, position), waiting]);
    const end = bytesUpTo(bytes, step);
    waiting = bytes.subarray(Math.min(position, end), end);
    position = Math.min(position, end);
    ftruncateSync(file, position);
  }

  function flush(): Error | null {
    try {
      while (waiting.length > 0) {
        // At its position rather than at the end, since a partly written line is written again.
        const writtenBytes = writeSync(file, waiting, 0, waiting.length, position);
        position += writtenBytes;
        waiting = waiting.subarray(writtenBytes);
      }
      isFailing = false;
      return null;
    } catch (error) {
      const isFirst = !isFailing;
      isFailing = true;
      return isFirst && error instanceof Error ? error : null;
    }
  }

  return {
    warnings,
    droppedText,
    lines: keptLines.map(({ value }) => value),
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

function warningsOf({ damaged, isUnsealed }: RunLines, path: string, from: string, saveCopy: () => string): string[] {
  const isSameFile = from === path;
  const name = isSameFile ? basename(path) : from;
  const warnings: string[] = [];
  if (damaged.length > 0) {
    const problem = `${name} has damaged ${damaged.length === 1 ? 'line' : 'lines'} ${describeNumbers(damaged)}`;
    const keptAs = isSameFile ? `; the damaged file is kept as ${saveCopy()}` : '';
    warnings.push(`${problem}, now left out${keptAs}`);
  }
  if (isUnsealed) {
    warnings.push(`${name} has no checksums (an earlier version wrote it), so its lines are not checked`);
  }
  return warnings;
}

/** '2 lines and half a line of metrics.jsonl': the lines that do not go into the new file; '' if there are none. */
function droppedOf(name: string, later: number, isCutOff: boolean): string {
  const lines = later === 0 ? [] : [later === 1 ? 'a line' : `${later} lines`];
  const parts = isCutOff ? [...lines, 'half a line'] : lines;
  return parts.length === 0 ? '' : `${parts.join(' and ')} of ${name}`;
}

/** Creates a file with these bytes, replacing any other; returns its descriptor. */
function replaceFile(path: string, bytes: Uint8Array): number {
  const temporary = temporaryPath(path);
  const file = openSync(temporary, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    for (let writtenBytes = 0; writtenBytes < bytes.length; ) {
      writtenBytes += writeSync(file, bytes, writtenBytes, bytes.length - writtenBytes);
    }
    fsyncSync(file);
    fileSystem.rename(temporary, path);
    return file;
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Offset after the lines of the first `step` steps. */
function bytesUpTo(bytes: Buffer, step: number): number {
  for (let start = 0; ; ) {
    const end = bytes.indexOf('\n', start);
    if (end === -1 || !isUpToStep(JSON.parse(bytes.toString('utf8', start, end)), step)) return start;
    start = end + 1;
  }
}

/** Events that describe the state before a step. */
const BEFORE_STEP = new Set<unknown>(['probe', 'division']);

/** The step of an epoch event counts steps done; that of a probe is the next step. */
function isUpToStep(value: Readonly<Record<string, unknown>>, step: number): boolean {
  if (typeof value.step !== 'number') return false;
  return BEFORE_STEP.has(value.event) ? value.step < step : value.step <= step;
}

/** Stores the bytes of a damaged file next to it, under the first free name; returns that name. */
function saveDamaged(path: string, bytes: Uint8Array): string {
  let number = 1;
  while (existsSync(`${path}.damaged-${number}`)) number++;
  const copy = `${path}.damaged-${number}`;
  writeAtomically('train', copy, [bytes]);
  return basename(copy);
}

/** Steps up to `step` that no line of steps.jsonl covers: 'step 4' or 'steps 1 to 10'; '' if none is missing. */
export function missingSteps(lines: readonly Readonly<Record<string, unknown>>[], step: number): string {
  const missing: number[] = [];
  let coveredSteps = 0;
  for (const { first, step: end } of [...lines, { first: step, step }]) {
    for (let before = coveredSteps; before < Number(first); before++) missing.push(before + 1);
    coveredSteps = Math.max(coveredSteps, Number(end));
  }
  return missing.length === 0 ? '' : `${missing.length === 1 ? 'step' : 'steps'} ${describeNumbers(missing)}`;
}

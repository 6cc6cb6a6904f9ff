import { closeSync, fstatSync, readFileSync, readSync } from 'node:fs';
import { BEST_FILE, LAST_FILE } from '@gradloom/runtime';
import { openRunFile } from '@gradloom/runtime/internal';

/** Folder for runs without --out, in the working directory. */
export const RUNS_FOLDER = 'runs';

/** The options of a run, and the machine. */
export const CONFIG_FILE = 'config.json';

export const METRICS_FILE = 'metrics.jsonl';

/** Losses, gradient norms and learning rates by step; in a long run their means over several steps. */
export const STEPS_FILE = 'steps.jsonl';

/** Decision regions during training, only of runs whose rows are points of the plane. */
export const DIVISIONS_FILE = 'divisions.jsonl';

/** Findings stored with the run, so that a report needs only files. */
export const FINDINGS_FILE = 'findings.json';

/** The address at which the process of a run with --live can be steered; only while it trains. */
export const LIVE_FILE = 'live.json';

/** The page of a run or another document. */
export const REPORT_FILE = 'report.html';

export const MODEL_FILE = 'model.gradloom';

/** The record of all experiments in a folder: commands and machine, which their documents do not have. */
export const EXPERIMENTS_FILE = 'experiments.json';

export const SCALE_FILE = 'scale.json';

export const LR_FIND_FILE = 'lr-find.json';

export const SEARCH_FILE = 'search.json';

/** The figures of a cross-validation. */
export const FOLDS_FILE = 'folds.json';

/** The runs of a search as they end. */
export const SEARCH_LINES = 'search.jsonl';

export const EXPLAIN_FILE = 'explain.json';

/** The files that a run of train writes or replaces. */
export const RUN_FILES: readonly string[] = [
  CONFIG_FILE,
  METRICS_FILE,
  STEPS_FILE,
  DIVISIONS_FILE,
  FINDINGS_FILE,
  MODEL_FILE,
  LAST_FILE,
  BEST_FILE,
];

/**
 * The bytes of a file of a run. A link is refused, since it may lead to any file of the user. Null if there is no such
 * file. @throws Error naming the path if it is not a regular file, or it has more than `maxBytes`.
 */
export function readRunFile(
  where: string,
  path: string,
  expected?: string,
  maxBytes = Number.POSITIVE_INFINITY,
): Buffer | null {
  const file = openRunFile(where, path, expected);
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error(`${where}: ${path} has ${size} bytes, expected at most ${maxBytes}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** The bytes of an open file from `start` on; fewer at its end. */
export function readBytes(file: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filledBytes = 0;
  for (let count = -1; count !== 0 && filledBytes < length; filledBytes += count) {
    count = readSync(file, bytes, filledBytes, length - filledBytes, start + filledBytes);
  }
  return bytes.subarray(0, filledBytes);
}

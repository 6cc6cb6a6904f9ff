import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  type DataSplits,
  LAST_FILE,
  type SteerAction,
  type TrainingRun,
  type TrainProgressEvent,
} from '@gradloom/runtime';
import { LOCK_FILE, lockOwner } from '@gradloom/runtime/internal';
import { isFolder } from '../../files/folders.ts';
import { CONFIG_FILE, FINDINGS_FILE, REPORT_FILE } from '../../files/run-files/names.ts';
import { formatValue } from '../../options/member.ts';
import { findings } from '../../report/findings/findings.ts';
import { readDocument } from '../../report/run-files.ts';
import { runConfig } from '../../report/train/run-config.ts';
import { UsageError } from '../../terminal/failure.ts';
import { hasAddress, steerElsewhere } from './live-address.ts';
import type { RunMessage, RunResult, RunState, SteerLine, WrongMessage } from './messages.ts';
import { askCheckpoint, wrongRows } from './wrong-rows.ts';

/** A run that is watched from its files, whichever process writes them. */
export interface WatchedRun {
  readonly folder: string;
  readonly local: LocalRun | undefined;
  /** Steers the run in the process that trains it. @throws Error if it cannot be steered. */
  steer(action: SteerAction, rate?: number): Promise<SteerLine>;
  /** Facts about the run for the page. @throws Error if a file is damaged. */
  facts(): Omit<RunMessage, 'run'>;
  /** Wrong answers of the newest checkpoint, computed once for each checkpoint. @throws Error (rejects) without any. */
  wrongRows(): Promise<WrongMessage>;
}

/** A run of this process: it can be steered, and its threads are known. */
export interface LocalRun {
  readonly steer: TrainingRun['steer'];
  readonly sets: DataSplits;
  /** Speed in the newest span, the steps since the progress event before. */
  speed(): Pick<TrainProgressEvent, 'step' | 'samplesPerSecond' | 'elapsedMs' | 'busy'> | undefined;
}

/** The runs of a server. Runs are added at the end, and none is removed. */
export type WatchedRuns = () => readonly WatchedRun[];

/** Maximum number of runs of a server, and how many of them may have begun before it. */
const MAX_RUNS = 100;
const MAX_FIRST_RUNS = 50;

/** Milliseconds between two searches for new runs. */
const SEARCH_MS = 1000;

export function watchRun(folder: string, local?: LocalRun): WatchedRun {
  const name = basename(resolve(folder));
  const config = readOnChange(join(folder, CONFIG_FILE), () => configFacts(folder));
  const result = readOnChange(join(folder, FINDINGS_FILE), () => resultOf(folder));
  const checkpoint = join(folder, LAST_FILE);
  return {
    folder,
    local,
    wrongRows: readOnChange(checkpoint, async (exists) => {
      if (exists) return askCheckpoint(checkpoint, local?.sets);
      throw new Error('the run has no checkpoint yet, expected one ("Write a checkpoint", or --checkpoint-every 1e)');
    }),
    async steer(action, rate) {
      if (local === undefined) return await steerElsewhere(folder, action, rate);
      const { step, rate: changedRate = null } = await local.steer(action, rate);
      return { step, action, rate: changedRate };
    },
    facts() {
      const state = stateOf(folder);
      const isEnded = state === 'ended';
      // A resumed run has the findings of its earlier end until it ends again.
      return {
        name,
        state,
        ...config(),
        result: isEnded ? result() : null,
        isSteerable: state === 'running' && (local !== undefined || hasAddress(folder)),
        hasReport: isEnded && existsSync(join(folder, REPORT_FILE)),
      };
    },
  };
}

/**
 * The runs in `paths`, each the folder of a run or a folder of such folders, at first the newest. New ones are
 * searched at most every second. @throws UsageError if a path is not a folder.
 */
export function watchFolders(paths: readonly string[]): WatchedRuns {
  for (const path of paths) {
    if (isFolder(path)) continue;
    throw new UsageError(`no run found in ${JSON.stringify(path)}, expected a folder that train wrote, or one of such`);
  }
  const runs = new Map<string, WatchedRun>();
  const serverStartMs = Date.now();
  let searchedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - searchedMs < SEARCH_MS) return [...runs.values()];
    // The first search finds the newest runs, whenever they began; later ones only runs that began after the server.
    const [maxRuns, sinceMs] = searchedMs < 0 ? [MAX_FIRST_RUNS, 0] : [MAX_RUNS, serverStartMs];
    for (const { folder, startMs } of paths.flatMap(runsIn)) {
      if (startMs >= sinceMs && runs.size < maxRuns && !runs.has(folder)) runs.set(folder, watchRun(folder));
    }
    searchedMs = performance.now();
    return [...runs.values()];
  };
}

/** The folder itself if it is a run, else the runs in it, the newest first. */
function runsIn(path: string): { readonly folder: string; readonly startMs: number }[] {
  const folders = isRun(path) ? [path] : subfoldersOf(path).filter(isRun);
  return folders
    .map((folder) => ({
      folder,
      startMs: statSync(join(folder, CONFIG_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.startMs - a.startMs);
}

/** None if the folder is gone. */
function subfoldersOf(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch {
    return [];
  }
}

const isRun = (folder: string): boolean => existsSync(join(folder, CONFIG_FILE));

/** A killed process leaves its lock. */
function stateOf(folder: string): RunState {
  if (lockOwner('live', folder)?.by === 'train') return 'running';
  return existsSync(join(folder, LOCK_FILE)) ? 'killed' : 'ended';
}

function configFacts(
  folder: string,
): Pick<RunMessage, 'options' | 'started' | 'description' | 'parameters' | 'stepsPerEpoch' | 'totalSteps'> {
  const config = readDocument(folder, CONFIG_FILE, runConfig);
  if (config === null)
    return { options: {}, started: '', description: [], parameters: 0, stepsPerEpoch: null, totalSteps: null };
  const { options, started = '', description = [], parameters, stepsPerEpoch = null } = config;
  const { steps, epochs } = options;
  const inEpochs = typeof epochs === 'number' && stepsPerEpoch !== null ? epochs * stepsPerEpoch : null;
  return {
    options: Object.fromEntries(Object.entries(options).map(([key, value]) => [key, formatValue(value)])),
    started,
    description,
    parameters,
    stepsPerEpoch,
    totalSteps: typeof steps === 'number' ? steps : inEpochs,
  };
}

function resultOf(folder: string): RunResult | null {
  const document = readDocument(folder, FINDINGS_FILE, findings);
  if (document === null) return null;
  const { answers, targets = [] } = document;
  const { testLoss, testAccuracy, testRmse, testTargets = {}, elapsedMs, fingerprint } = document.result;
  const rowsOfTargets = targets.flatMap(({ name, answers }) => (answers === null ? [] : [wrongRows(answers, name)]));
  return {
    testLoss: finite(testLoss),
    testAccuracy: finite(testAccuracy),
    testRmse: finite(testRmse),
    testTargets,
    elapsedMs: finite(elapsedMs),
    fingerprint,
    wrong: answers === null ? rowsOfTargets : [wrongRows(answers), ...rowsOfTargets],
  };
}

const finite = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

/** Reads a file again only after it was replaced, or after a failed read, whose cause may be gone. */
function readOnChange<T>(path: string, read: (isThere: boolean) => T): () => T {
  let lastVersion = '';
  let newest: { readonly value: T } | undefined;
  return () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    const version = stats === undefined ? 'none' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
    if (newest === undefined || version !== lastVersion) {
      const value = read(stats !== undefined);
      const current = { value };
      newest = current;
      lastVersion = version;
      if (value instanceof Promise) {
        value.catch(() => {
          if (newest === current) newest = undefined;
        });
      }
    }
    return newest.value;
  };
}

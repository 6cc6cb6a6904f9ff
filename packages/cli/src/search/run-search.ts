import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { OptionError } from '@gradloom/core';
import { createPool, type FolderLock, type Pool } from '@gradloom/runtime';
import { hashDataset, lockFolder, planRun } from '@gradloom/runtime/internal';
import { describeMachine } from '../describe-machine.ts';
import { withoutPlace } from '../failure.ts';
import { type Io, printJson, printLine, printLines } from '../io.ts';
import { refuseMoreThan } from '../models/open-model.ts';
import { boundMemory } from '../options/bound-memory.ts';
import { flagsToRaw, parseRaw } from '../options/raw-options.ts';
import { tryReport } from '../report/try-report.ts';
import type { Request } from '../request.ts';
import { SEARCH_FILE, SEARCH_LINES } from '../run-files/names.ts';
import { exitCodes, type Interruption, listenForInterrupt } from '../terminal/interrupt.ts';
import { createNote } from '../terminal/note.ts';
import { writeOut } from '../text/out-directory.ts';
import { commandOf } from '../train/describe-flags.ts';
import { lockNewDirectory } from '../train/new-directory.ts';
import { type TrainValues, trainOptions } from '../train/options.ts';
import type { Recipe } from '../train/recipe.ts';
import { UsageError } from '../usage-error.ts';
import { createLanes, type Lanes } from './choose-lanes.ts';
import { fixedOptions, type MetricName, readSearch, type SearchConfig, spaceOf, valuesAt } from './config.ts';
import { describeSearch } from './describe-search.ts';
import { documentOf, type SearchDocument } from './document.ts';
import { openJournal, readStart } from './journal.ts';
import { openRuns, type Runs } from './open-runs.ts';
import { type SearchValues, searchOptions } from './options.ts';
import { keyText, type RunKey, standingsOf, survivors } from './outcome.ts';
import { runAll } from './run-all.ts';
import type { Dimension } from './space.ts';
import { roundsOf, type Trial, trialsOf } from './trials.ts';

/** Searches, or goes on with a search. Resolves to the exit code. */
export async function runSearch(request: Request, io: Io): Promise<number> {
  const values = parseRaw(searchOptions, flagsToRaw(searchOptions, request), [[['resume'], ['out']]]);
  refuseMoreThan(1, request.positionals, 'one file');
  const [path] = request.positionals;
  const { resume, out } = values;
  if ((path === undefined) === (resume === undefined)) {
    const problem = path === undefined ? 'the file is missing' : 'a file is given with --resume';
    throw new UsageError(
      `${problem}, expected a file such as search.yaml, or --resume with a search such as runs/search-1`,
    );
  }
  boundMemory(values);
  if (resume !== undefined) return goOn(resume, values, io);
  const config = await readSearch(path);
  const opened = await open(path, config);
  const lock = lockNewDirectory(out, 'search');
  try {
    return await search(path, config, opened, lock, values, io);
  } finally {
    lock.release();
  }
}

async function goOn(folder: string, values: SearchValues, io: Io): Promise<number> {
  if (
    !(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false) ||
    !existsSync(join(folder, SEARCH_LINES))
  ) {
    throw new UsageError(`--resume has ${folder}, expected the directory of a search, with its ${SEARCH_LINES}`);
  }
  const lock = lockFolder('search', folder, 'search');
  try {
    const { file, config } = readStart(folder);
    return await search(file, config, await open(file, config), lock, values, io);
  } finally {
    lock.release();
  }
}

/** A search whose first runs fit together with its data. */
interface Opened {
  readonly space: readonly Dimension[];
  readonly trials: readonly Trial[];
  readonly runs: Runs;
  readonly metric: MetricName;
  readonly data: string; // SHA-256 of the sets
  readonly length: number; // steps or epochs that train takes by default, for a halving
}

/** @throws UsageError for the first trial whose options do not fit, before anything is written */
async function open(where: string, config: SearchConfig): Promise<Opened> {
  const space = spaceOf(where, config);
  const trials = trialsOf(where, config, space);
  const runs = openRuns(where, config);
  const fold = config.folds === null ? null : 1;
  let first: Recipe | null = null;
  if (fixedOptions(where, config.options).dataset === undefined) {
    throw new UsageError(
      `${where}: options has no dataset, expected one of ${trainOptions.dataset.choices?.join(', ')}, or a path`,
    );
  }
  for (const { number, point } of trials) {
    try {
      const recipe = await runs.recipeOf(point, fold, null);
      first ??= recipe;
      const { spec, sets, options } = recipe;
      if (fold === null && sets.validation === undefined) break; // refused below, whatever else is wrong
      planRun(spec, sets, options);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(`${where}: trial ${number} (${pointText(point)}): ${error.message}`, { cause: error });
    }
  }
  if (first === null) throw new UsageError(`${where}: the search has no trials, expected at least one`);
  const { sets, options } = first;
  if (fold === null && sets.validation === undefined) {
    throw new UsageError(
      `${where}: ${sets.train.name} has no validation rows by default, expected a share in options, such as validation: 0.2, or folds`,
    );
  }
  const metric = config.metric ?? (sets.train.classes === null ? 'r2' : 'accuracy');
  refuseMissing(where, metric, first);
  const hashes: string[] = [];
  for (const set of [sets.train, sets.validation, sets.test])
    if (set !== undefined) hashes.push(await hashDataset(set));
  const stepsPerEpoch = typeof options.batch === 'number' ? Math.ceil(sets.train.rows / options.batch) : 1;
  const { steps, epochs = steps === undefined ? 1 : Math.max(1, Math.round(steps / stepsPerEpoch)) } = options;
  const length = config.halving?.unit === 'epochs' ? epochs : (steps ?? epochs * stepsPerEpoch);
  const { from = null, to = null } = config.halving ?? {};
  if (from !== null && to === null && from > length) {
    throw new UsageError(
      `${where}: halving: from has ${from}, expected at most the ${length} that a run has by default, or to beside it`,
    );
  }
  return { space, trials, runs, metric, data: hashes.join(' '), length };
}

/** @throws UsageError for a metric that the runs do not have, which is a figure of their held-out rows. */
function refuseMissing(where: string, metric: MetricName, { spec, sets, options }: Recipe): void {
  const { patience: _p, minDelta: _d, ...rest } = options;
  try {
    // What a run has is what early stopping could watch.
    planRun(spec, { ...sets, validation: sets.validation ?? sets.train }, { ...rest, patience: 1, monitor: metric });
  } catch (error) {
    if (!(error instanceof OptionError && error.options[0] === 'monitor')) throw error;
    throw new UsageError(`${where}: metric ${error.problem}`, { cause: error });
  }
}

export const pointText = (point: Readonly<Record<string, unknown>>): string =>
  Object.entries(point)
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(', ');

async function search(
  file: string,
  config: SearchConfig,
  { space, trials, runs, metric, data, length }: Opened,
  lock: FolderLock,
  values: SearchValues,
  io: Io,
): Promise<number> {
  const { json = false, threads = availableParallelism(), 'at-once': atOnce = 'auto' } = values;
  const rounds = roundsOf(trials.length, config.halving, length);
  const journal = openJournal(lock.path, { file, config, data }, trials.length);
  const interrupt = listenForInterrupt(io);
  const note = createNote('search', io);
  const { signal } = interrupt;
  signal.addEventListener('abort', () => {
    if (signal.reason === 'SIGPIPE') return;
    note.clear();
    printLine(
      io.stderr,
      `gradloom search: ${signal.reason}: ending; go on with --resume ${lock.path}; a second signal ends at once`,
    );
  });
  let unmeasured = 0;
  let pool: Pool | undefined;
  try {
    const threadPool = await createPool({ threads });
    pool = threadPool;
    for (const text of journal.notes) warn(text);
    const total = rounds.reduce((sum, { count }) => sum + count, 0) * (config.folds ?? 1);
    if (json) {
      printJson(
        io.stdout,
        JSON.stringify({
          event: 'start',
          out: lock.path,
          trials: trials.length,
          runs: total,
          done: journal.outcomes.size,
        }),
      );
    } else if (journal.outcomes.size > 0) {
      printLine(io.stdout, `${journal.outcomes.size} of ${total} runs are in ${lock.path} already`);
    }
    const lanesOf = createLanes(threadPool, atOnce, signal, (lanes) => {
      note.clear();
      if (json) printJson(io.stdout, JSON.stringify({ event: 'lanes', ...lanes }));
      else printLine(io.stdout, lanesText(lanes));
    });
    let left = trials.map(({ number }) => number);
    for (const round of rounds) {
      const keys = left.flatMap((trial) =>
        foldsOf(config).map((fold): RunKey => ({ trial, round: round.number, fold })),
      );
      const missing = keys.filter((key) => !journal.outcomes.has(keyText(key)));
      await runAll(missing, {
        recipeOf: ({ trial, fold }) => runs.recipeOf(trials[trial - 1].point, fold, round.length),
        ...{ pool: threadPool, lanesOf, signal },
        lacking({ trial, fold }, error) {
          unmeasured++;
          const which = `trial ${trial}${fold === null ? '' : `, fold ${fold}`}`;
          warn(`${which} is not measured: ${withoutPlace(error)}`);
        },
        done(outcome) {
          const failure = journal.add(outcome);
          if (failure !== null)
            warn(`${SEARCH_LINES} cannot be written now, its last lines are kept in memory (${failure.message})`);
          const best = standingsOf([...journal.outcomes.values()], metric, config.folds)[0];
          note.say(progressText(journal.outcomes.size, total, metric, best));
          if (json)
            printJson(io.stdout, JSON.stringify({ event: 'run', ...outcome, point: trials[outcome.trial - 1].point }));
        },
      });
      if (signal.aborted) break;
      const next = rounds[round.number];
      if (next !== undefined) {
        left = survivors([...journal.outcomes.values()], metric, config.folds, round.number, next.count);
      }
    }
    note.clear();
    return await finish();
  } finally {
    note.clear();
    interrupt.release();
    try {
      await pool?.destroy();
    } finally {
      journal.close();
    }
  }

  function warn(text: string): void {
    note.clear();
    printLine(io.stderr, `gradloom search: warning: ${text}`);
  }

  async function finish(): Promise<number> {
    const standings = standingsOf([...journal.outcomes.values()], metric, config.folds);
    const best = standings[0];
    const winner = best === undefined || best.score === null ? null : trials[best.trial - 1];
    const document: SearchDocument = {
      ...documentOf({ file, config, space, trials, rounds, standings, metric, stopped: signal.aborted }),
      best: winner === null ? null : { trial: winner.number, command: commandOf(bestValues(winner)) },
      ...describeMachine(),
    };
    const lost = attempt(() => writeOut(lock, SEARCH_FILE, `${JSON.stringify(document, null, 2)}\n`));
    // The search is complete even if its file cannot be written, so its results are printed.
    const page = standings.length === 0 || lost !== null ? null : await tryReport(lock.path, 'search', io);
    if (json) printJson(io.stdout, JSON.stringify({ ...document, event: 'done', out: lock.path, report: page }));
    else {
      printLines(io.stdout, describeSearch(document, io.env));
      if (lost === null) printLines(io.stdout, ['', `Full numbers: ${join(lock.path, SEARCH_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    if (lost !== null) throw lost;
    if (signal.aborted) return exitCodes[signal.reason as Interruption];
    return winner === null || unmeasured > 0 ? 1 : 0;
  }

  /** The options of the trial in the length of the last round. */
  function bestValues({ point }: Trial): TrainValues {
    const { epochs, steps, ...rest } = valuesAt(file, config, point);
    const { length: last } = rounds[rounds.length - 1];
    if (last !== null) return { ...rest, [last.unit]: last.count };
    return { ...rest, ...(epochs === undefined ? {} : { epochs }), ...(steps === undefined ? {} : { steps }) };
  }
}

const foldsOf = ({ folds }: SearchConfig): (number | null)[] =>
  folds === null ? [null] : Array.from({ length: folds }, (_, k) => k + 1);

const progressText = (
  done: number,
  total: number,
  metric: string,
  best: { readonly trial: number; readonly score: number | null } | undefined,
): string => {
  const found = best?.score == null ? '' : `, best ${metric} ${best.score.toPrecision(4)} (trial ${best.trial})`;
  return `run ${done} of ${total}${found}`;
};

const lanesText = ({ atOnce, threads, why }: Lanes): string =>
  `${atOnce === 1 ? 'one run at a time' : `${atOnce} runs at once`}, ${threads === 1 ? 'one thread' : `${threads} threads`} each (${why})`;

function attempt(act: () => void): Error | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

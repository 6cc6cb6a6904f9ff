import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createPool, type FolderLock, type Pool } from '@gradloom/runtime';
import { hashDataset, lockFolder } from '@gradloom/runtime/internal';
import { describeMachine } from '../describe-machine.ts';
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
import type { Recipe } from '../train/recipe.ts';
import { UsageError } from '../usage-error.ts';
import { chooseLanes, type Lanes } from './choose-lanes.ts';
import { type MetricName, readSearch, type SearchConfig, spaceOf, valuesAt } from './config.ts';
import { describeSearch } from './describe-search.ts';
import { documentOf, type SearchDocument } from './document.ts';
import { openJournal, readStart } from './journal.ts';
import { openRuns, type Runs } from './open-runs.ts';
import { type SearchValues, searchOptions } from './options.ts';
import { keyText, type RunKey, type RunOutcome, standingsOf, survivors } from './outcome.ts';
import { runTrial } from './run-trial.ts';
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
  for (const { number, point } of trials) {
    try {
      const recipe = await runs.recipeOf(point, fold, null);
      first ??= recipe;
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
  const hashes: string[] = [];
  for (const set of [sets.train, sets.validation, sets.test])
    if (set !== undefined) hashes.push(await hashDataset(set));
  const stepsPerEpoch = typeof options.batch === 'number' ? Math.ceil(sets.train.rows / options.batch) : 1;
  const { steps, epochs = steps === undefined ? 1 : Math.max(1, Math.round(steps / stepsPerEpoch)) } = options;
  const length = config.halving?.unit === 'epochs' ? epochs : (steps ?? epochs * stepsPerEpoch);
  return { space, trials, runs, metric, data: hashes.join(' '), length };
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
  const journal = openJournal(lock.path, { file, config, data });
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
  const pool = await createPool({ threads });
  try {
    for (const text of journal.notes) printLine(io.stderr, `gradloom search: warning: ${text}`);
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
    const lanesOf = createLanes(pool, atOnce, signal, (lanes) => {
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
        ...{ pool, lanesOf, signal },
        done(outcome) {
          journal.add(outcome);
          const best = standingsOf([...journal.outcomes.values()], metric, config.folds)[0];
          note.say(progressText(journal.outcomes.size, total, metric, best));
          if (json)
            printJson(io.stdout, JSON.stringify({ event: 'run', ...outcome, point: trials[outcome.trial - 1].point }));
        },
      });
      if (signal.aborted) break;
      const next = rounds[round.number];
      if (next !== undefined) {
        left = survivors(standingsOf([...journal.outcomes.values()], metric, config.folds), round.number, next.count);
      }
    }
    note.clear();
    return await finish();
  } finally {
    note.clear();
    interrupt.release();
    journal.close();
    await pool.destroy();
  }

  async function finish(): Promise<number> {
    const standings = standingsOf([...journal.outcomes.values()], metric, config.folds);
    const best = standings[0];
    const winner = best === undefined || best.score === null ? null : trials[best.trial - 1];
    const document: SearchDocument = {
      ...documentOf({ file, config, space, trials, rounds, standings, metric, stopped: signal.aborted }),
      best: winner === null ? null : { trial: winner.number, command: commandOf(valuesAt(file, config, winner.point)) },
      ...describeMachine(),
    };
    writeOut(lock, SEARCH_FILE, `${JSON.stringify(document, null, 2)}\n`);
    const page = standings.length === 0 ? null : await tryReport(lock.path, 'search', io);
    if (json) printJson(io.stdout, JSON.stringify({ ...document, event: 'done', out: lock.path, report: page }));
    else {
      printLines(io.stdout, describeSearch(document));
      printLines(io.stdout, ['', `Full numbers: ${join(lock.path, SEARCH_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    if (signal.aborted) return exitCodes[signal.reason as Interruption];
    return winner === null ? 1 : 0;
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

/** How runs share the threads: as asked for, or as measured with the first runs that there are to do. */
function createLanes(pool: Pool, asked: number | 'auto', signal: AbortSignal, say: (lanes: Lanes) => void) {
  let chosen: Lanes | null = null;
  return async (recipes: readonly Recipe[]): Promise<Lanes> => {
    if (chosen === null) {
      const atOnce = asked === 'auto' ? null : Math.min(asked, pool.threads);
      chosen =
        atOnce === null
          ? await chooseLanes(recipes, pool, signal)
          : { atOnce, threads: Math.floor(pool.threads / atOnce), why: 'as asked for' };
      say(chosen);
    }
    // Where few runs are left, each has more threads.
    if (recipes.length >= chosen.atOnce) return chosen;
    return { ...chosen, atOnce: recipes.length, threads: Math.floor(pool.threads / recipes.length) };
  };
}

interface Work {
  readonly recipeOf: (key: RunKey) => Promise<Recipe>;
  readonly pool: Pool;
  readonly lanesOf: (recipes: readonly Recipe[]) => Promise<Lanes>;
  readonly signal: AbortSignal;
  readonly done: (outcome: RunOutcome) => void;
}

/** Does the runs, several at a time. A run for which there is no memory beside others is done again alone. */
async function runAll(keys: readonly RunKey[], { recipeOf, pool, lanesOf, signal, done }: Work): Promise<void> {
  if (keys.length === 0 || signal.aborted) return;
  const firsts = await Promise.all(keys.slice(0, pool.threads).map(recipeOf));
  const { atOnce, threads } = await lanesOf(firsts);
  const waiting = [...keys];
  const alone: RunKey[] = [];
  let failure: unknown;
  async function lane(): Promise<void> {
    for (let key = waiting.shift(); key !== undefined && !signal.aborted; key = waiting.shift()) {
      try {
        const outcome = await runTrial(key, await recipeOf(key), pool, threads, signal);
        if (outcome !== null) done(outcome);
      } catch (error) {
        if (atOnce > 1 && error instanceof RangeError) alone.push(key);
        else {
          failure ??= error;
          waiting.length = 0;
        }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failure !== undefined) throw failure;
  for (const key of alone) {
    if (signal.aborted) return;
    const outcome = await runTrial(key, await recipeOf(key), pool, pool.threads, signal);
    if (outcome !== null) done(outcome);
  }
}

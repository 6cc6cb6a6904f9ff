import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createPool, type FolderLock, type Pool } from '@gradloom/runtime';
import { lockFolder } from '@gradloom/runtime/internal';
import { isFolder } from '../../files/folders.ts';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { writeOut } from '../../files/out-directory.ts';
import { SEARCH_FILE, SEARCH_LINES } from '../../files/run-files/names.ts';
import { resolveAlias } from '../../options/aliases.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { defined, type Group } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { searchText, trialTable } from '../../report/search/search-page.ts';
import { tryReport } from '../../report/try-report.ts';
import { failureOf, UsageError, withoutCaller } from '../../terminal/failure.ts';
import { announceInterrupt, interruptExitCode, listenForInterrupt } from '../../terminal/interrupt.ts';
import { asTyped, describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines } from '../../terminal/io.ts';
import { createProgressLine } from '../../terminal/progress-line.ts';
import { plural, timeLeft } from '../../terminal/text/format.ts';
import { table } from '../../terminal/text/table.ts';
import { lockNewDirectory } from '../train/new-directory.ts';
import { type TrainValues, trainOptions } from '../train/options.ts';
import { commandOf } from '../train/run-record.ts';
import { createLanes, type Lanes } from './choose-lanes.ts';
import { readSearch, type SearchConfig, valuesAt } from './config.ts';
import { documentOf, type SearchDocument } from './document.ts';
import { openJournal, readStart } from './journal.ts';
import { type OpenedSearch, openSearch } from './open-search.ts';
import { type SearchValues, searchOptions } from './options.ts';
import { keyText, type RunKey, standingsOf, survivors } from './outcome.ts';
import { runAll } from './run-all.ts';
import { roundsOf, type Trial } from './trials.ts';

/** Runs or resumes a search. Resolves to the exit code. */
export async function runSearch(request: Request, io: Io): Promise<number> {
  refuseTrainFlags(request);
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
  if (resume !== undefined) return resumeSearch(resume, values, io);
  const config = await readSearch(path);
  const openedSearch = await openSearch(path, config);
  const lock = lockNewDirectory(out, 'search');
  try {
    return await search(path, config, openedSearch, lock, values, io);
  } finally {
    lock.release();
  }
}

/** @throws UsageError for an option of the runs, which is in the file. */
function refuseTrainFlags({ flags }: Request): void {
  for (const key of Object.keys(flags)) {
    const optionName = Object.hasOwn(searchOptions, key) ? undefined : resolveAlias(trainOptions, key);
    if (optionName === undefined || !RUN_GROUPS.has(trainOptions[optionName as keyof TrainValues].group)) continue;
    const advice = `options: { ${optionName}: ... } fixes it, search: { ${optionName}: [...] } tries several`;
    throw new UsageError(`--${key} is an option of train, expected it in the file (${advice})`);
  }
}

const RUN_GROUPS = new Set<Group>(['Data', 'Model', 'Training']);

async function resumeSearch(folder: string, values: SearchValues, io: Io): Promise<number> {
  if (!isFolder(folder) || !existsSync(join(folder, SEARCH_LINES))) {
    throw new UsageError(`--resume has ${folder}, expected the directory of a search, with its ${SEARCH_LINES}`);
  }
  const lock = lockFolder('search', folder, 'search');
  try {
    const { file, config } = readStart(folder);
    return await search(file, config, await openSearch(file, config), lock, values, io);
  } finally {
    lock.release();
  }
}

async function search(
  file: string,
  config: SearchConfig,
  openedSearch: OpenedSearch,
  lock: FolderLock,
  values: SearchValues,
  io: Io,
): Promise<number> {
  const { trials, runs, metric, data, length } = openedSearch;
  const { json = false, threads = availableParallelism(), 'at-once': atOnce = 'auto' } = values;
  const rounds = roundsOf(trials.length, config.halving, length);
  const journal = openJournal(lock.path, { file, config, data }, trials.length);
  const interrupt = listenForInterrupt(io);
  const progress = createProgressLine('search', io, json);
  const { signal } = interrupt;
  announceInterrupt(signal, 'search', `ending; go on with --resume ${lock.path}`, (line) => {
    progress.clear();
    printLine(io.stderr, line);
  });
  let unmeasuredCount = 0;
  let pool: Pool | undefined;
  try {
    const threadPool = await createPool({ threads });
    pool = threadPool;
    for (const text of journal.warnings) warn(text);
    const totalRuns = rounds.reduce((sum, { count }) => sum + count, 0) * (config.folds ?? 1);
    if (json) {
      printJson(io.stdout, {
        event: 'start',
        out: lock.path,
        trials: trials.length,
        runs: totalRuns,
        done: journal.outcomes.size,
      });
    } else if (journal.outcomes.size > 0) {
      printLine(io.stdout, `${journal.outcomes.size} of ${totalRuns} runs are in ${lock.path} already`);
    }
    const lanesOf = createLanes(threadPool, atOnce, signal, (lanes) => {
      progress.clear();
      if (json) printJson(io.stdout, { event: 'lanes', ...lanes });
      else printLine(io.stdout, lanesText(lanes));
    });
    let remainingTrials = trials.map(({ number }) => number);
    // The time of a run is in proportion to its steps or epochs. Runs before a resume took no time of this process.
    const lengthOf = ({ length }: (typeof rounds)[number]): number => length?.count ?? 1;
    const totalLength = rounds.reduce((sum, round) => sum + round.count * lengthOf(round), 0) * (config.folds ?? 1);
    const doneLength = (): number =>
      [...journal.outcomes.values()].reduce((sum, outcome) => sum + lengthOf(rounds[outcome.round - 1]), 0);
    const [startMs, resumedLength] = [performance.now(), doneLength()];
    for (const round of rounds) {
      const keys = remainingTrials.flatMap((trial) =>
        foldsOf(config).map((fold): RunKey => ({ trial, round: round.number, fold })),
      );
      const remainingKeys = keys.filter((key) => !journal.outcomes.has(keyText(key)));
      await runAll(remainingKeys, {
        recipeOf: ({ trial, fold }) => runs.recipeOf(trials[trial - 1].point, fold, round.length),
        pool: threadPool,
        lanesOf,
        signal,
        onLackOfMemory({ trial, fold }, error) {
          unmeasuredCount++;
          const foldText = fold === null ? '' : `, fold ${fold}`;
          warn(`trial ${trial}${foldText} is not measured: ${withoutCaller(error)}`);
        },
        done(outcome) {
          const failure = journal.add(outcome);
          if (failure !== null)
            warn(`${SEARCH_LINES} cannot be written now, its last lines are kept in memory (${failure.message})`);
          const leader = standingsOf([...journal.outcomes.values()], metric, config.folds)[0];
          const msPerUnit = (performance.now() - startMs) / (doneLength() - resumedLength); // of a step or epoch
          const leftMs = msPerUnit * (totalLength - doneLength());
          progress.show(
            `${progressText(journal.outcomes.size, totalRuns, metric, leader)}, ${timeLeft(leftMs)}`,
            leftMs,
          );
          if (json) printJson(io.stdout, { event: 'run', ...outcome, point: trials[outcome.trial - 1].point });
        },
      });
      if (signal.aborted) break;
      const next = rounds[round.number]; // numbers begin at 1
      if (next === undefined) break;
      remainingTrials = survivors([...journal.outcomes.values()], metric, config.folds, round.number, next.count);
    }
    progress.clear();
    return await finish();
  } finally {
    progress.clear();
    interrupt.release();
    try {
      await pool?.destroy();
    } finally {
      journal.close();
    }
  }

  function warn(text: string): void {
    progress.clear();
    printLine(io.stderr, `gradloom search: warning: ${text}`);
  }

  async function finish(): Promise<number> {
    const standings = standingsOf([...journal.outcomes.values()], metric, config.folds);
    const leader = standings[0];
    const winner = leader === undefined || leader.score === null ? null : trials[leader.trial - 1];
    const document: SearchDocument = {
      ...documentOf(file, config, openedSearch, rounds, standings, signal.aborted),
      best: winner === null ? null : { trial: winner.number, command: commandOf(bestValues(winner)) },
      ...describeMachine(),
    };
    const failure = failureOf(() => writeOut(lock, SEARCH_FILE, `${JSON.stringify(document, null, 2)}\n`));
    // The search is complete even if its file cannot be written, so its results are printed.
    const page = standings.length === 0 || failure !== null ? null : await tryReport(lock.path, 'search', io);
    if (json) printJson(io.stdout, { ...document, event: 'done', out: lock.path, report: page });
    else {
      printLines(io.stdout, describeSearch(document, io.env));
      if (failure === null) printLines(io.stdout, ['', `Full numbers: ${join(lock.path, SEARCH_FILE)}`]);
      if (page !== null) printLine(io.stdout, `Pictures: ${page}`);
    }
    if (failure !== null) throw failure;
    if (signal.aborted) return interruptExitCode(signal);
    return winner === null || unmeasuredCount > 0 ? 1 : 0;
  }

  /** The options of the trial, with the length of the last round. */
  function bestValues({ point }: Trial): TrainValues {
    const { epochs, steps, minutes, ...otherValues } = valuesAt(file, config, point);
    const { length } = rounds[rounds.length - 1];
    return {
      ...otherValues,
      ...(length === null ? defined({ epochs, steps, minutes }) : { [length.unit]: length.count }),
    };
  }
}

const foldsOf = ({ folds }: SearchConfig): (number | null)[] =>
  folds === null ? [null] : Array.from({ length: folds }, (_, k) => k + 1);

const progressText = (
  done: number,
  total: number,
  metric: string,
  leader: { readonly trial: number; readonly score: number | null } | undefined,
): string => {
  const bestText =
    leader?.score == null ? '' : `, best ${metric} ${leader.score.toPrecision(4)} (trial ${leader.trial})`;
  return `run ${done} of ${total}${bestText}`;
};

const lanesText = ({ atOnce, threads, why }: Lanes): string =>
  `${atOnce === 1 ? 'one run at a time' : `${atOnce} runs at once`}, ${threads === 1 ? 'one thread' : `${threads} threads`} each (${why})`;

/** Trials in the terminal's table; search.json has all. */
const MAX_SHOWN = 15;

/** Text output, at most 80 columns wide, except for the command. */
function describeSearch(document: SearchDocument, env: Io['env']): string[] {
  const { trials, best } = document;
  const { head, rows, numeric } = trialTable(document, MAX_SHOWN);
  const omittedCount = trials.length - rows.length;
  return [
    searchText(document),
    '',
    ...table(head, rows, { right: numeric }),
    ...(omittedCount > 0 ? [`and ${plural(omittedCount, 'trial')} more`] : []),
    ...(document.left > 0 ? [`${plural(document.left, 'trial')} not measured yet`] : []),
    '',
    ...(best === null
      ? ['No trial has a result: every run diverged or was stopped.']
      : ['Best:', asTyped(best.command, env)]),
  ];
}

import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { complete } from '@gradloom/core/internal';
import type { Evaluation, FolderLock, TrainResult } from '@gradloom/runtime';
import { planRun } from '@gradloom/runtime/internal';
import { formatSource } from '../../files/datasets/dataset-source.ts';
import type { OpenedDataset } from '../../files/datasets/open-dataset.ts';
import { writeOut } from '../../files/out-directory.ts';
import { FOLDS_FILE } from '../../files/run-files/names.ts';
import {
  type Figures,
  type Fold,
  type FoldsSummary,
  figureText,
  foldsTable,
  summaryOf,
} from '../../lab/figures/folds-table.ts';
import { deviationOf, meanIfComplete, meanOf } from '../../lab/figures/range.ts';
import { defined } from '../../options/option.ts';
import { tryReport } from '../../report/try-report.ts';
import { interruptExitCode, listenForInterrupt } from '../../terminal/interrupt.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine, printLines, widthOf } from '../../terminal/io.ts';
import { createProgressLine, type ProgressLine } from '../../terminal/progress-line.ts';
import { sentence, timeLeft } from '../../terminal/text/format.ts';
import { table } from '../../terminal/text/table.ts';
import { type Assessment, NO_BETTER } from './assessment/assess.ts';
import { describeNetwork } from './describe-network.ts';
import { describeRun } from './describe-run.ts';
import { describeData } from './describe-table.ts';
import { followRun } from './follow-run.ts';
import { lockNewDirectory } from './new-directory.ts';
import type { TrainValues } from './options.ts';
import { createRecipe, openRun, warningsOf, withMeasuredSteps } from './recipe.ts';
import { quietReporter, type Reporter, type RunEnd, warn } from './reporter.ts';
import { commandOf } from './run-record.ts';

/** From this share of the first fold on, or after this time, the time left is shown. */
const MIN_DONE_FOLDS = 0.1;
const MIN_ELAPSED_MS = 5000;

/** A fold in the document of the cross-validation. */
interface FoldRun extends Fold {
  readonly out: string | null;
  readonly fingerprint: string;
}

/**
 * Cross-validation: a complete run for each fold, each in a directory of its own, then mean and deviation of their
 * figures on the rows that they were not trained on. Resolves to the exit code. A signal ends it within the current
 * fold; the document then has the folds before it.
 */
export async function runFolds(
  values: TrainValues & Required<Pick<TrainValues, 'dataset' | 'folds'>>,
  io: Io,
): Promise<number> {
  const { folds, json = false, quiet = false, out, 'no-out': noOut = false } = values;
  const name = basename(formatSource(values.dataset)).replaceAll(/[^\w.-]+/g, '-');
  const progress = createProgressLine('train', io, json || quiet);
  // Data are read and the first run is checked before a directory is created, so that a mistake leaves none.
  const firstData = await openRun({ ...values, fold: 1 });
  const { minutes, ...untimed } = values;
  const share = minutes === undefined ? {} : { minutes: minutes / folds };
  const { steps } = await checkFirstRun({ ...untimed, ...share }, firstData, (line) => printLine(io.stderr, line));
  const runValues = minutes === undefined ? values : { ...untimed, ...defined({ steps }) };
  const isNew = out === undefined || !existsSync(out);
  const lock = noOut ? null : lockNewDirectory(out, name);
  const foldRuns: FoldRun[] = [];
  const baselines: Assessment['baseline'][] = []; // of each fold
  const command = commandOf(values);
  let facts: { dataset: string; network: string } | undefined;
  let code = 0;
  // Each run listens too, but a signal may arrive between two runs.
  const interrupt = listenForInterrupt(io);
  const startMs = performance.now();
  const endShares: number[] = []; // of its steps, after which each fold ended: less than 1 by early stopping
  let doneShare = 0;
  /** Shows the fold that is trained, and the time that the rest may take: `share` of its steps are done. */
  function showProgress(fold: number, share: number): void {
    doneShare = share;
    const foldText = `fold ${fold} of ${folds}`;
    const expectedShare = endShares.length === 0 ? 1 : meanOf(endShares);
    const doneFolds = fold - 1 + Math.min(1, share / expectedShare);
    const elapsedMs = performance.now() - startMs;
    const leftMs = (elapsedMs * (folds - doneFolds)) / doneFolds;
    // The first steps of all are slow.
    if (doneFolds < MIN_DONE_FOLDS && elapsedMs < MIN_ELAPSED_MS) progress.show(foldText);
    else progress.show(`${foldText}, ${timeLeft(leftMs)}`, leftMs);
  }
  try {
    for (let fold = 1; fold <= folds; fold++) {
      const onProgress = (share: number) => showProgress(fold, share);
      onProgress(0);
      const foldValues: TrainValues & typeof values = { ...runValues, fold, ...outOptionOf(lock, fold) };
      const openedRun = fold === 1 ? firstData : await openRun(foldValues);
      const view = { showsStart: fold === 1 && !json && !quiet, onProgress };
      const reporter = foldReporter(io, progress, view, (run, result) => {
        const { test, steps, fingerprint } = result;
        if (test === undefined || result.stopped === 'aborted') return;
        const figures = { ...figuresOf(test), ...linearFigures(run.assessment) };
        const foldRun: FoldRun = { fold, out: run.out, figures, rows: test.rows, steps, fingerprint };
        foldRuns.push(foldRun);
        baselines.push(run.assessment.baseline);
        if (json && !quiet) printJson(io.stdout, { event: 'fold', ...foldRun });
      });
      if (fold === 1) for (const warning of warningsOf(openedRun)) warn(reporter, warning);
      const recipe = await createRecipe(foldValues, openedRun);
      facts ??= { dataset: recipe.sets.train.name, network: describeNetwork(recipe.spec) };
      code = await followRun(recipe, reporter, io, { resumable: null, library: null });
      endShares.push(doneShare);
      if (code === 0 && interrupt.signal.aborted) code = interruptExitCode(interrupt.signal);
      if (code !== 0) break;
    }
    progress.clear();
    // After a signal, completed folds are kept.
    if (code !== 0 && foldRuns.length === 0) return code;
    const summary = summaryOf(foldRuns);
    const document = { event: 'folds', folds, ...facts, ...summary, runs: foldRuns, command, ...describeMachine() };
    if (lock !== null) writeOut(lock, FOLDS_FILE, `${JSON.stringify(document, null, 2)}\n`);
    const page = lock === null ? null : await tryReport(lock.path, 'train', io);
    if (json) printJson(io.stdout, { ...document, out: lock?.path ?? null });
    else if (quiet) printLine(io.stdout, lock?.path ?? '');
    else {
      const where = lock === null ? [] : ['', `written to ${lock.path}`, ...(page === null ? [] : [`page: ${page}`])];
      printLines(io.stdout, [...describeFolds(foldRuns, summary), ...constantRemark(foldRuns, baselines), ...where]);
    }
    return code;
  } finally {
    interrupt.release();
    progress.clear();
    lock?.release();
    // The new directory is removed if the first run could not begin, such as for lack of memory.
    if (lock !== null && isNew && readdirSync(lock.path).length === 0) rmdirSync(lock.path);
  }
}

/**
 * The values of the first run, with the steps that fit into its minutes.
 * @throws OptionError for options that do not fit; the user's own modules are only checked by their run.
 */
async function checkFirstRun(
  firstValues: TrainValues,
  dataset: OpenedDataset,
  print: Reporter['print'],
): Promise<TrainValues> {
  const recipe = await createRecipe(firstValues, dataset);
  const { spec, sets, options } = recipe;
  if (options.modules === undefined) complete(planRun(spec, sets, options));
  return (await withMeasuredSteps(recipe, null, print)).values;
}

const outOptionOf = (lock: FolderLock | null, fold: number): Pick<TrainValues, 'out'> =>
  lock === null ? {} : { out: join(lock.path, `fold-${fold}`) };

interface FoldView {
  readonly showsStart: boolean; // prints the data and the network before the first step
  readonly onProgress: (share: number) => void; // called with the share of the steps that are done
}

/** Shows the start of the first run, and passes on progress and results of each. */
function foldReporter(
  io: Io,
  progress: ProgressLine,
  { showsStart, onProgress }: FoldView,
  onEnd: (run: RunEnd, result: TrainResult) => void,
): Reporter {
  return {
    ...quietReporter(io),
    start(run) {
      if (!showsStart) return;
      progress.clear();
      printLines(io.stdout, describeData(run.recipe, Math.min(widthOf(io.stdout), 120)));
      printLines(io.stdout, [...describeRun(run), '']);
    },
    print(text) {
      progress.clear();
      printLine(io.stderr, text);
    },
    event(event) {
      if (event.type === 'progress') onProgress(event.step / event.totalSteps);
    },
    done: onEnd,
  };
}

/** The figures of an evaluation that can be averaged, with the main one of each of several targets. */
function figuresOf({
  rows: _rows,
  positions: _positions,
  unanswered: _unanswered,
  heads,
  ...figures
}: Evaluation): Figures {
  const numbers = Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { ...Object.fromEntries(numbers), ...mainFigures(defined({ heads })) };
}

/** The main figure of the linear model, or of each target. */
const linearFigures = ({ linear }: Assessment): Figures =>
  Object.fromEntries(
    Object.entries(mainFigures(linear?.evaluation ?? {})).map(([name, figure]) => [`linear ${name}`, figure]),
  );

/** Accuracy or RMSE, or those of several targets; F1 of one that has two classes. */
function mainFigures({
  accuracy,
  f1,
  rmse,
  heads,
}: Pick<Evaluation, 'accuracy' | 'rmse' | 'heads'> & { readonly f1?: number }): Figures {
  const figuresOfTargets = Object.entries(heads ?? {}).flatMap(([target, figures]) =>
    Object.entries(mainFigures(figures)).map(([name, figure]) => [`${target} ${name}`, figure] as const),
  );
  if (figuresOfTargets.length > 0) return Object.fromEntries(figuresOfTargets);
  if (f1 !== undefined) return { F1: f1 };
  if (accuracy !== undefined) return { accuracy };
  return rmse === undefined ? {} : { rmse };
}

/** A sentence if the folds are no better than a constant answer on average, or by no more than a standard error. */
export function constantRemark(folds: readonly Fold[], baselines: readonly Assessment['baseline'][]): string[] {
  const name = folds[0]?.figures.accuracy === undefined ? 'rmse' : 'accuracy';
  const figures = folds.map((fold) => fold.figures[name]);
  const constants = baselines.map((baseline) => baseline?.[name] ?? Number.NaN);
  const gains = figures.map((figure, k) => (name === 'rmse' ? constants[k] - figure : figure - constants[k]));
  const mean = meanIfComplete(gains) ?? Number.NaN;
  const standardError = deviationOf(gains) / Math.sqrt(gains.length);
  if (!(mean <= 0 || mean <= standardError)) return [];
  const meanTexts = [figures, constants].map((values) => figureText(name, meanIfComplete(values) ?? Number.NaN));
  const answers = new Set(baselines.map((baseline) => baseline?.answer));
  const answer = answers.size === 1 ? [...answers][0] : 'the most frequent class';
  const verdict = mean <= 0 ? NO_BETTER : NO_BETTER.replace('no better', 'hardly better');
  return ['', `${sentence(`${verdict} ${answer}: mean ${name} ${meanTexts[0]}, and ${meanTexts[1]} of that answer`)}`];
}

function describeFolds(foldList: readonly Fold[], summary: FoldsSummary): string[] {
  const { head, rows, numeric } = foldsTable(foldList, summary);
  return table(head, rows, { right: numeric });
}

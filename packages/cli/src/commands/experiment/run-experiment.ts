import { option } from '@gradloom/core/internal';
import type { FolderLock } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { refuseMoreThan } from '../../files/models/open-model.ts';
import { withOut, writeOut } from '../../files/out-directory.ts';
import { allOptions } from '../../lab/experiments/all-options.ts';
import {
  commonOptions,
  type Experiment,
  type ExperimentContext,
  type Machine,
  type Outcome,
} from '../../lab/experiments/experiment.ts';
import { CHAPTER, isFailure } from '../../lab/experiments/finding.ts';
import { experiments } from '../../lab/experiments/index.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined, readValue } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { refuseIdleLibrary } from '../../options/run-options.ts';
import { asUsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printJsonText, printLine, printLines } from '../../terminal/io.ts';
import { createPaint } from '../../terminal/paint.ts';
import { createProgressLine } from '../../terminal/progress-line.ts';
import { columns } from '../../terminal/text/columns.ts';
import { timeLeft } from '../../terminal/text/format.ts';

const ALL_EXPERIMENTS = 'All of these, and how many of their numbers agree';

/** Lists the experiments, or runs one or all of them. Resolves to the exit code: 1 if a number does not agree. */
export async function runExperiment(request: Request, io: Io): Promise<number> {
  refuseMoreThan(1, request.positionals, 'one experiment');
  const [word] = request.positionals;
  if (word === undefined) return listExperiments(request, io);
  const name = asUsageError(() => readValue(option.oneOf({ ...experiments, all: true }), 'experiment', word));
  if (name === 'all') return runAll(request, io);
  const experiment = await experiments[name]();
  const raw = flagsToRaw(experiment.options, request);
  const { out } = parseRaw(commonOptions, raw);
  return withOut(out, 'experiment', (lock) => runOne(name, experiment, raw, request, io, lock));
}

async function listExperiments(request: Request, io: Io): Promise<number> {
  const { json } = parseRaw(commonOptions, flagsToRaw(commonOptions, request));
  const rows = await Promise.all(
    Object.entries(experiments).map(async ([name, load]) => [name, (await load()).describe]),
  );
  if (json) printJson(io.stdout, Object.fromEntries(rows));
  else {
    printLines(io.stdout, columns([...rows, ['all', ALL_EXPERIMENTS]], { indent: 0 }));
    printLines(io.stdout, ['', `The chapter is ${CHAPTER}.`]);
  }
  return 0;
}

async function runOne(
  name: string,
  experiment: Experiment,
  raw: RawOptions,
  request: Request,
  io: Io,
  lock: FolderLock | undefined,
): Promise<number> {
  const startDate = new Date();
  // The printing code loads while the experiment's threads start.
  const [{ json, outcome }, { describeOutcome }] = await Promise.all([
    run(name, experiment, raw, io, lock, { brief: false, label: name }),
    import('../../lab/experiments/describe-outcome.ts'),
  ]);
  const report = await reportOf(lock, { [name]: outcome }, request, startDate, io);
  if (json) printJsonText(io.stdout, stringify(documentOf(outcome)));
  else {
    printLines(io.stdout, describeOutcome(outcome, createPaint(io.stdout, io.env)));
    printPaths(lock, report, io);
  }
  return exitCodeOf([outcome]);
}

async function runAll(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(allOptions, request);
  return withOut(parseRaw(allOptions, raw).out, 'experiment', (lock) => runEach(raw, request, io, lock));
}

async function runEach(raw: RawOptions, request: Request, io: Io, lock: FolderLock | undefined): Promise<number> {
  const { only, json } = parseRaw(allOptions, raw);
  const { agreements, describeOutcome } = await import('../../lab/experiments/describe-outcome.ts');
  const paint = createPaint(io.stdout, io.env);
  const outcomes: Record<string, Outcome> = {};
  const startDate = new Date();
  const progress = createProgressLine('experiment', io, json);
  const entries = Object.entries(experiments).filter(([name]) => only?.some((requested) => requested === name) ?? true);
  const loadedExperiments = await Promise.all(entries.map(([, load]) => load()));
  for (const [k, [name]] of entries.entries()) {
    const left = leftMs(loadedExperiments, k, Date.now() - startDate.getTime());
    const label = `${name}, ${k + 1} of ${entries.length}, ${timeLeft(left)}`;
    progress.show(label, left);
    const { outcome } = await run(name, loadedExperiments[k], raw, io, lock, { brief: true, label });
    outcomes[name] = outcome;
    if (json) continue;
    const heading = [name, '='.repeat(name.length)].map((line) => paint('bold', line));
    printLines(io.stdout, [...heading, ...describeOutcome(outcome, paint), '']);
  }
  const report = await reportOf(lock, outcomes, request, startDate, io);
  if (json) {
    const documents = Object.entries(outcomes).map(([name, outcome]) => [name, documentOf(outcome)]);
    printJsonText(io.stdout, stringify(Object.fromEntries(documents)));
  } else {
    printLines(io.stdout, agreements(outcomes, paint));
    printPaths(lock, report, io);
  }
  return exitCodeOf(Object.values(outcomes));
}

/** The time that the experiments from the k-th on take, at the pace of those before them. */
function leftMs(plannedExperiments: readonly Experiment[], k: number, elapsedMs: number): number {
  const secondsOf = (experiments: readonly Experiment[]) => experiments.reduce((sum, { seconds }) => sum + seconds, 0);
  const doneSeconds = secondsOf(plannedExperiments.slice(0, k));
  // The first seconds mostly start threads.
  const msPerSecond = doneSeconds < 5 ? 1000 : elapsedMs / doneSeconds;
  return msPerSecond * secondsOf(plannedExperiments.slice(k));
}

/** The exit code tells a script that a result has changed. */
const exitCodeOf = (outcomes: readonly Outcome[]): number =>
  outcomes.some(({ findings }) => findings.some(isFailure)) ? 1 : 0;

function printPaths(lock: FolderLock | undefined, report: string | null, io: Io): void {
  if (lock !== undefined) printLines(io.stdout, ['', `Full numbers: ${lock.path}`]);
  if (report !== null) printLine(io.stdout, `Pictures: ${report}`);
}

/** Records the commands and writes the page of all experiments. Returns its path, or null without --out. */
async function reportOf(
  lock: FolderLock | undefined,
  outcomes: Readonly<Record<string, Outcome>>,
  { args }: Request,
  startDate: Date,
  io: Io,
): Promise<string | null> {
  if (lock === undefined) return null;
  const [{ addRecords, recordOf }, { tryReport }] = await Promise.all([
    import('../../report/experiments/experiment-files.ts'),
    import('../../report/try-report.ts'),
  ]);
  const records = Object.entries(outcomes).map(([name, { sections }]) => [name, recordOf(args, startDate, sections)]);
  addRecords(lock.path, Object.fromEntries(records));
  return tryReport(lock.path, 'experiment', io);
}

async function run(
  name: string,
  experiment: Experiment,
  raw: RawOptions,
  io: Io,
  lock: FolderLock | undefined,
  { brief, label }: { readonly brief: boolean; readonly label: string }, // the label stands before progress
) {
  const { backend = 'wasm', threads, blas, json, ...values } = parseRaw(commonOptions, raw);
  boundMemory(values);
  refuseIdleLibrary(raw, { ...parseRaw(commonOptions, raw), backend });
  const machine: Machine = { backend, ...defined({ threads, blas }) };
  const progress = createProgressLine(label, io, json);
  const context: ExperimentContext = {
    machine,
    brief,
    showProgress: progress.show,
    paint: createPaint(io.stdout, io.env),
  };
  const compute = async (): Promise<Outcome> => {
    // Some experiments do not train, but all of them refuse a missing library.
    if (blas !== undefined) resolveBackend(backend, { path: blas });
    return experiment.run(raw, context);
  };
  const outcome = await compute()
    .catch((error: unknown) => Promise.reject(nameFlag(error, experiment.options)))
    .finally(progress.clear);
  if (lock !== undefined) writeOut(lock, `${name}.json`, `${stringify(documentOf(outcome), 2)}\n`);
  return { json, outcome };
}

const documentOf = ({ json, findings }: Outcome): Record<string, unknown> => ({ ...json, findings });

/** Writes typed arrays as arrays. */
const stringify = (document: unknown, indent?: number): string =>
  JSON.stringify(document, (_key, value) => (value instanceof Float64Array ? [...value] : value), indent);

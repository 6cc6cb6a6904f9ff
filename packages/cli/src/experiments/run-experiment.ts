import { limitMemory, resolveBackend } from '@gradloom/runtime';
import type { Request } from '../commands/command.ts';
import { type Io, printLine } from '../io.ts';
import { refuseMoreThan } from '../models/open-model.ts';
import { nameFlag } from '../options/name-flag.ts';
import { flagsToRaw, parseRaw, type RawOptions } from '../options/raw-options.ts';
import { refuseIdleLibrary } from '../options/run-options.ts';
import { knownKey } from '../options/words.ts';
import { columns } from '../report/columns.ts';
import { makeOut, writeOut } from '../report/out-directory.ts';
import { createNote } from '../terminal/note.ts';
import { createPaint } from '../terminal/paint.ts';
import { asUsage } from '../usage-error.ts';
import { allOptions } from './all-options.ts';
import type { Experiment, ExperimentContext, Machine, Outcome } from './experiment.ts';
import { experiments } from './index.ts';
import { commonOptions } from './options.ts';

const ALL = 'All of these, and how many of their numbers agree';

/**
 * Lists the experiments, or runs one or all of them. Resolves to the exit code: 1 where a number does not agree with what
 * it stands beside.
 */
export async function runExperiment(request: Request, io: Io): Promise<number> {
  refuseMoreThan(1, request.positionals, 'one experiment');
  const [word] = request.positionals;
  if (word === undefined) return listExperiments(request, io);
  const name = asUsage(() => knownKey('experiment', word, { ...experiments, all: true }));
  return name === 'all' ? runAll(request, io) : runOne(name, request, io);
}

async function listExperiments(request: Request, io: Io): Promise<number> {
  const { json } = parseRaw(commonOptions, flagsToRaw(commonOptions, request));
  const rows = await Promise.all(
    Object.entries(experiments).map(async ([name, load]) => [name, (await load()).describe]),
  );
  if (json) printLine(io.stdout, JSON.stringify(Object.fromEntries(rows)));
  else for (const line of columns([...rows, ['all', ALL]], { indent: 0 })) printLine(io.stdout, line);
  return 0;
}

async function runOne(name: keyof typeof experiments, request: Request, io: Io): Promise<number> {
  const experiment = await experiments[name]();
  const raw = flagsToRaw(experiment.options, request);
  const started = new Date();
  // What prints loads while the experiment's threads start.
  const [{ json, out, outcome }, { describeOutcome }] = await Promise.all([
    run(name, experiment, raw, false, io),
    import('./describe-outcome.ts'),
  ]);
  const report = await reportOf(out, { [name]: outcome }, request, started, io);
  if (json) printLine(io.stdout, stringify(documentOf(outcome)));
  else {
    for (const line of describeOutcome(outcome, createPaint(io.stdout, io.env))) printLine(io.stdout, line);
    sayWhere(out, report, io);
  }
  return exitCodeOf([outcome]);
}

async function runAll(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(allOptions, request);
  const { only, json, out } = parseRaw(allOptions, raw);
  const { agreements, describeOutcome } = await import('./describe-outcome.ts');
  const paint = createPaint(io.stdout, io.env);
  const outcomes: Record<string, Outcome> = {};
  const started = new Date();
  for (const [name, load] of Object.entries(experiments)) {
    if (only !== undefined && !only.some((asked) => asked === name)) continue;
    const { outcome } = await run(name, await load(), raw, true, io);
    outcomes[name] = outcome;
    if (json) continue;
    printLine(io.stdout, paint('bold', `${name}\n${'='.repeat(name.length)}`));
    for (const line of describeOutcome(outcome, paint)) printLine(io.stdout, line);
    printLine(io.stdout, '');
  }
  const report = await reportOf(out, outcomes, request, started, io);
  if (json) {
    const documents = Object.entries(outcomes).map(([name, outcome]) => [name, documentOf(outcome)]);
    printLine(io.stdout, stringify(Object.fromEntries(documents)));
  } else {
    for (const line of agreements(outcomes, paint)) printLine(io.stdout, line);
    sayWhere(out, report, io);
  }
  return exitCodeOf(Object.values(outcomes));
}

/** A script that runs experiments wants to know of a number that has changed. */
const exitCodeOf = (outcomes: readonly Outcome[]): number =>
  outcomes.every(({ findings }) => findings.every(({ agrees }) => agrees)) ? 0 : 1;

function sayWhere(out: string | undefined, report: string | null, io: Io): void {
  if (out !== undefined) printLine(io.stdout, `\nFull numbers: ${out}`);
  if (report !== null) printLine(io.stdout, `Pictures: ${report}`);
}

/** Keeps how the numbers came about, and writes the page of all experiments in the folder. Its path; null where there is none. */
async function reportOf(
  out: string | undefined,
  outcomes: Readonly<Record<string, Outcome>>,
  { args }: Request,
  started: Date,
  io: Io,
): Promise<string | null> {
  if (out === undefined) return null;
  const [{ keepRecords, recordOf }, { tryReport }] = await Promise.all([
    import('../html-report/experiments/experiment-files.ts'),
    import('../html-report/try-report.ts'),
  ]);
  const records = Object.entries(outcomes).map(([name, { sections }]) => [name, recordOf(args, started, sections)]);
  keepRecords(out, Object.fromEntries(records));
  return tryReport(out, 'experiment', io);
}

async function run(name: string, experiment: Experiment, raw: RawOptions, brief: boolean, io: Io) {
  const { backend = 'wasm', threads, blas, json, out, 'memory-limit': limit = null } = parseRaw(commonOptions, raw);
  limitMemory(limit);
  refuseIdleLibrary(raw, { ...parseRaw(commonOptions, raw), backend });
  if (out !== undefined) makeOut(out);
  const machine: Machine = {
    backend,
    ...(threads === undefined ? {} : { threads }),
    ...(blas === undefined ? {} : { blas }),
  };
  const note = createNote(name, io);
  const context: ExperimentContext = { machine, brief, note: note.say, paint: createPaint(io.stdout, io.env) };
  const compute = async (): Promise<Outcome> => {
    // Not every experiment trains: a library that cannot be had is refused all the same.
    if (blas !== undefined) resolveBackend(backend, blas);
    return experiment.run(raw, context);
  };
  const outcome = await compute()
    .catch((error: unknown) => Promise.reject(nameFlag(error, experiment.options)))
    .finally(note.clear);
  if (out !== undefined) writeOut(out, `${name}.json`, `${stringify(documentOf(outcome), 2)}\n`);
  return { json, out, outcome };
}

const documentOf = ({ json, findings }: Outcome): Record<string, unknown> => ({ ...json, findings });

/** Typed arrays as arrays. */
const stringify = (document: unknown, indent?: number): string =>
  JSON.stringify(document, (_key, value) => (value instanceof Float64Array ? [...value] : value), indent);

import { join } from 'node:path';
import { type Cluster, type FolderLock, LAST_FILE } from '@gradloom/runtime';
import { ResumeError, resumeProblem } from '@gradloom/runtime/internal';
import type { DatasetSource } from '../../files/datasets/dataset-source.ts';
import { isFolder } from '../../files/folders.ts';
import { boundMemory } from '../../options/bound-memory.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { flagsToRaw, parseRaw, type RawOptions, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import type { Io } from '../../terminal/io.ts';
import { onAllRanks } from '../cluster/on-all-ranks.ts';
import { onEachRank } from '../cluster/on-each-rank.ts';
import { openBaseModel } from './base-model.ts';
import { followRun } from './follow-run.ts';
import { jsonReporter } from './metrics-line.ts';
import { checkOut } from './new-directory.ts';
import { expectedDataset, type TrainValues, trainOptions } from './options.ts';
import { precisionHint } from './precision-hint.ts';
import { readValues, refuseWords } from './read-values.ts';
import { createRecipe, openRun, warningsOf, withMeasuredSteps } from './recipe.ts';
import { quietReporter, type Reporter, warn } from './reporter.ts';
import { lockRunDirectory } from './run-directory.ts';
import { runFolds } from './run-folds.ts';
import { terminalReporter } from './terminal-reporter.ts';

/** Trains, shows and writes a run. Resolves to the exit code. */
export async function runTrain(request: Request, io: Io): Promise<number> {
  const values = parseCluster(request);
  if (values.cluster === undefined) return await runWithLock(request, io);
  const work = (cluster: Cluster, rankIo: Io): Promise<number> => runWithLock(request, rankIo, cluster);
  return await onAllRanks(values['exchange-timeout'], request, io, work, lastCheckpointOf(request));
}

/** The path of the last checkpoint, if the directory of the run is named; only rank 0 knows an unnamed one. */
function lastCheckpointOf(request: Request): string | null {
  const { out, resume, 'no-out': noOut } = flagsToRaw(trainOptions, request);
  const folder = out?.value ?? resume?.value;
  return typeof folder === 'string' && noOut === undefined ? join(folder, LAST_FILE) : null;
}

/** Runs on the rank that writes, with the locked directory of a run that continues there. */
async function runWithLock(request: Request, io: Io, cluster: Cluster | null = null): Promise<number> {
  const lock = isFirstRank(cluster) ? lockResumed(request) : null;
  try {
    return await runLocked(request, io, lock, cluster);
  } finally {
    lock?.release();
  }
}

const isFirstRank = (cluster: Cluster | null): boolean => cluster === null || cluster.rank === 0;

/** Flags for the exchange of numbers among ranks. */
const CLUSTER_FLAGS = ['exchange-timeout', 'no-overlap'];

/** Parses the flags of the cluster, before any file is read. */
function parseCluster(request: Request): Pick<TrainValues, 'cluster' | 'exchange-timeout'> {
  refuseWords(request);
  const raw = flagsToRaw(trainOptions, request);
  const clusterFlags = Object.entries(raw).filter(([name]) => name === 'cluster' || name === 'exchange-timeout');
  const values = parseRaw(trainOptions, Object.fromEntries(clusterFlags));
  const stray = CLUSTER_FLAGS.find((name) => name in raw);
  if (stray !== undefined && values.cluster === undefined) {
    throw new UsageError(`--${stray} is given without --cluster, expected both`);
  }
  return values;
}

/** Locks the directory of a run that continues in place: no other run may change it while it is read. */
function lockResumed(request: Request): FolderLock | null {
  const { resume, out, 'no-out': noOut } = flagsToRaw(trainOptions, request);
  if (typeof resume?.value !== 'string' || out !== undefined || noOut !== undefined) return null;
  return isFolder(resume.value) ? lockRunDirectory(resume.value) : null;
}

async function runLocked(request: Request, io: Io, lock: FolderLock | null, cluster: Cluster | null): Promise<number> {
  const { values, raw, resumable, library, warnings } = await readValues(request, cluster);
  const withFlagNames = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw nameFlags(error, raw);
    }
  };
  const reporter = reporterFor(values, io);
  const dataCheck = await onEachRank(cluster, () => {
    const check = checkData(values, cluster);
    if (values.out !== undefined && isFirstRank(cluster)) checkOut(values.out);
    boundMemory(values);
    return check;
  });
  for (const warning of warnings) warn(reporter, warning);
  const { dataset, folds } = dataCheck;
  if (folds !== null) return await withFlagNames(() => runFolds({ ...values, dataset, folds }, io));
  const baseModel = await openBaseModel(values, resumable?.checkpoint, values.resume === undefined ? null : cluster);
  const recipe = await onEachRank(cluster, () =>
    withFlagNames(async () => {
      const openedRun = await openRun({ ...values, dataset }, baseModel);
      for (const warning of warningsOf(openedRun)) warn(reporter, warning);
      return await createRecipe(values, openedRun);
    }),
  );
  return await withFlagNames(async () => {
    const recipeWithSteps = await withMeasuredSteps(recipe, cluster, reporter.print);
    const takesHint = !values.quiet && values.minutes === undefined && resumable === null && cluster === null;
    const hint = takesHint ? await precisionHint(recipeWithSteps) : null;
    if (hint !== null) reporter.print(`gradloom train: ${hint}`);
    return await followRun(recipeWithSteps, reporter, io, { resumable, library }, lock, cluster);
  });
}

/** The data of a run, and the number of folds if it trains once for each. @throws UsageError */
function checkData(
  { dataset, folds, fold, live }: TrainValues,
  cluster: Cluster | null,
): { readonly dataset: DatasetSource; readonly folds: number | null } {
  if (dataset === undefined) {
    throw new UsageError(`--dataset is missing, expected ${expectedDataset}`);
  }
  if (fold !== undefined && folds === undefined) {
    throw new UsageError(`--fold has ${fold}, expected it with --folds, the number of folds`);
  }
  if (live && folds !== undefined && fold === undefined) {
    throw new UsageError(`--live is given with --folds, expected --fold too, or gradloom live <the folder of --out>`);
  }
  if (cluster !== null && folds !== undefined && fold === undefined) {
    throw new UsageError(`--folds has ${folds} with --cluster, expected --fold too: a cluster trains a single fold`);
  }
  return { dataset, folds: folds !== undefined && fold === undefined ? folds : null };
}

/** An error with flags for option names. */
function nameFlags(error: unknown, raw: RawOptions): unknown {
  if (!(error instanceof ResumeError)) return nameFlag(error, trainOptions, raw);
  const differences = error.differences.map(({ name, problem }) => {
    const isOption = name !== null && Object.hasOwn(trainOptions, name.split(/[ .]/, 1)[0]);
    return { name: isOption ? `--${name}` : name, problem };
  });
  // A different library with the same options is a property of the machine, not a usage error.
  const isOfMachine = error.differences.every(({ name, problem }) => name === 'blas' && problem.startsWith('has '));
  const sentence = resumeProblem(differences);
  return isOfMachine ? new Error(sentence, { cause: error }) : new UsageError(sentence, { cause: error });
}

function reporterFor({ json = false, quiet = false }: TrainValues, io: Io): Reporter {
  if (json) return jsonReporter(io, quiet);
  return quiet ? quietReporter(io) : terminalReporter(io);
}

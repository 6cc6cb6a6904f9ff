import { basename } from 'node:path';
import {
  type Checkpoint,
  type Cluster,
  type FolderLock,
  type ModelMetadata,
  type RecoveryEvent,
  type RollbackEvent,
  type StartEvent,
  type SteerEvent,
  type TrainEvent,
  TrainingError,
  type TrainingRun,
  type TrainProgressEvent,
  type TrainResult,
  train,
} from '@gradloom/runtime';
import { backendRecord } from '@gradloom/runtime/internal';
import { intervalOf } from '../../options/checkpoint-every.ts';
import { kebabCase } from '../../options/flags-of.ts';
import { defined } from '../../options/option.ts';
import { metricsLines } from '../../report/train/run-lines.ts';
import { tryReport } from '../../report/try-report.ts';
import { failureOf, withoutCaller } from '../../terminal/failure.ts';
import { announceInterrupt, interruptExitCode, listenForInterrupt } from '../../terminal/interrupt.ts';
import type { Io } from '../../terminal/io.ts';
import { removeAddress, writeAddress } from '../live/live-address.ts';
import type { LiveServer } from '../live/live-server.ts';
import { type WatchedRun, watchRun } from '../live/watched-run.ts';
import { type Assessment, assess } from './assessment/assess.ts';
import { dividePlane, divisionSteps, isPlanar } from './findings/divide-plane.ts';
import { divisionLine, eventLine } from './metrics-line.ts';
import { trainOptions } from './options.ts';
import type { RunRequest } from './read-values.ts';
import { type Recipe, stepsPerEpoch } from './recipe.ts';
import { type Reporter, type RunStart, warn } from './reporter.ts';
import type { Resumable } from './resume.ts';
import { createRunDirectory, type RunDirectory, reopenRunDirectory } from './run-directory.ts';
import { configOf, libraryWarning, modelOf, runConfig } from './run-record.ts';

/** Trains to the end or to a signal, shows progress and writes files. Resolves to the exit code. */
export async function followRun(
  initialRecipe: Recipe,
  reporter: Reporter,
  io: Io,
  { resumable, library }: Pick<RunRequest, 'resumable' | 'library'>,
  lock: FolderLock | null = null, // of the resumed run's folder, if it continues there
  cluster: Cluster | null = null, // only rank 0 has the directory and gets events
): Promise<number> {
  const interrupt = listenForInterrupt(io);
  let recipe = initialRecipe; // with the changes of a steered run
  let run: TrainingRun | undefined;
  let start: RunStart | undefined;
  let directory: RunDirectory | undefined;
  let speed: TrainProgressEvent | undefined; // of the newest span
  const watchedRuns: WatchedRun[] = [];
  const startTime = new Date().toISOString();
  let liveServer: LiveServer | undefined;
  // The plane is drawn at probes, which a run with a profile cannot have.
  const drawsNoPlane = recipe.values['no-out'] || recipe.options.profile || !isPlanar(recipe);
  const { epochs = 1, steps = epochs * stepsPerEpoch(recipe) } = recipe.options;
  const divisions = drawsNoPlane ? [] : divisionSteps(steps, recipe.options.probe);

  /** Handles an event. The run waits for it, so no checkpoint has a step whose line is missing in metrics.jsonl. */
  function handleEvent(event: TrainEvent): void {
    if (event.type === 'start') {
      directory = openDirectory(recipe, event, startTime, resumable, lock);
      if (directory !== undefined) {
        watchedRuns.push(watchRun(directory.path, { steer, sets: recipe.sets, speed: () => speed }));
        if (liveServer !== undefined) writeAddress(directory.path, liveServer.url);
      }
      start = { recipe, event, out: directory?.path ?? null };
      reporter.start(start);
      const onLibrary = libraryWarning(library, event.backend);
      if (onLibrary !== null) warn(reporter, onLibrary);
      const { warnings = [] } = directory ?? {};
      if (warnings.length > 0) warn(reporter, warnings.join('; '));
      return;
    }
    if (event.type === 'warning') {
      warn(reporter, withFlag(event.message));
      return;
    }
    if (event.type === 'probe') {
      if (divisions.includes(event.step)) {
        directory?.addDivision(divisionLine(dividePlane(recipe, event.parameters, event.step)));
      }
      if (recipe.options.probe === undefined) return; // probed for the plane alone
    } else if (event.type === 'recovery') {
      printWarning(describeRecovery(event));
    } else if (event.type === 'rollback') {
      // Lines of the repeated steps are removed.
      directory?.cutMetrics(event.to);
      printWarning(describeRollback(event));
    } else if (event.type === 'progress') {
      speed = event;
    } else if (event.type === 'steer') {
      recordRate(event);
    } else if (event.type === 'steps') {
      warnUnwritten('steps.jsonl', directory?.addSteps(eventLine(event)));
    }
    if (Object.hasOwn(metricsLines, event.type))
      warnUnwritten('metrics.jsonl', directory?.addMetrics(eventLine(event)));
    reporter.event(event);
  }

  /** Writes a changed rate into the configuration, so that it repeats the run. */
  function recordRate({ step, rate }: SteerEvent): void {
    if (rate === undefined || start === undefined) return;
    const changes = { ...recipe.values['rate-changes'], [step]: rate };
    recipe = { ...recipe, values: { ...recipe.values, 'rate-changes': changes } };
    start = { ...start, recipe };
    const failure = failureOf(() => directory?.saveConfig(runConfig(recipe, (start as RunStart).event, startTime)));
    if (failure !== null)
      warn(reporter, `config.json cannot be written now, and lacks the new rate (${failure.message})`);
  }

  async function steer(...actionAndRate: Parameters<TrainingRun['steer']>): Promise<SteerEvent> {
    if (run === undefined) throw new Error('steer: the run has not begun, expected one that trains');
    return await run.steer(...actionAndRate);
  }

  function warnUnwritten(file: string, failure: Error | null = null): void {
    if (failure !== null)
      warn(reporter, `${file} cannot be written now, its last lines are kept in memory (${failure.message})`);
  }

  function printWarning(message: string): void {
    reporter.print(`gradloom train: warning: ${message}`);
  }

  const { signal } = interrupt;
  const endingText = recipe.values['no-out'] ? 'ending' : 'ending with a checkpoint';
  announceInterrupt(signal, 'train', endingText, (line) => reporter.print(line));

  try {
    if (recipe.values.live && (cluster === null || cluster.rank === 0)) liveServer = await startLive();
    const every = intervalOf(recipe.values['checkpoint-every'] ?? '') ?? undefined;
    const checkpointOptions = defined({ every, keep: recipe.values.keep });
    run = train(recipe.spec, recipe.sets, {
      ...recipe.options,
      evaluateTraining: recipe.values.live ?? false,
      // Without --probe, the steps at which the plane is drawn are probed for their weights.
      ...(recipe.options.probe === undefined && divisions.length > 0 ? { probe: divisions } : {}),
      ...(cluster === null ? {} : { cluster }),
      ...(resumable?.checkpoint ? { resume: resumable.checkpoint } : {}),
      ...(recipe.values['no-out']
        ? {}
        : { checkpoint: { folder, metadata: checkpointMetadata(recipe), ...checkpointOptions } }),
      onEvent: handleEvent,
      signal,
    });
    const result = await run;
    reporter.stop();
    const failure = failureOf(() =>
      directory?.saveModel({ ...modelOf(recipe, result.parameters), fused: result.fused }),
    );
    // The run is complete even if its model cannot be written, so its results are printed.
    if (start !== undefined) {
      const assessment = await assess(recipe, result, (message) => warn(reporter, message));
      const folder = failure === null ? start.out : null;
      const report = folder === null ? null : await writeReport(folder, result, assessment);
      reporter.done({ ...start, report, assessment }, result);
    }
    if (failure !== null) throw failure;
    if (directory !== undefined) refuseUnwritten(directory.path, result, resumable?.checkpoint ?? null);
    if (signal.aborted) return interruptExitCode(signal);
    if (liveServer?.isWatched()) await showEndedRun(liveServer);
    return 0;
  } catch (error) {
    reporter.stop();
    if (!(error instanceof TrainingError) || directory === undefined) throw error;
    const fused = start === undefined ? {} : { fused: backendRecord(start.event.backend).fused };
    directory.saveModel({ ...modelOf(recipe, error.parameters), ...fused });
    await tryReport(directory.path, 'train', io);
    const files =
      error.checkpoint === undefined
        ? 'the model before that step is'
        : 'the model and checkpoint before that step are';
    throw new Error(`${error.message}; ${files} in ${directory.path}`, { cause: error });
  } finally {
    interrupt.release();
    try {
      close();
    } finally {
      await liveServer?.stop();
    }
  }

  function close(): void {
    const closedDirectory = directory;
    directory = undefined;
    if (closedDirectory !== undefined && liveServer !== undefined) removeAddress(closedDirectory.path);
    closedDirectory?.close();
  }

  /** Shows the ended run until the last page of it is closed, or a signal arrives. */
  async function showEndedRun({ url, whenUnwatched }: LiveServer): Promise<void> {
    close();
    interrupt.release();
    const endOfView = listenForInterrupt(io);
    reporter.print(`gradloom train: the run has ended, and stays at ${url} until its page is closed, or Ctrl-C`);
    await whenUnwatched(endOfView.signal);
    endOfView.release();
  }

  /** The code of the page's server loads only here. The server reads the files that the run writes. */
  async function startLive(): Promise<LiveServer> {
    const { startLiveServer } = await import('../live/live-server.ts');
    const server = await startLiveServer(() => watchedRuns);
    reporter.print(`gradloom train: live at ${server.url}`);
    return server;
  }

  function folder(): FolderLock {
    if (directory === undefined) throw new Error('train: the run has no directory, expected one since its start');
    return directory.forCheckpoint();
  }

  /** A failed report does not invalidate a run. */
  async function writeReport(path: string, result: TrainResult, assessment: Assessment): Promise<string | null> {
    try {
      const { reportRun } = await import('./report-run.ts');
      return await reportRun(path, recipe, result, assessment);
    } catch (error) {
      warn(reporter, `no report: ${withoutCaller(error)}`);
      return null;
    }
  }
}

function openDirectory(
  recipe: Recipe,
  event: StartEvent,
  started: string,
  resumable: Resumable | null,
  lock: FolderLock | null,
): RunDirectory | undefined {
  const { values, sets } = recipe;
  if (values['no-out']) return undefined;
  const config = runConfig(recipe, event, started);
  if (lock !== null) return reopenRunDirectory(lock, config, event.step);
  const { file = null } = resumable ?? {};
  const name = basename(sets.train.name).replaceAll(/[^\w.-]+/g, '-');
  return createRunDirectory(values.out, name, config, file === null ? undefined : { file, step: event.step });
}

/** @throws Error if the final state has not been written to disk. */
function refuseUnwritten(path: string, { steps, checkpoint }: TrainResult, from: Checkpoint | null): void {
  const newest = checkpoint?.step ?? from?.progress.step;
  if (newest === steps) return;
  const last = newest === undefined ? 'no checkpoint' : `its newest checkpoint at step ${newest}`;
  throw new Error(`${path} has ${last}, expected one of step ${steps} (see the warning above)`);
}

/** 'threads has 3, …' becomes '--threads has 3, …'. */
const withFlag = (message: string): string =>
  message.replace(/^\w+(?= has )/, (word) => (kebabCase(word) in trainOptions ? `--${kebabCase(word)}` : word));

/** Metadata of a checkpoint: the metadata of a model, and the options of the run. */
function checkpointMetadata(recipe: Recipe): ModelMetadata {
  const { metadata } = modelOf(recipe, new Float64Array(0));
  // Options come from text and files, so they are JSON; undefined ones are left out.
  return { ...metadata, options: configOf(recipe.values) } as ModelMetadata;
}

/** 'a worker thread failed: …: new threads continue from step 120 (failures in a row: 1, at most 3)'. */
const describeRecovery = ({ reason, step, failures, retries }: RecoveryEvent): string =>
  `${reason.replace(/^pool: /, '')}: new threads continue from step ${step} (failures in a row: ${failures}, at most ${retries})`;

/** 'step 37, rows 16 to 31 of the batch: …: back to step 32, the start of its epoch, with 1/2 of the rate'. */
const describeRollback = ({ reason, to, factor, rollbacks, limit }: RollbackEvent): string =>
  `${reason}: back to step ${to}, the start of its epoch, with 1/${1 / factor} of the learning rate (rollback ${rollbacks} of ${limit})`;

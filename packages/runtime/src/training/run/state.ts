import { type Elements, type Network, OptionError, type Pausable } from '@gradloom/core';
import { badWeight, blockCount, leafCount, reasonOf } from '@gradloom/core/internal';
import { ClusterError } from '../../cluster/cluster-error.ts';
import type { Arena } from '../../engine/memory/arena.ts';
import { readProbe } from '../../engine/step/read-probe.ts';
import type { Pool } from '../../engine/threads/pool.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { openTeam, runOnTeam } from '../../engine/threads/span.ts';
import { inThread } from '../../system/files/folder-lock.ts';
import { cloneArray, inTurns } from '../../system/turns/in-turns.ts';
import type { Progress } from '../checkpoints/checkpoint.ts';
import {
  type CheckpointEntry,
  type CheckpointTask,
  type WriteResult,
  writeCheckpointEntry,
} from '../checkpoints/checkpoint-folder.ts';
import { type Checkpointer, createCheckpointer } from '../checkpoints/checkpointer.ts';
import type { BadStep } from '../faults/earliest-fault.ts';
import { createHistory, type History } from '../faults/history.ts';
import { createRecovery, type Recovery, runFailure } from '../faults/recovery.ts';
import { doTogether } from '../lockstep/do-together.ts';
import { restoreArrays } from '../lockstep/state-shares.ts';
import {
  type BusyMeter,
  createBusyMeter,
  createSpanLength,
  createTuner,
  type SpanLength,
  type Tuner,
} from '../tuning/tune.ts';
import { createEarlyStopping, type EarlyStopping } from './early-stopping.ts';
import { createEpochLog, type EpochLog } from './epoch-log.ts';
import type { SteerEvent, TrainEvent } from './events.ts';
import type { OpenedRun, RunResources } from './open-run.ts';
import type { RunPlan } from './plan.ts';
import type { PreparedRun } from './prepare.ts';
import type { ProbeSteps } from './scheduled-steps.ts';
import { createStepLog, type StepLog } from './step-log.ts';
import { createTextLog, type TextLog } from './text-log.ts';

/** Everything that the loop over the spans of a run reads and changes. */
export interface RunState extends OpenedRun, RunResources {
  readonly leaves: number; // leaves of a whole batch
  readonly usefulThreads: number; // threads that have work
  readonly progress: Progress;
  readonly epochLog: EpochLog;
  readonly stepLog: StepLog;
  readonly history: History;
  readonly recovery: Recovery;
  readonly earlyStopping: EarlyStopping | null;
  readonly checkpointer: Checkpointer | null;
  readonly layerProbe: LayerProbe | null;
  readonly textLog: TextLog | null;
  readonly tuner: Tuner | null;
  readonly meter: BusyMeter;
  readonly spanLength: SpanLength;
  readonly warnedDatasets: Set<string>; // datasets whose loss was not finite
  readonly rateChanges: Map<number, number>; // rates by step: those of the plan and of the commands so far
  readonly rateChangeEvents: SteerEvent[]; // changes of the rate in this process
  // After going back: changes of the rate to report again when their step is done.
  pendingReports: readonly SteerEvent[];
  isPaused: boolean;
  isStopped: boolean; // whether a command has ended the run
  lastSpanSteps: number; // steps of the newest span
  writtenRatesEnd: number; // first step without a written learning rate
  reportedSteps: number; // steps whose epochs and probes were reported
  halvingStep: number; // while going back: start of the bad step's epoch, where the rate is halved; else Infinity
  isAborted: boolean; // whether a signal to any rank has ended the run
  badStep: BadStep | undefined; // while going back: the bad step before which the run ends
}

/**
 * A batch of one leaf has its gradients from one thread: others only update blocks. One row of 512-512 on digits, 75
 * blocks, takes 0.9 ms on one thread and 1.4 ms on two, so smaller networks try no second thread.
 */
const ONE_LEAF_BLOCKS = 75;

/** Opens the threads of a run, and restores its checkpoint. */
export async function openState(run: OpenedRun, resources: RunResources): Promise<RunState> {
  const { plan, setup, arena, lockstep, shares } = run;
  const { pool, checkpointFolder, emit } = resources;
  const { batch, threads, context, resume } = plan;
  const goesBack = plan.onNan === 'rollback';
  // A thread without a leaf and without a block would only make the others wait.
  const leaves = leafCount(batch, plan.leafRows);
  const blocks = blockCount(plan.network.parameterCount);
  const usefulThreads = Math.min(threads, Math.max(leaves, blocks));
  const progress = startingProgress(plan);
  const epochLog = createEpochLog(plan.totalEpochs, resume?.arrays);
  const stepLog = createStepLog(context.totalSteps, emit, goesBack ? context.stepsPerEpoch : null);
  const recovery = createRecovery(
    plan.retries,
    (retry) => emit({ type: 'recovery', step: progress.step, ...retry }),
    (work) => doTogether(lockstep, work),
  );
  await openThreads(run, pool, recovery, progress.step, usefulThreads);
  const layerProbe =
    plan.probe === null ? null : await inTurns(createLayerProbe(plan.network, setup, arena, plan.probe));
  // After creating the probe, so that it measures the movement of weights from the start of the run.
  if (resume !== null) await restoreArrays(arena, resume.arrays, shares);
  const history = await createHistory(arena, progress, epochLog, goesBack, shares, resume?.earlier);
  const earlyStopping = await createEarlyStopping(plan, arena, progress, shares);
  const writeEntry = (entry: CheckpointEntry) =>
    writeOnThread(pool, setup, entry, (reason) => emit(mainThreadWarning(progress.step, reason)));
  const rateChanges = new Map(plan.rateChanges);
  const records = { progress, epochLog, stepLog, history, earlyStopping, rateChanges };
  const state: RunState = {
    ...run,
    ...resources,
    ...records,
    leaves,
    usefulThreads,
    recovery,
    layerProbe,
    textLog: run.budget.texts ? createTextLog(plan, arena.evaluatedTheta) : null,
    checkpointer: createCheckpointer({ ...run, ...records, checkpointFolder, emit, writeEntry }),
    tuner: plan.tunesThreads ? createTuner(leaves === 1 && blocks <= ONE_LEAF_BLOCKS ? 1 : usefulThreads) : null,
    meter: createBusyMeter(setup.workTimes, threads),
    spanLength: createSpanLength(),
    warnedDatasets: new Set(),
    rateChangeEvents: [],
    pendingReports: [],
    isPaused: false,
    isStopped: false,
    lastSpanSteps: 0,
    writtenRatesEnd: progress.step,
    reportedSteps: progress.step,
    halvingStep: Number.POSITIVE_INFINITY,
    isAborted: false,
    badStep: undefined,
  };
  await inTurns(history.save());
  return state;
}

/** Progress of the checkpoint, with this process's threads, and without the final test evaluation of a shorter run. */
function startingProgress({ resume, threads }: RunPlan): Progress {
  if (resume === null) return { step: 0, samples: 0, elapsedMs: 0, threads, gradientThreads: 0 };
  const { test: _, ...progress } = resume.progress;
  return { ...progress, threads };
}

/** Lets the threads draw the starting weights, which also a probe of a resumed run compares with. */
async function openThreads(
  { plan, setup, arena }: PreparedRun,
  pool: Pool,
  recovery: Recovery,
  step: number,
  threads: number,
): Promise<void> {
  const drawsWeights = plan.parameters === null && (plan.resume === null || plan.probe !== null);
  const work = () => recovery.attempt(step, () => openTeam(pool, setup, threads, drawsWeights));
  // If they fail nothing is lost, so no checkpoint is written.
  const areFinite = await work().catch((error: unknown) => {
    if (error instanceof ClusterError) throw error;
    throw runFailure(error, `before step ${step}`);
  });
  if (areFinite) return;
  const about = `at the start ${badWeight(plan.network, arena.theta)},`;
  throw new OptionError('train', 'init', 'expected finite numbers', { about });
}

const mainThreadWarning = (step: number, reason: string): TrainEvent => ({
  type: 'warning',
  message: `the main thread writes the checkpoint of step ${step}, since no worker thread can (${reason})`,
});

/**
 * Lets a thread of the pool write a checkpoint from the memory of the run, so that this thread stays responsive. If no
 * thread can, because they failed too often or the pool is closed, this thread writes it and calls `warn` with the
 * reason.
 */
async function writeOnThread(
  pool: Pool,
  setup: RunSetup,
  entry: CheckpointEntry,
  warn: (reason: string) => void,
): Promise<WriteResult> {
  try {
    const threads = 1;
    const onThread = () =>
      runOnTeam(pool, setup, threads, (threadTask): CheckpointTask => ({ kind: 'checkpoint', ...threadTask, entry }));
    const [result] = await inThread(onThread);
    return result;
  } catch (error) {
    const threadFailed = true;
    const result = writeCheckpointEntry(setup.spec, entry, threadFailed);
    // Called last, since the listener may throw.
    warn(reasonOf(error));
    return result;
  }
}

/** Records statistics of the layers during a run; each probe takes a span of one step. */
interface LayerProbe extends ProbeSteps {
  /** Called right after that span. `theta` [P] are the weights before it, which the statistics belong to. */
  read(step: number, theta: Elements): Pausable<Extract<TrainEvent, { type: 'probe' }>>;
}

/** Creates the probe and copies the weights at the start of training, outside of the arena. */
function* createLayerProbe(network: Network, setup: RunSetup, arena: Arena, steps: ProbeSteps): Pausable<LayerProbe> {
  const start = yield* cloneArray(arena.theta);
  return {
    ...steps,
    *read(step, theta) {
      const figures = yield* readProbe(network, setup, arena, { step, theta, start });
      return { type: 'probe', step, ...figures, parameters: yield* cloneArray(theta) };
    },
  };
}

/** Whether a signal or a command has ended the run; with a cluster, a signal counts once all ranks know of it. */
export const isAborted = ({ plan, lockstep, isAborted: isAnyRankAborted, isStopped }: RunState): boolean =>
  isStopped || (lockstep.cluster === null ? (plan.signal?.aborted ?? false) : isAnyRankAborted);

export const teamSize = ({ tuner, usefulThreads }: RunState): number => tuner?.threads ?? usefulThreads;

/** Steps between two pauses of a run. */
export interface NextSpan {
  readonly first: number; // first step
  readonly limit: number; // step to stop before; time or the signal may end the span earlier
  readonly probe: boolean; // whether its step is probed
}

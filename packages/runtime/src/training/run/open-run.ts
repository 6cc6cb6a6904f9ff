import type { NetworkSpec } from '@gradloom/core';
import { createElements, NOTHING_LOADED, typeOf } from '@gradloom/core/internal';
import type { Cluster } from '../../cluster/cluster.ts';
import { createLockstep, type Lockstep } from '../../cluster/lockstep.ts';
import type { DataSplits } from '../../data/dataset.ts';
import { loadModules } from '../../engine/modules/load-parts.ts';
import { clusterShape } from '../../engine/step/cluster-shape.ts';
import { createPool, isPool, type Pool } from '../../engine/threads/pool.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import type { Checkpoint, RunArrays, RunRecord } from '../checkpoints/checkpoint.ts';
import { type CheckpointFolder, lockCheckpointFolder } from '../checkpoints/checkpoint-folder.ts';
import { checkpointTimes } from '../checkpoints/checkpoint-options.ts';
import { checkResume, recordOf } from '../checkpoints/resume.ts';
import { refuseOtherRuns } from '../lockstep/refuse-other-runs.ts';
import { createStateShares, type StateShares } from '../lockstep/state-shares.ts';
import type { TrainEvent } from './events.ts';
import { isCluster } from './execution-options.ts';
import { copyJson, type TrainOptions } from './options.ts';
import { planRun, type RunPlan } from './plan.ts';
import { type PreparedRun, prepareRun } from './prepare.ts';
import { checkSplits } from './refuse-conflicts.ts';
import { createSteering, type Steering } from './steering.ts';
import { backendWarnings, idleWarnings } from './warnings.ts';

/** A run with its memory, in lockstep with the other ranks of its cluster. */
export interface OpenedRun extends PreparedRun {
  readonly lockstep: Lockstep;
  readonly shares: StateShares;
  readonly reporter: Reporter;
  readonly record: RunRecord | null; // null until it is needed
}

/** Resources of a run besides its plan and memory. */
export interface RunResources {
  readonly pool: Pool;
  readonly checkpointFolder: CheckpointFolder | null; // folder that the run has locked for its checkpoints
  readonly emit: (event: TrainEvent) => void;
  readonly steering: Steering; // on rank 0 of a cluster
}

/** Resources of the caller that a run holds until it ends. */
export interface Reservation {
  readonly cluster: Cluster | null;
  /** Holds the pool at once, so that `pool.close()` right after the call waits for this run. */
  holdPool(): void;
  /** Releases pool and cluster. */
  release(): void;
}

const clustersInUse = new WeakSet<Cluster>();

/**
 * Reserves the cluster: two runs would mix their messages. Values that are not a pool or cluster are refused later.
 * @throws Error if another run uses the cluster.
 */
export function reserve(options: TrainOptions | undefined): Reservation {
  const cluster = clusterOf(options);
  if (cluster !== null && clustersInUse.has(cluster)) {
    throw new Error('train: cluster has a run that has not ended, expected one run at a time');
  }
  if (cluster !== null) clustersInUse.add(cluster);
  let releasePool = (): void => {};
  return {
    cluster,
    holdPool() {
      if (isPool(options?.pool)) releasePool = options.pool.hold();
    },
    release() {
      if (cluster !== null) {
        clustersInUse.delete(cluster);
        cluster.release();
      }
      releasePool();
    },
  };
}

const clusterOf = (options: TrainOptions | undefined): Cluster | null =>
  isCluster(options?.cluster) ? options.cluster : null;

/** Prepares a run with its memory, checked against its checkpoint and the other ranks; emits its warnings. */
export async function prepareWith(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<OpenedRun> {
  const lockstep = createLockstep(clusterOf(options));
  const reporter = createReporter(lockstep, emit);
  const agreedPlan = await agreePlan(await planWithModules(spec, data, options, lockstep), lockstep);
  const run = await inTurns(prepareRun(agreedPlan, agreedPlan.data));
  const { plan } = run;
  const isCompared = plan.resume !== null || plan.cluster !== null;
  const record = isCompared ? await inTurns(recordOf(plan, plan.data, run.setup.backend)) : null;
  if (record !== null) await refuseOtherRuns(lockstep, plan, record);
  if (plan.resume !== null && record !== null && lockstep.isFirst) {
    await inTurns(checkResume(plan, record, plan.resume));
  }
  const warnings = [...plan.warnings, ...backendWarnings(plan.backend, run.setup.backend)];
  for (const message of warnings) reporter.emit({ type: 'warning', message });
  return { ...(await joinRanks(run, lockstep, reporter)), record };
}

/** Adds to a run what it needs to know about other ranks. */
export async function joinRanks(run: PreparedRun, lockstep: Lockstep, reporter: Reporter): Promise<OpenedRun> {
  const { budget, arena } = run;
  // The minimum over ranks, since some may be short of memory and all must evaluate the same chunks at once.
  const chunks = Math.min(...(await lockstep.fromAll(budget.chunks)));
  const shares = await createStateShares(lockstep, arena);
  return { ...run, budget: { ...budget, chunks }, lockstep, shares, reporter, record: null };
}

/** Takes the threads of a run and the folder of its checkpoints; `close` releases both. */
export async function acquireResources(
  { plan, setup, lockstep, reporter }: OpenedRun,
  steering = createSteering(),
): Promise<{ resources: RunResources; close: () => Promise<void> }> {
  const locksFolder = plan.checkpoint !== null && lockstep.isFirst;
  const checkpointFolder = locksFolder ? lockCheckpointFolder(plan.checkpoint.folder) : null;
  try {
    const pool = plan.pool ?? (await createPool({ threads: plan.threads }));
    pool.live.add(setup.run);
    plan.cluster?.hold([setup.memory.buffer as SharedArrayBuffer, ...setup.outside]);
    return {
      resources: { pool, checkpointFolder, emit: reporter.emit, steering },
      async close() {
        pool.live.delete(setup.run);
        try {
          if (plan.pool === undefined) await pool.destroy();
        } finally {
          checkpointFolder?.release();
        }
      },
    };
  } catch (error) {
    checkpointFolder?.release();
    throw error;
  }
}

/** Plans a run with its custom modules, which are imported first, and with the checkpoint that rank 0 resumes. */
async function planWithModules(
  spec: NetworkSpec,
  data: DataSplits,
  options: TrainOptions,
  lockstep: Lockstep,
): Promise<RunPlan> {
  const { modules, resume } = options ?? {};
  if (!Array.isArray(modules) && lockstep.cluster === null) return await inTurns(planRun(spec, data, options));
  // Copied, since the caller may change these objects while modules load.
  const [network, splits, optionsCopy] = [copyJson(spec), checkSplits(data), copyOptions(options)];
  const parts = Array.isArray(modules) ? await loadModules('train', [...modules]) : NOTHING_LOADED;
  const sharedCheckpoint = await shareCheckpoint(lockstep, resume);
  const { resume: _, ...withoutResume } = optionsCopy;
  const rankOptions =
    sharedCheckpoint === undefined && !lockstep.isFirst
      ? withoutResume
      : { ...optionsCopy, ...(sharedCheckpoint && { resume: sharedCheckpoint }) };
  return await inTurns(planRun(network, splits, rankOptions, parts));
}

/** Completes the plan with data of other ranks: their threads, and when rank 0 writes checkpoints. */
async function agreePlan(plan: RunPlan, { cluster, fromAll, fromFirst }: Lockstep): Promise<RunPlan> {
  if (cluster === null) return plan;
  const ranks = clusterShape(cluster, await fromAll(plan.threads), plan.overlap);
  const { every, ...onFirst } = await fromFirst({
    writesCheckpoints: plan.writesCheckpoints,
    every: plan.checkpoint?.every,
  });
  const warnings = [...plan.warnings, ...idleWarnings(cluster.idleCores)];
  return { ...plan, ...onFirst, ranks, checkpointTimes: checkpointTimes(every, plan.context.stepsPerEpoch), warnings };
}

/** Copies options. Only the specs among them are JSON objects. */
export function copyOptions(options: TrainOptions): TrainOptions {
  const { loss, optimizer, schedule } = options;
  return {
    ...options,
    ...(loss === undefined ? {} : { loss: copyJson(loss) }),
    ...(optimizer === undefined ? {} : { optimizer: copyJson(optimizer) }),
    ...(schedule === undefined ? {} : { schedule: copyJson(schedule) }),
  };
}

/** The checkpoint that ranks resume: rank 0's, on the others without arrays, which are dealt later. */
async function shareCheckpoint(
  { isFirst, fromFirst, cluster }: Lockstep,
  checkpoint: Checkpoint | undefined,
): Promise<Checkpoint | undefined> {
  if (cluster === null) return checkpoint;
  const sharedCheckpoint = await fromFirst(isFirst ? withoutArrays(checkpoint) : undefined);
  return isFirst ? checkpoint : sharedCheckpoint;
}

/** A checkpoint without arrays. Rank 0 refuses invalid ones later. */
function withoutArrays(checkpoint: Checkpoint | undefined): Checkpoint | undefined {
  if (typeof checkpoint !== 'object' || checkpoint === null || !('arrays' in checkpoint)) return undefined;
  const { arrays, earlier, best } = checkpoint;
  return {
    ...checkpoint,
    arrays: withEmptyArrays(arrays),
    ...(earlier === undefined ? {} : { earlier: withEmptyArrays(earlier) }),
    ...(best === undefined ? {} : { best: createElements(typeOf(best), 0) }),
  };
}

const withEmptyArrays = <T extends Pick<RunArrays, 'parameters' | 'state'>>(arrays: T): T => ({
  ...arrays,
  parameters: createElements(typeOf(arrays.parameters), 0),
  state: arrays.state.map((array) => createElements(typeOf(array), 0)),
});

/** Reports events of a run, on rank 0 only. Warnings of other ranks reach it with their next exchange. */
interface Reporter {
  emit(event: TrainEvent): void;
  /** Takes the warnings of this rank since the last call, for rank 0. */
  takeWarnings(): readonly string[];
  /** Reports the warnings of all ranks, except those that rank 0 has already reported itself. */
  reportAll(warningsOfRanks: readonly (readonly string[])[]): void;
}

export function createReporter({ isFirst, cluster }: Lockstep, report: (event: TrainEvent) => void): Reporter {
  if (cluster === null) return { emit: report, takeWarnings: () => [], reportAll() {} };
  const unsentWarnings: string[] = [];
  const reportedWarnings = new Set<string>();
  return {
    emit(event) {
      if (event.type === 'warning') isFirst ? reportedWarnings.add(event.message) : unsentWarnings.push(event.message);
      if (isFirst) report(event);
    },
    takeWarnings: () => unsentWarnings.splice(0),
    reportAll(warningsOfRanks) {
      if (!isFirst) return;
      for (const [rank, messages] of warningsOfRanks.entries()) {
        for (const message of messages) {
          if (reportedWarnings.has(message)) continue;
          reportedWarnings.add(message);
          report({ type: 'warning', message: `rank ${rank}: ${message}` });
        }
      }
    },
  };
}

import { join } from 'node:path';
import { reasonOf } from '@gradloom/core/internal';
import type { Arena } from '../../engine/memory/arena.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { inTurns } from '../../system/turns/in-turns.ts';
import { epochStart, type History } from '../faults/history.ts';
import type { StateShares } from '../lockstep/state-shares.ts';
import type { EarlyStopping } from '../run/early-stopping.ts';
import type { EpochLog } from '../run/epoch-log.ts';
import type { TrainEvent } from '../run/events.ts';
import type { OpenedRun } from '../run/open-run.ts';
import type { RunPlan } from '../run/plan.ts';
import { recordOfChanges } from '../run/rate-changes.ts';
import type { StepLog } from '../run/step-log.ts';
import type { Checkpoint, Progress } from './checkpoint.ts';
import { type CheckpointEntry, type CheckpointFolder, LAST_FILE, type WriteResult } from './checkpoint-folder.ts';
import { recordOf } from './resume.ts';

/**
 * Writes the checkpoints of a run; called only between spans, when the arena does not change. Rank 0 writes, and
 * decides when, by its clock and the files on its disk; the others send it the state that they hold.
 */
export interface Checkpointer {
  /** First step after `step` at which the run must stop for a checkpoint. */
  next(step: number): number;
  /** Records the loss of an evaluation. If it is the lowest so far, a checkpoint of the best state is due. */
  recordLoss(loss: number): void;
  /** Records the best evaluation so far by early stopping; then a checkpoint of the best state is due. */
  recordBest(loss: number): void;
  writeIfDue(): Promise<void>;
  /** Writes now. A failure is a warning: the older file remains, and training continues. */
  write(): Promise<void>;
  newest(): { readonly path: string; readonly step: number } | undefined;
}

export interface CheckpointerOptions extends StateSources, Pick<OpenedRun, 'lockstep' | 'record'> {
  checkpointFolder: CheckpointFolder | null;
  rateChanges: ReadonlyMap<number, number>; // with those of the steered run so far
  stepLog: StepLog;
  emit: (event: TrainEvent) => void;
  writeEntry: (entry: CheckpointEntry) => Promise<WriteResult>; // writes an entry in a thread
}

/** Creates the checkpointer of a run; null if it writes no checkpoints. */
export function createCheckpointer(options: CheckpointerOptions): Checkpointer | null {
  const { plan, checkpointFolder, setup, lockstep, progress, epochLog, stepLog, emit, writeEntry } = options;
  const { checkpoint: settings, checkpointTimes, resume, data } = plan;
  const { rateChanges } = options;
  if (!plan.writesCheckpoints) return null;
  if (!lockstep.isFirst || settings === null || checkpointFolder === null) return createSender(options);
  const { metadata, keep: maxKept } = settings;
  const { ensureLocked } = checkpointFolder;
  let { record } = options;
  let keptSteps: readonly number[] = []; // steps of the checkpoints kept under their own names
  let lastMs = performance.now();
  let newest: { path: string; step: number } | undefined;
  let isImproved = false;
  let writtenBest = progress.best; // what best.gradloom contains
  let hasFailed = false;

  /** Without a validation set, the mean loss of the newest epoch decides which checkpoint is best. */
  function recordTrainingLoss(): void {
    const loss = data.validation === undefined ? epochLog.state().epochLosses.at(-1) : undefined;
    if (loss !== undefined) recordLoss(loss);
  }

  function recordLoss(loss: number): void {
    // NaN is never the best, since no later loss would be below it.
    if (!(loss < (progress.best?.loss ?? Number.POSITIVE_INFINITY))) return;
    recordBest(loss);
  }

  function recordBest(loss: number): void {
    progress.best = { step: progress.step, loss };
    isImproved = true;
  }

  async function createEntry(state: CurrentState): Promise<CheckpointEntry> {
    // The rows are hashed only when a checkpoint is written.
    record ??= await inTurns(recordOf(plan, data, setup.backend));
    const folder = ensureLocked();
    const rates = rateChanges.size === 0 ? {} : { rateChanges: recordOfChanges(rateChanges) };
    const checkpoint = { ...state, record: { ...record, ...rates }, metadata };
    const flags = { isFirst: newest === undefined, isBest: isImproved, countsOlder: resume !== null };
    return { folder, checkpoint, ...flags, maxKept, keptSteps };
  }

  async function tryToWrite(state: CurrentState): Promise<TrainEvent | null> {
    const { step } = progress;
    let failure: string;
    try {
      const entry = await createEntry(state);
      const { error, keptSteps: newKeptSteps } = await writeEntry(entry);
      keptSteps = newKeptSteps;
      if (error === null) {
        hasFailed = false;
        newest = { path: join(entry.folder, LAST_FILE), step };
        writtenBest = progress.best;
        return { type: 'checkpoint', step, path: newest.path, best: isImproved };
      }
      failure = error;
    } catch (error) {
      failure = reasonOf(error);
    }
    if (writtenBest === undefined) delete progress.best;
    else progress.best = writtenBest;
    // Warns once, not at every attempt while there is no room.
    if (hasFailed) return null;
    hasFailed = true;
    const newestStep = newest?.step ?? resume?.progress.step;
    const fallback = newestStep === undefined ? 'the run has none' : `the newest is that of step ${newestStep}`;
    return {
      type: 'warning',
      message: `the checkpoint of step ${step} could not be written, ${fallback} (${failure})`,
    };
  }

  async function write(): Promise<void> {
    lastMs = performance.now();
    // Closes the current stretch of steps, since a resume starts a new one.
    stepLog.close();
    recordTrainingLoss();
    const state = await currentState(options);
    const event = state === null ? null : await tryToWrite(state);
    isImproved = false;
    if (event !== null) emit(event);
  }

  return {
    next: checkpointTimes.next,
    recordLoss,
    recordBest,
    async writeIfDue() {
      const isDue = isImproved || checkpointTimes.isDue(progress.step, performance.now() - lastMs);
      if (await lockstep.fromFirst(isDue)) await write();
    },
    write,
    newest: () => newest,
  };
}

/** The checkpointer of a rank that does not write: it sends its state to rank 0. */
function createSender({ plan, lockstep, stepLog, ...sources }: CheckpointerOptions): Checkpointer {
  async function write(): Promise<void> {
    stepLog.close();
    await currentState({ plan, ...sources });
  }
  return {
    next: plan.checkpointTimes.next,
    recordLoss() {},
    recordBest() {},
    async writeIfDue() {
      if (await lockstep.fromFirst(false)) await write(); // rank 0's value decides for all
    },
    write,
    newest: () => undefined,
  };
}

export interface StateSources {
  readonly plan: RunPlan;
  readonly setup: RunSetup;
  readonly arena: Arena;
  readonly shares: StateShares;
  readonly progress: Progress;
  readonly epochLog: EpochLog;
  readonly history: History;
  readonly earlyStopping: EarlyStopping | null;
}

/** A checkpoint without the parts that never change in a run. */
export type CurrentState = Omit<Checkpoint, 'spec' | 'record' | 'metadata'>;

/**
 * The state of a run between two spans, for a checkpoint. The arrays are those of the run itself, not copies, completed
 * by the state that other ranks hold. Returned on rank 0, or with `forAll` on all ranks; null elsewhere.
 */
export async function currentState(
  { plan, setup, arena, shares, progress, epochLog, history, earlyStopping }: StateSources,
  forAll = false,
): Promise<CurrentState | null> {
  const { theta: parameters, scalars, scheduleState } = arena;
  const { preprocessing } = plan.data.train;
  const savedState = history.savedBefore(epochStart(progress.step, plan.context.stepsPerEpoch));
  const state = await shares.gather(arena.state, 'current', forAll);
  const earlierState = savedState === undefined ? null : await shares.gather(savedState.state, 'earlier', forAll);
  if (state === null) return null;
  const earlier =
    savedState === undefined || earlierState === null ? undefined : { ...savedState, state: earlierState };
  return {
    loss: setup.loss,
    progress,
    arrays: { parameters, state, scalars, scheduleState, ...epochLog.state() },
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(earlier === undefined ? {} : { earlier }),
    ...(earlyStopping?.best === undefined ? {} : { best: earlyStopping.best }),
  };
}

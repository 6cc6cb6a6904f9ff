import type { Arena } from '../arena.ts';
import type { DataSplits } from '../datasets/dataset.ts';
import type { EpochLog } from '../epoch-log.ts';
import { epochStart, type History } from '../history.ts';
import type { RunPlan } from '../plan.ts';
import type { RunSetup } from '../protocol.ts';
import type { TrainEvent } from '../results.ts';
import type { StepLog } from '../step-log.ts';
import type { Progress, RunRecord } from './checkpoint.ts';
import { keepCheckpoint, openCheckpointFolder } from './checkpoint-folder.ts';
import { recordOf } from './resume.ts';

/** Writes the checkpoints of a run; only between spans, when the arena stands still. */
export interface Keeper {
  /** First step after `step` at which the run has to come back for a checkpoint. */
  next(step: number): number;
  /** Notes the loss of an evaluation: the lowest so far makes a checkpoint due, the best one. */
  watch(loss: number): void;
  keepIfDue(): void;
  /** Writes now. A failure is a warning: the older file stands, and training goes on. */
  keep(): void;
  /** The newest checkpoint that was written. */
  newest(): { readonly path: string; readonly step: number } | undefined;
}

export interface KeeperOptions {
  plan: RunPlan;
  data: DataSplits;
  setup: RunSetup;
  arena: Arena;
  progress: Progress;
  log: EpochLog;
  steps: StepLog;
  history: History;
  emit: (event: TrainEvent) => void;
}

/** Null where the run keeps none. */
export function createKeeper(options: KeeperOptions): Keeper | null {
  const { plan, data, setup, arena, progress, log, steps, history, emit } = options;
  const { checkpoint: kept, checkpointTimes: times } = plan;
  if (kept === null) return null;
  const { folder, metadata = {} } = kept;
  let record: RunRecord | undefined;
  let opened = '';
  let lastMs = performance.now();
  let newest: { path: string; step: number } | undefined;
  let isImproved = false;
  let written = progress.best; // what best.gradloom has
  let failing = false;

  /** Without a validation set, the mean loss of the newest epoch says which checkpoint is best. */
  function watchTraining(): void {
    const loss = data.validation === undefined ? log.state().epochLosses.at(-1) : undefined;
    if (loss !== undefined) watch(loss);
  }

  function watch(loss: number): void {
    // Never one that is NaN: nothing would be below it.
    if (!(loss < (progress.best?.loss ?? Number.POSITIVE_INFINITY))) return;
    progress.best = { step: progress.step, loss };
    isImproved = true;
  }

  function write(): Extract<TrainEvent, { type: 'checkpoint' }> {
    watchTraining();
    // Hashing the rows waits until it is needed.
    record ??= recordOf(plan, data, setup.backend);
    const place = typeof folder === 'string' ? folder : folder();
    if (place !== opened) openCheckpointFolder(place);
    opened = place;
    const { theta: parameters, state, scalars, scheduleState } = arena;
    const arrays = { parameters, state, scalars, scheduleState, ...log.state() };
    const { stepsPerEpoch } = plan.context;
    const earlier = history.saved(epochStart(progress.step, stepsPerEpoch));
    const content = {
      ...{ spec: setup.spec, loss: setup.loss, metadata, record, progress, arrays },
      ...(earlier === undefined ? {} : { earlier }),
    };
    const path = keepCheckpoint(place, content, isImproved);
    newest = { path, step: progress.step };
    written = progress.best;
    return { type: 'checkpoint', step: progress.step, path, best: isImproved };
  }

  function attempt(): TrainEvent | null {
    try {
      const event = write();
      failing = false;
      return event;
    } catch (error) {
      if (written === undefined) delete progress.best;
      else progress.best = written;
      // Once, not at every attempt until there is room again.
      if (failing) return null;
      failing = true;
      const reason = error instanceof Error ? error.message : error;
      const step = newest?.step ?? plan.resume?.progress.step;
      const older = step === undefined ? 'there is none before it' : `the one of step ${step} stands`;
      return {
        type: 'warning',
        message: `the checkpoint of step ${progress.step} is missing, ${older} (${reason})`,
      };
    }
  }

  function keep(): void {
    lastMs = performance.now();
    // A resume starts a stretch of its own.
    steps.close();
    const event = attempt();
    isImproved = false;
    if (event !== null) emit(event);
  }

  return {
    next: times.next,
    watch,
    keepIfDue() {
      if (isImproved || times.isDue(progress.step, performance.now() - lastMs)) keep();
    },
    keep,
    newest: () => newest,
  };
}

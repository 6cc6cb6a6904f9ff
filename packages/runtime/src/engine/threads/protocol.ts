import type { ElementType, LossSpec, OptimizerSpec, ScheduleContext, ScheduleSpec } from '@gradloom/core';
import type { ModuleSource, WasmMemory } from '@gradloom/core/internal';
import type { DataMatrix, Dataset } from '../../data/dataset.ts';
import type { Backend, CompiledKernels } from '../backends/backend.ts';
import type { ClusterShape } from '../step/cluster-shape.ts';
import type { SharedSpec } from './shared-spec.ts';

/** What the threads of a team need, whatever they do with the network. */
export interface TeamSetup extends CompiledKernels {
  readonly run: number; // unique in the process
  readonly spec: SharedSpec;
  readonly loss: LossSpec;
  readonly elementType: ElementType;
  readonly modules: readonly ModuleSource[]; // of the user, which the thread imports before its first task
  readonly threads: number; // that the memory was planned for
  readonly backend: Backend;
  readonly memory: WasmMemory;
  readonly outside: readonly SharedArrayBuffer[]; // besides it
  readonly control: Int32Array<SharedArrayBuffer>; // see barrier.ts
  readonly mayHold: number; // bytes of runs that have ended, which a thread need not free yet
}

/** What the plan of a run decides about its steps, and its threads read. */
export interface StepShape {
  readonly ema: number | null; // decay of the moving average of the weights; null where none is kept
  readonly context: ScheduleContext;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last
  readonly leaf: number; // rows of a leaf
  readonly rowsAtOnce: number; // most rows of a pass in training: see team-part.ts
  readonly passRows: number; // most rows of a pass
  readonly couples: boolean; // see couplesRows
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly maxNorm: number | null; // of the weights that come into a unit
}

/** The same, without the rest of a plan, which does not go to threads. */
export function stepShapeOf(plan: StepShape): StepShape {
  const { context, seed, ema, clipNorm, maxNorm } = plan;
  const { batch, lastBatch, leaf, rowsAtOnce, passRows, couples } = plan;
  return { context, seed, ema, clipNorm, maxNorm, ...{ batch, lastBatch, leaf, rowsAtOnce, passRows, couples } };
}

/**
 * What a thread needs for a run; named by every task, since a pool does not say which thread gets which task: see
 * messages.ts.
 */
export interface RunSetup extends TeamSetup, StepShape {
  readonly kind: 'training'; // in the memory of arena.ts
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly cluster: ClusterShape | null; // null where no other rank takes part
  readonly probes: boolean; // the arena has room for looks into layers
  readonly times: Float64Array<SharedArrayBuffer> | null; // [threads, parts] see clock.ts; null where nobody asks
  readonly workTimes: Float64Array<SharedArrayBuffer>; // see work-clock.ts
  readonly insideBytes: number; // as the arena was planned with
  readonly dataset: Dataset; // trained on
  readonly weights: DataMatrix | null; // [N, 1] what its rows count, with a mean of 1; null where each counts 1
  // [slots, N] rows of epoch e in slot e mod slots; null: file order
  readonly orders: Uint32Array<SharedArrayBuffer> | null;
}

/** What a thread needs to evaluate a model: likewise. */
export interface InferenceSetup extends TeamSetup {
  readonly kind: 'inference'; // in the memory of inference-layout.ts
}

/** A task for one thread. Each floor states its own; worker.ts, which runs them, lists all. */
export interface Task<Answer = unknown> {
  readonly kind: string;
  /** Never set: it carries the type of what the thread answers. */
  readonly answer?: Answer;
}

/** The common part of all tasks of a run: thread and team. */
export interface TaskPlace<Setup extends TeamSetup = RunSetup> {
  readonly setup: Setup;
  readonly live: readonly number[]; // runs of this pool that still go on; a thread forgets the others
  readonly thread: number;
  readonly threads: number;
}

/** Before the first span: see opening.ts. Answers whether all weights that the thread drew are finite. */
export interface OpeningTask extends TaskPlace, Task<boolean> {
  readonly kind: 'opening';
  readonly draws: boolean; // the starting weights, from the seed
}

/**
 * Steps from `first` until `limit`, or until the main thread asks for the end. 'refused': a layer cannot take a row of
 * the step after those that are done.
 */
export interface SpanTask extends TaskPlace, Task<'refused' | undefined> {
  readonly kind: 'span';
  readonly first: number;
  readonly limit: number;
  readonly probe?: boolean; // look into the layers at every step of it
  readonly timedShare?: number; // of the steps whose work and waiting are timed, default 0
}

/**
 * Outputs and summed losses of the chunks of `rows` rows from row `first` of a dataset. Answers the first row that a
 * layer cannot take.
 */
export interface EvaluationTask extends TaskPlace<RunSetup | InferenceSetup>, Task<BadRow | undefined> {
  readonly kind: 'evaluation';
  readonly dataset: Dataset;
  readonly first: number;
  readonly rows: number;
  readonly outputs: Float64Array<SharedArrayBuffer>; // [rows, O] or longer
  readonly lossSums: Float64Array<SharedArrayBuffer>; // [chunks]
}

/** Answered at once: tells that a thread has started. */
export interface PingTask extends Task<undefined> {
  readonly kind: 'ping';
}

/** A row of a dataset that a layer cannot take: see InputError. */
export interface BadRow {
  readonly row: number;
  readonly problem: string;
}

/** Decided by the last thread at the last barrier of a step, for all: written to the control block. */
export const DECISION = { go: 0, end: 1, bad: 2 };

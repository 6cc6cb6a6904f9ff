import type { Augmentation, ElementType, LossSpec, OptimizerSpec, ScheduleContext, ScheduleSpec } from '@gradloom/core';
import type { ModuleSource, WasmMemory } from '@gradloom/core/internal';
import type { DataMatrix, Dataset } from '../../data/dataset.ts';
import type { Backend, CompiledKernels } from '../backends/backend.ts';
import type { ClusterShape } from '../step/cluster-shape.ts';

/** The JSON of a network in shared memory: a copy of 100,000 layers in each task would take 60 ms per thread. */
export type SharedSpec = Uint8Array<SharedArrayBuffer>;

/** What the threads of a team need for any task. */
export interface TeamSetup extends CompiledKernels {
  readonly run: number; // unique in the process
  readonly spec: SharedSpec;
  readonly loss: LossSpec;
  readonly elementType: ElementType;
  readonly modules: readonly ModuleSource[]; // modules of custom parts, which the thread imports before its first task
  readonly threads: number; // number of threads that the memory was planned for
  readonly backend: Backend;
  readonly memory: WasmMemory;
  readonly outside: readonly SharedArrayBuffer[]; // buffers outside of the memory
  readonly control: Int32Array<SharedArrayBuffer>; // see barrier.ts
  readonly maxHeldBytes: number; // bytes of ended runs that a thread need not free yet
}

/** What the plan of a run decides about its steps, and its threads read. */
export interface StepShape {
  readonly context: ScheduleContext; // total steps and steps per epoch
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last batch
  readonly leafRows: number;
  readonly rowsAtOnce: number; // maximum number of rows of a training pass: see team-part.ts
  readonly passRows: number; // maximum number of rows of a pass in the workspace of a thread
  readonly couples: boolean; // see couplesRows
  readonly seed: number;
  readonly ema?: number | null; // decay of the moving average of the weights, default no average
  readonly clipNorm?: number | null; // limit of the norm of the gradient, default none
  readonly maxNorm?: number | null; // limit of the norm of weights into a unit, default none
  readonly augment?: Augmentation | null; // of the rows, default none
}

/** These fields of a plan; the rest of it does not go to threads. */
export function stepShapeOf(plan: StepShape): Required<StepShape> {
  const { context, batch, lastBatch, leafRows, rowsAtOnce, passRows, couples, seed } = plan;
  const { ema = null, clipNorm = null, maxNorm = null, augment = null } = plan;
  return { context, batch, lastBatch, leafRows, rowsAtOnce, passRows, couples, seed, ema, clipNorm, maxNorm, augment };
}

/** What a thread needs for a run. Every task refers to it, since the pool chooses the thread: see messages.ts. */
export interface RunSetup extends TeamSetup, Required<StepShape> {
  readonly kind: 'training'; // memory laid out by arena.ts
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly cluster: ClusterShape | null; // null without other ranks
  readonly probes: boolean; // whether the arena has room for probed steps
  readonly times: Float64Array<SharedArrayBuffer> | null; // [threads, phases] see clock.ts; null without a profile
  readonly workTimes: Float64Array<SharedArrayBuffer>; // see clock.ts
  readonly insideBytes: number; // as in the plan of the arena
  readonly dataset: Dataset; // training rows
  readonly weights: DataMatrix | null; // [N, 1] weights of rows, with mean 1; null if each counts 1
  // [N] positions of each row's targets that count; null if all do, or rows have one target
  readonly countedTargets: Uint32Array<SharedArrayBuffer> | null;
  // [slots, N] row order of epoch e in slot e mod slots; null: file order
  readonly orders: Uint32Array<SharedArrayBuffer> | null;
}

/** What a thread needs to evaluate a model; every task refers to it. */
export interface InferenceSetup extends TeamSetup {
  readonly kind: 'inference'; // memory laid out by inference-layout.ts
}

/** A task for one thread. Each folder defines its own; worker.ts, which runs them, lists all. */
export interface Task<Answer = unknown> {
  readonly kind: string;
  /** Never set: carries the type of the thread's answer. */
  readonly answer?: Answer;
}

/** Fields of all tasks of a team's threads. */
export interface TeamTask<Setup extends TeamSetup = RunSetup> {
  readonly setup: Setup;
  readonly live: readonly number[]; // current runs of this pool; a thread frees the others
  readonly thread: number;
  readonly threads: number;
}

/** Runs before the first span: see opening.ts. Answers whether all weights that the thread drew are finite. */
export interface OpeningTask extends TeamTask, Task<boolean> {
  readonly kind: 'opening';
  readonly drawsWeights: boolean; // whether to draw the starting weights from the seed
}

/** Steps from `first` to `limit`, or until a request. Answers 'refused' if a layer refuses a row of the next step. */
export interface SpanTask extends TeamTask, Task<'refused' | undefined> {
  readonly kind: 'span';
  readonly first: number;
  readonly limit: number;
  readonly probe?: boolean; // probe the layers in each of its steps
  readonly timedShare?: number; // share of steps whose work and waiting are timed, default 0
}

/** Evaluates `rows` rows from row `first` of a dataset, in chunks. Answers the first row that a layer refuses. */
export interface EvaluationTask extends TeamTask<RunSetup | InferenceSetup>, Task<BadRow | undefined> {
  readonly kind: 'evaluation';
  readonly dataset: Dataset;
  readonly first: number;
  readonly rows: number;
  readonly outputs: Float64Array<SharedArrayBuffer> | null; // [rows, O] or longer; null if they are not collected
  readonly tallies: Float64Array<SharedArrayBuffer>; // [chunks, TALLIES] see tally.ts
}

/** Answered at once, which shows that a thread has started. */
export interface PingTask extends Task<undefined> {
  readonly kind: 'ping';
}

/** A row of a dataset that a layer refuses: see InputError. */
export interface BadRow {
  readonly row: number;
  readonly problem: string;
}

/** Whether a run goes on after a step: written to the control block by the last thread to arrive at its end. */
export const DECISION = { go: 0, end: 1, bad: 2 };

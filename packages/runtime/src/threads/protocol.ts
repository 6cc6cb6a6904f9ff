import type { ElementType, LossSpec, OptimizerSpec, ScheduleContext, ScheduleSpec } from '@gradloom/core';
import type { ModuleSource, WasmMemory } from '@gradloom/core/internal';
import type { Backend, CompiledKernels } from '../backends/backend.ts';
import type { CheckpointEntry, Written } from '../checkpoints/checkpoint-folder.ts';
import type { DataMatrix, Dataset } from '../datasets/dataset.ts';
import type { Fault } from '../faults/first-finding.ts';
import type { Reply } from '../serving/reply.ts';
import type { SharedModel } from '../serving/shared-model.ts';
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

/**
 * What a thread needs for a run; named by every task, since a pool does not say which thread gets which task: see
 * messages.ts.
 */
export interface RunSetup extends TeamSetup {
  readonly kind: 'training'; // in the memory of arena.ts
  readonly optimizer: OptimizerSpec;
  readonly ema: number | null; // decay of the moving average of the weights; null where none is kept
  readonly schedule: ScheduleSpec;
  readonly context: ScheduleContext;
  readonly batch: number;
  readonly lastBatch: number; // rows of an epoch's last
  readonly leaf: number; // rows of a leaf
  readonly rowsAtOnce: number; // most rows of a pass in training: see team-part.ts
  readonly passRows: number; // most rows of a pass
  readonly couples: boolean; // see couplesRows
  readonly cluster: ClusterShape | null; // null where no other rank takes part
  readonly seed: number;
  readonly clipNorm: number | null;
  readonly maxNorm: number | null; // of the weights that come into a unit
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

/** The common part of all tasks of a run: thread and team. */
export interface TaskPlace<Setup extends TeamSetup = RunSetup> {
  readonly setup: Setup;
  readonly live: readonly number[]; // runs of this pool that still go on; a thread forgets the others
  readonly thread: number;
  readonly threads: number;
}

/** Before the first span: see opening.ts. */
export interface OpeningTask extends TaskPlace {
  readonly kind: 'opening';
  readonly draws: boolean; // the starting weights, from the seed
}

/** Steps from `first` until `limit`, or until the main thread asks for the end. */
export interface SpanTask extends TaskPlace {
  readonly kind: 'span';
  readonly first: number;
  readonly limit: number;
  readonly probe?: boolean; // look into the layers at every step of it
  readonly timedShare?: number; // of the steps whose work and waiting are timed, default 0
}

/** Outputs and summed losses of the chunks of `rows` rows from row `first` of a dataset. */
export interface EvaluationTask extends TaskPlace<RunSetup | InferenceSetup> {
  readonly kind: 'evaluation';
  readonly dataset: Dataset;
  readonly first: number;
  readonly rows: number;
  readonly outputs: Float64Array<SharedArrayBuffer>; // [rows, O] or longer
  readonly lossSums: Float64Array<SharedArrayBuffer>; // [chunks]
}

/** Diagnoses a step that is not finite: see diagnose.ts. */
export interface DiagnosisTask extends TaskPlace {
  readonly kind: 'diagnosis';
  readonly step: number;
  readonly of: 'loss' | 'update'; // the weights are those before the step, or behind it
}

/** Writes a checkpoint: see checkpoint-folder.ts. */
export interface CheckpointTask extends TaskPlace {
  readonly kind: 'checkpoint';
  readonly entry: CheckpointEntry;
}

/** Answered at once: tells that a thread has started. */
export interface PingTask {
  readonly kind: 'ping';
}

/** Bodies of requests to answer: see answer-texts.ts. */
export interface AnswersTask {
  readonly kind: 'answers';
  readonly id: number; // of the model
  readonly model?: SharedModel; // for a thread that does not have it yet
  readonly texts: readonly string[];
  readonly mostRows: number; // of a text
}

/** Moves memory, to tell how fast that goes: see triad.ts. */
export interface TriadTask {
  readonly kind: 'triad';
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
  readonly arrays: Float64Array<SharedArrayBuffer>; // [3, N]
  readonly times: Float64Array<SharedArrayBuffer>; // [passes, threads] ms, out
}

/** Barriers, and numbers that go from core to core, to tell what they cost: see exchange.ts. */
export interface ExchangeTask {
  readonly kind: 'exchange';
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly thread: number;
  readonly threads: number;
  readonly numbers: Float64Array<SharedArrayBuffer>; // [threads, N], N a multiple of 4
  readonly sums: Float64Array<SharedArrayBuffer>; // [threads] out, so that V8 does not leave the reading out
  readonly times: Float64Array<SharedArrayBuffer>; // [rounds, threads, EXCHANGE_TIMES] ms, out
}

/** A row of a dataset that a layer cannot take: see InputError. */
export interface BadRow {
  readonly row: number;
  readonly problem: string;
}

export type WorkerTask =
  | OpeningTask
  | SpanTask
  | EvaluationTask
  | DiagnosisTask
  | CheckpointTask
  | TriadTask
  | ExchangeTask
  | AnswersTask
  | PingTask;

/** Answer of a thread to each kind of task. */
export interface TaskAnswers {
  readonly opening: boolean; // all weights that it drew are finite
  readonly span: 'refused' | undefined; // a layer cannot take a row of the step behind those that are done
  readonly evaluation: BadRow | undefined; // the first of its rows
  readonly diagnosis: Fault;
  readonly checkpoint: Written;
  readonly triad: undefined;
  readonly exchange: undefined;
  readonly answers: readonly Reply[] | 'unknown'; // the model has to be sent along
  readonly ping: undefined;
}

/** Decided by the last thread at the last barrier of a step, for all: written to the control block. */
export const DECISION = { go: 0, end: 1, bad: 2 };

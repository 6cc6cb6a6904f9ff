import { availableParallelism } from 'node:os';
import { type Elements, InputError, type Network, type Predictor } from '@gradloom/core';
import { rowPredictor, viewOf } from '@gradloom/core/internal';
import { awaitRelease, CONTROL } from '../threads/barrier.ts';
import type { BadRow, InferenceSetup, Task, TeamTask } from '../threads/protocol.ts';
import type { InferenceContext } from './inference-layout.ts';

/** Arrays in shared memory for rows whose outputs threads compute together, call after call. */
export interface SharedRows {
  readonly x: Elements<SharedArrayBuffer>; // [rows, I] or longer
  readonly y: Elements<SharedArrayBuffer>; // [rows, O] or longer, out
  readonly lengths: Float64Array<SharedArrayBuffer> | null; // [rows, parts] or longer; null: all positions are real
}

/** Rows of a call, the first of the arrays. */
export interface CallRows {
  readonly rows: number;
  readonly chunkRows: number; // rows that a thread takes at a time
}

/** Computes outputs of rows of each call until it is asked to leave. Resolves to the first row that a layer refuses. */
export interface OutputsTask extends TeamTask<InferenceSetup>, Task<BadRow | undefined>, SharedRows {
  readonly kind: 'outputs';
}

/**
 * Checks for the next call before a thread sleeps, about 0.9 ms. That is longer than a thread needs to wake: one that
 * comes too late for a call is there for the next. With 0.11 ms, threads woke too late for call after call.
 */
const LINGER_SPINS = 128_000;

/** Value of `chunks` with which none is left, whatever threads add to it. */
const NONE_LEFT = 1 << 30;

/** Lets threads take the chunks of a call. Only when the call before is done. */
export function offerChunks(control: Int32Array, { rows, chunkRows }: CallRows): void {
  Atomics.store(control, CONTROL.rows, rows);
  Atomics.store(control, CONTROL.chunkRows, chunkRows);
  Atomics.store(control, CONTROL.chunks, 0); // after these two, which a thread reads once it has a chunk
}

/** Whether all rows of the call are done. Then no thread takes a chunk of it any more, even one that wakes late. */
export function areDone(control: Int32Array): boolean {
  const firstLeft = Atomics.load(control, CONTROL.chunks) * Atomics.load(control, CONTROL.chunkRows);
  if (firstLeft < Atomics.load(control, CONTROL.rows)) return false;
  Atomics.store(control, CONTROL.chunks, NONE_LEFT);
  return Atomics.load(control, CONTROL.count) === 0;
}

/** In a thread: computes in call after call. */
export function answerChunks(context: InferenceContext, task: OutputsTask): BadRow | undefined {
  const { network, workspace, model, kernels, setup } = context;
  const { control } = setup;
  Atomics.add(control, CONTROL.checkedIn, 1);
  context.predictor ??= rowPredictor(network, workspace, model, kernels);
  const spins = task.threads < availableParallelism() ? LINGER_SPINS : 0;
  for (;;) {
    const generation = Atomics.load(control, CONTROL.generation);
    Atomics.add(control, CONTROL.count, 1);
    const bad = takeChunks(control, network, context.predictor, task);
    if (bad !== undefined) Atomics.store(control, CONTROL.request, 1);
    Atomics.sub(control, CONTROL.count, 1);
    if (Atomics.load(control, CONTROL.request) === 1 || !awaitRelease(control, generation, spins)) return bad;
  }
}

/**
 * Takes chunks until none is left. Chunks are taken in order, and a thread finishes one before the next, so the first
 * bad row of all is the first of one of the threads.
 */
export function takeChunks(
  control: Int32Array,
  { inputs: I, outputs: O, lengths: { parts } }: Pick<Network, 'inputs' | 'outputs' | 'lengths'>,
  predictor: Predictor,
  { x, y, lengths }: SharedRows,
): BadRow | undefined {
  for (;;) {
    const chunk = Atomics.add(control, CONTROL.chunks, 1);
    const rows = Atomics.load(control, CONTROL.rows);
    const chunkRows = Atomics.load(control, CONTROL.chunkRows);
    const first = chunk * chunkRows;
    if (first >= rows) return undefined;
    const B = Math.min(chunkRows, rows - first);
    const L = parts.length;
    const chunkLengths = lengths === null ? undefined : viewOf(lengths, first * L, B * L);
    try {
      predictor(viewOf(x, first * I, B * I), chunkLengths, viewOf(y, first * O, B * O));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      Atomics.store(control, CONTROL.chunks, NONE_LEFT);
      return { row: first + error.row, problem: error.problem };
    }
  }
}

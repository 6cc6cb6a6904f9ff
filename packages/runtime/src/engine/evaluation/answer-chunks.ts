import { type Elements, InputError, type Network, type Predictor } from '@gradloom/core';
import { rowPredictor, viewOf } from '@gradloom/core/internal';
import { CONTROL } from '../threads/barrier.ts';
import type { BadRow, InferenceSetup, Task, TeamTask } from '../threads/protocol.ts';
import type { InferenceContext } from './inference-layout.ts';

/** Rows in shared memory whose outputs threads compute together. */
export interface SharedRows {
  readonly rows: number;
  readonly chunkRows: number; // rows that a thread takes at a time
  readonly x: Elements<SharedArrayBuffer>; // [rows, I] or longer
  readonly y: Elements<SharedArrayBuffer>; // [rows, O] or longer, out
  readonly lengths: Float64Array<SharedArrayBuffer> | null; // [rows] or longer; null: all positions are real
}

/** Computes outputs of some of these rows. Resolves to the first row that a layer refuses. */
export interface OutputsTask extends TeamTask<InferenceSetup>, Task<BadRow | undefined>, SharedRows {
  readonly kind: 'outputs';
}

/** In a thread: takes chunks until none is left. */
export function answerChunks(context: InferenceContext, task: OutputsTask): BadRow | undefined {
  const { network, workspace, model, kernels, setup } = context;
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  context.predictor ??= rowPredictor(network, workspace, model, kernels);
  return takeChunks(setup.control, network, context.predictor, task);
}

/**
 * Takes chunks until none is left. Chunks are taken in order, and a thread finishes one before the next, so the first
 * bad row of all is the first of one of the threads.
 */
export function takeChunks(
  control: Int32Array,
  { inputs: I, outputs: O }: Pick<Network, 'inputs' | 'outputs'>,
  predictor: Predictor,
  { rows, chunkRows, x, y, lengths }: SharedRows,
): BadRow | undefined {
  for (;;) {
    const first = Atomics.add(control, CONTROL.chunks, 1) * chunkRows;
    if (first >= rows) return undefined;
    const B = Math.min(chunkRows, rows - first);
    const chunkLengths = lengths === null ? undefined : viewOf(lengths, first, B);
    try {
      predictor(viewOf(x, first * I, B * I), chunkLengths, viewOf(y, first * O, B * O));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { row: first + error.row, problem: error.problem };
    }
  }
}

import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { emitForward, type Workspace, wholeLength } from './backprop.ts';
import { InputError, NO_BATCH } from './layers/index.ts';
import type { Network } from './network.ts';

/**
 * A function from rows x [N, I] to outputs y [N, O]. Rows are rounded to the type of the weights. Outputs have that
 * type's precision, stored as doubles. `lengths` [N] are the real positions of rows that are padded on the right; by
 * default all are real.
 */
export type Predictor = (x: Elements, lengths?: ArrayLike<number>) => Float64Array;

/** Most programs that a predictor keeps, one per number of rows: that of full chunks, and those of recent calls. */
const KEPT_PROGRAMS = 8;

/**
 * Computes y [N, O] from x [N, I] in chunks of the workspace's rows. The predictor throws an InputError with the row's
 * index in `x` if a layer cannot take a row. Lengths are checked by the caller.
 */
export function rowPredictor(
  network: Network,
  workspace: Workspace, // its targets are not used
  tensors: readonly (readonly Elements[])[],
  kernels: Kernels,
): Predictor {
  const { inputs: I, outputs: O } = network;
  const programs = new Map<number, { program: Program; y: Elements }>();

  function programOf(B: number): { program: Program; y: Elements } {
    const known = programs.get(B);
    if (known !== undefined) return known;
    const { calls, emit } = createList();
    const settings = { training: false, seed: 0, leafRows: 1, accumulate: false, batch: NO_BATCH };
    const pass = { ...settings, emit, stepAndRow: new Float64Array(2), lengths: workspace.lengths };
    const y = viewOf(emitForward(network, workspace, tensors, B, pass), 0, B * O);
    const made = { program: link(calls, kernels), y };
    for (const oldest of programs.keys()) {
      if (programs.size < KEPT_PROGRAMS) break;
      programs.delete(oldest);
    }
    programs.set(B, made);
    return made;
  }

  const whole = wholeLength(network);
  return (x, lengths) => {
    const N = x.length / I;
    const outputs = new Float64Array(N * O);
    for (let first = 0; first < N; first += workspace.rows) {
      const B = Math.min(workspace.rows, N - first);
      const { program, y } = programOf(B);
      workspace.x.set(viewOf(x, first * I, B * I));
      for (let n = 0; n < B; n++) workspace.lengths[n] = lengths?.[first + n] ?? whole;
      try {
        program.run();
      } catch (error) {
        throw error instanceof InputError ? new InputError(first + error.row, error.problem) : error;
      }
      outputs.set(y, first * O);
    }
    return outputs;
  };
}

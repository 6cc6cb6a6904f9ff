import type { Elements, TypedNumbers } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { InputError } from '../program/input-error.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { emitForward, type Workspace } from './backprop.ts';
import { EVALUATION } from './layers/index.ts';
import { writeLengths } from './lengths.ts';
import type { Network } from './network.ts';

/**
 * A function from rows x [N, I] to outputs y [N, O], in `y` or a new array. Rows are rounded to the type of the
 * weights. Outputs have that type's precision, stored as doubles by default. `lengths` are the real positions of rows
 * that are padded on the right, [N], or [N, parts] of each part of a row; by default all are real.
 */
export type Predictor = <Y extends Elements = Float64Array>(x: TypedNumbers, lengths?: ArrayLike<number>, y?: Y) => Y;

/** Maximum number of programs in a cache: one for full chunks and those for recent numbers of rows or tokens. */
const MAX_PROGRAMS = 8;

/** Creates a cache that makes a value at the first use of its key, and drops the oldest value when it is full. */
export function createCache<Key, Value>(): (key: Key, create: (key: Key) => Value) => Value {
  const values = new Map<Key, Value>();
  return (key, create) => {
    const cachedPrediction = values.get(key);
    if (cachedPrediction !== undefined) return cachedPrediction;
    const value = create(key);
    const [oldest] = values.keys();
    if (values.size === MAX_PROGRAMS) values.delete(oldest);
    values.set(key, value);
    return value;
  };
}

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
  const programs = createCache<number, { program: Program; outputs: Elements }>();

  function createProgram(B: number): { program: Program; outputs: Elements } {
    const { calls, emit } = createList();
    const pass = { ...EVALUATION, emit, lengths: workspace.lengths };
    const outputs = viewOf(emitForward(network, workspace, tensors, B, pass), 0, B * O);
    return { program: link(calls, kernels), outputs };
  }

  return (x, lengths, y = new Float64Array((x.length / I) * O) as never) => {
    const N = x.length / I;
    for (let first = 0; first < N; first += workspace.rows) {
      const B = Math.min(workspace.rows, N - first);
      const { program, outputs } = programs(B, createProgram);
      // A batch of one pass needs no view, which would take memory, and as long as running a small network.
      workspace.x.set(B === N ? x : viewOf(x, first * I, B * I));
      writeLengths(workspace.lengths, network, lengths, first, B);
      try {
        program.run();
      } catch (error) {
        throw error instanceof InputError ? new InputError(first + error.row, error.problem) : error;
      }
      y.set(outputs, first * O);
    }
    return y;
  };
}

import { elements } from '../checks/check.ts';
import { mse } from '../families/losses/mse.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { allocateOwn, viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';
import { createWorkspace, emitForward, type Workspace, wholeLength } from './backprop.ts';
import { InputError, NO_BATCH, NO_SHARE } from './layers/index.ts';
import { refuseBadLengths } from './lengths.ts';
import { bindTensors, type Network } from './network.ts';
import { mostPassRows } from './pass-rows.ts';
import { refuseBeyondFloats } from './refuse-beyond-floats.ts';

/**
 * A function from rows x [N, I] to outputs y [N, O]. Rows are rounded to the type of the weights. Outputs have that
 * type's precision, stored as doubles. `lengths` [N] are the real positions of rows that are padded on the right; by
 * default all are real.
 */
export type Predictor = (x: Elements, lengths?: ArrayLike<number>) => Float64Array;

/** Most rows that a predictor computes at a time. */
const ROWS = 64;

/**
 * Creates a function that runs rows through a network, in this thread and in plain JavaScript, so that it works in a
 * browser too:
 *
 * ```ts
 * const { spec, parameters } = JSON.parse(text);
 * const predict = createPredictor(buildNetwork(spec), Float64Array.from(parameters));
 * const y = predict(Float64Array.of(0.5, -1));
 * ```
 *
 * Outputs are logits if the loss takes logits. They have the same bits as `loadModel(...).outputs` in Node, which is
 * faster, since it uses WebAssembly.
 * @param parameters [P] from a result or model, as doubles or floats; the predictor computes in their type and copies
 * them
 * @returns a function that throws an Error if `x` is not whole rows, and an InputError if an index is outside of an
 * embedding's vocabulary
 * @throws Error if the length of `parameters` does not match the network
 */
export function createPredictor(network: Network, parameters: Elements): Predictor {
  const { length } = elements('createPredictor', 'parameters', parameters);
  if (length !== network.parameterCount) {
    const wanted = `${network.parameterCount} (parameters of the network)`;
    throw new Error(`createPredictor: parameters has length ${length}, expected ${wanted}`);
  }
  const type = typeOf(parameters);
  refuseBeyondFloats('createPredictor', network, null, type);
  const tensors = bindTensors(network, parameters.slice());
  const workspace = createWorkspace(
    network,
    mse(),
    Math.min(ROWS, mostPassRows(network, type)),
    allocateOwn(type),
    NO_SHARE,
  );
  const predict = rowPredictor(network, workspace, tensors, referenceKernels);
  return (x, lengths) => {
    if (elements('predict', 'x', x).length % network.inputs !== 0) {
      const wanted = `rows of ${network.inputs} (the network's input)`;
      throw new Error(`predict: x has ${x.length} numbers, expected ${wanted}`);
    }
    refuseBadLengths('predict', network, lengths, x.length / network.inputs);
    return predict(x, lengths);
  };
}

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
    const settings = { training: false, seed: 0, leaf: 1, joins: false, batch: NO_BATCH };
    const pass = { ...settings, emit, place: new Float64Array(2), lengths: workspace.lengths };
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

import { createWorkspace, forward, type Workspace } from './backprop.ts';
import type { Kernels } from './kernels/kernels.ts';
import { referenceKernels } from './kernels/reference.ts';
import { viewOf } from './kernels/scratch.ts';
import { InputError, type Pass } from './layers/index.ts';
import { mse } from './losses/mse.ts';
import { bindTensors, type Network } from './network.ts';
import { doubles } from './text/check.ts';

/** The outputs y [N, O], row by row, of the rows x [N, I]. */
export type Predictor = (x: Float64Array) => Float64Array;

/** Rows that a predictor computes at a time. */
const ROWS = 64;

/**
 * Runs rows through a network, in this thread and in plain JavaScript, so that it works in a browser too:
 *
 * ```ts
 * const { spec, parameters } = JSON.parse(text);
 * const predict = createPredictor(buildNetwork(spec), Float64Array.from(parameters));
 * const y = predict(Float64Array.of(0.5, -1));
 * ```
 *
 * The outputs are logits where the loss takes logits. They are the same bits as `loadModel(...).predict` gives in Node;
 * that one is faster, since it computes in WebAssembly.
 * @param parameters [P] as a result or a model holds them; they are copied
 * @returns a function that throws an Error for an `x` that is not whole rows, and an InputError for an index that an
 * embedding does not have
 * @throws Error where `parameters` has another length than the network
 */
export function createPredictor(network: Network, parameters: Float64Array): Predictor {
  const { length } = doubles('createPredictor', 'parameters', parameters);
  if (length !== network.parameterCount) {
    const wanted = `${network.parameterCount} (parameters of the network)`;
    throw new Error(`createPredictor: parameters has length ${length}, expected ${wanted}`);
  }
  const tensors = bindTensors(network, parameters.slice());
  const workspace = createWorkspace(network, mse(), ROWS, (length) => new Float64Array(length));
  return (x) => {
    if (doubles('predict', 'x', x).length % network.input !== 0) {
      const wanted = `rows of ${network.input} (the network's input)`;
      throw new Error(`predict: x has ${x.length} numbers, expected ${wanted}`);
    }
    return predictRows(network, workspace, tensors, referenceKernels, x);
  };
}

/** y [N, O] of x [N, I]. @throws InputError for a row that a layer cannot take, counted in `x`. */
export function predictRows(
  network: Network,
  workspace: Workspace, // its targets are not read
  tensors: readonly (readonly Float64Array[])[],
  kernels: Kernels,
  x: Float64Array, // [N, I]
): Float64Array {
  const { input: I, output: O } = network;
  const pass: Pass = { kernels, training: false, seed: 0, step: 0, firstRow: 0, leaf: 1, joins: false };
  const N = x.length / I;
  const y = new Float64Array(N * O);
  for (let first = 0; first < N; first += workspace.rows) {
    const B = Math.min(workspace.rows, N - first);
    workspace.x.set(viewOf(x, first * I, B * I));
    try {
      y.set(viewOf(forward(network, workspace, tensors, B, pass), 0, B * O), first * O);
    } catch (error) {
      throw error instanceof InputError ? new InputError(first + error.row, error.problem) : error;
    }
  }
  return y;
}

import { forward, InputError, type LossSpec, type Network, viewOf, wasmProblem } from '@gradloom/core';
import { createContext } from './context.ts';
import { openInference } from './inference.ts';
import { EVALUATION_ROWS } from './thread-scratch.ts';

/**
 * Runs rows x [N, I] through a network in this thread; returns its outputs y [N, O]. @throws InputError for a row that a layer
 * cannot take, in the name of `where`.
 */
export type Predictor = (where: string, x: Float64Array) => Float64Array;

/**
 * A predictor over a copy of the parameters [P], without native code: the same bits on every machine, with SIMD or without.
 * @throws Error for a weight that is not finite.
 */
export function createPredictor(where: string, network: Network, parameters: Float64Array, loss: LossSpec): Predictor {
  const backend = wasmProblem() === null ? 'wasm' : 'reference';
  const setup = openInference(where, network, parameters, loss, { threads: 1, backend, blas: undefined });
  const { workspace, theta, pass } = createContext(setup, 0);
  const { input: I, output: O } = network;
  pass.training = false;
  return (asked, x) => {
    const N = x.length / I;
    const y = new Float64Array(N * O);
    for (let first = 0; first < N; first += EVALUATION_ROWS) {
      const B = Math.min(EVALUATION_ROWS, N - first);
      workspace.x.set(viewOf(x, first * I, B * I));
      try {
        y.set(viewOf(forward(network, workspace, theta, B, pass), 0, B * O), first * O);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        throw new InputError(first + error.row, error.problem, { where: asked });
      }
    }
    return y;
  };
}

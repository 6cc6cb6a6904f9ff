import { buildNetwork, createLoss, type NetworkSpec, referenceKernels } from '@gradloom/core';
import { bindTensors, createWorkspace, forward } from '@gradloom/core/internal';

/** The output of each layer for one row; parameters are listed layer by layer, W then b. */
export function runRow(spec: NetworkSpec, parameters: ArrayLike<number>, row: readonly number[]): number[][] {
  const network = buildNetwork(spec);
  const workspace = createWorkspace(network, createLoss('mse'), 1, (length) => new Float64Array(length));
  workspace.x.set(row);
  const pass = { kernels: referenceKernels, training: false, seed: 0, step: 0, firstRow: 0, leaf: 1, joins: false };
  const outputs: number[][] = [];
  forward(network, workspace, bindTensors(network, Float64Array.from(parameters)), 1, pass, (_phase, _layer, y, n) =>
    outputs.push([...y.subarray(0, n)]),
  );
  return outputs;
}

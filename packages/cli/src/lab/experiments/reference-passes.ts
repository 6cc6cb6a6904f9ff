import { buildNetwork, createLoss, type LossSpec, type NetworkSpec, referenceKernels } from '@gradloom/core';
import { bindTensors, createWorkspace, forward } from '@gradloom/core/internal';

/** A pass by the reference kernels, in leaves of `leafRows` rows. */
export const referencePass = (options: { readonly training: boolean; readonly leafRows: number }) => ({
  kernels: referenceKernels,
  ...options,
  seed: 0,
  step: 0,
  firstRow: 0,
  accumulate: false,
});

/** The loss of one row, and its gradient with respect to the outputs. */
export function lossOfRow(
  spec: LossSpec,
  y: readonly number[],
  t: readonly number[],
): { loss: number; gradient: number[] } {
  const lossSum = new Float64Array(1);
  const dy = new Float64Array(y.length);
  createLoss(spec).evaluate(lossSum, dy, Float64Array.from(y), Float64Array.from(t), 1, 1, y.length);
  return { loss: lossSum[0], gradient: [...dy] };
}

/** The output of each layer for one row; parameters are listed layer by layer, W then b. */
export function runRow(spec: NetworkSpec, parameters: ArrayLike<number>, row: readonly number[]): number[][] {
  const network = buildNetwork(spec);
  const workspace = createWorkspace(network, createLoss('mse'), 1, (length) => new Float64Array(length));
  workspace.x.set(row);
  const outputs: number[][] = [];
  forward(
    network,
    workspace,
    bindTensors(network, Float64Array.from(parameters)),
    1,
    referencePass({ training: false, leafRows: 1 }),
    (_phase, _layer, y, n) => outputs.push([...y.subarray(0, n)]),
  );
  return outputs;
}

import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { emitForward, type Tensors, type Workspace } from './backprop.ts';
import { EVALUATION } from './layers/index.ts';
import { writeLengths } from './lengths.ts';
import type { Network } from './network.ts';
import { emitBackward } from './passes.ts';
import { createCache } from './predict.ts';

/**
 * A function from rows x [N, I] and the gradients dy [N, O] by their outputs to the gradients dx [N, I] by their
 * inputs. `lengths` [N] are as those of a predictor. Of a network that begins with an embedding, an input is an index
 * and has e · de: to first order, by how much Σ y · dy would fall if the index had a vector of zeros in place of e.
 */
export type InputGradient = (x: Elements, dy: Elements, lengths?: ArrayLike<number>) => Float64Array;

/**
 * Computes gradients by the inputs of the network at evaluation, in chunks of the workspace's rows: without dropout,
 * and with the running averages of batch-norm as constants. The function throws an InputError if a layer cannot take a
 * row.
 */
export function createInputGradient(
  network: Network,
  workspace: Workspace, // in the memory of `INPUT_GRADIENT`; its targets are not used
  tensors: Tensors,
  kernels: Kernels,
): InputGradient {
  const { inputs: I, outputs: O, allLayers } = network;
  const takesIndices = allLayers[0].spec.kind === 'embedding';
  const programs = createCache<number, { program: Program; dx: Elements }>();

  function createProgram(B: number): { program: Program; dx: Elements } {
    const { calls, emit } = createList();
    const pass = { ...EVALUATION, leafRows: B, emit, lengths: workspace.lengths };
    emitForward(network, workspace, tensors, B, pass);
    emitBackward(network, workspace, tensors, null, B, pass);
    const width = workspace.inputGradient.length / workspace.rows;
    return { program: link(calls, kernels), dx: viewOf(workspace.inputGradient, 0, B * width) };
  }

  return (x, dy, lengths) => {
    const N = x.length / I;
    const inputGradients = new Float64Array(N * I);
    for (let firstRow = 0; firstRow < N; firstRow += workspace.rows) {
      const B = Math.min(workspace.rows, N - firstRow);
      const { program, dx } = programs(B, createProgram);
      workspace.x.set(viewOf(x, firstRow * I, B * I));
      writeLengths(workspace.lengths, network, lengths, firstRow, B);
      workspace.outputGradient.set(viewOf(dy, firstRow * O, B * O));
      program.run();
      if (takesIndices)
        byIndices(viewOf(inputGradients, firstRow * I, B * I), viewOf(x, firstRow * I, B * I), tensors[0][0], dx);
      else inputGradients.set(dx, firstRow * I);
    }
    return inputGradients;
  };
}

/** e · de for each index of x, where e is its row of E. Overwrites `inputGradients`. */
function byIndices(inputGradients: Float64Array, x: Elements, E: Elements, de: Elements): void {
  const D = de.length / x.length;
  for (let k = 0; k < x.length; k++) {
    inputGradients[k] = 0;
    for (let d = 0; d < D; d++) inputGradients[k] += E[x[k] * D + d] * de[k * D + d];
  }
}

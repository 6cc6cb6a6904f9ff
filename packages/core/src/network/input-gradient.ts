import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import type { Kernels } from '../program/kernels.ts';
import { link, type Program } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { emitForward, type Tensors, type Workspace, wholeLength } from './backprop.ts';
import { backwardStack, NO_BATCH } from './layers/index.ts';
import type { Network } from './network.ts';

/**
 * A function from rows x [N, I] to dy[o] / dx [N, I], the gradient of output o of each row by its inputs. `lengths` [N]
 * are as those of a predictor.
 */
export type InputGradient = (x: Elements, o: number, lengths?: ArrayLike<number>) => Float64Array;

/**
 * Computes dy[o] / dx of the network at evaluation, in chunks of the workspace's rows: without dropout, and with the
 * running averages of batch-norm as constants. Indices of an embedding have the gradient 0. The function throws an
 * InputError if a layer cannot take a row.
 */
export function createInputGradient(
  network: Network,
  workspace: Workspace, // its targets are not used
  tensors: Tensors,
  gradients: Tensors, // of the tensors; overwritten
  kernels: Kernels,
): InputGradient {
  const { inputs: I, outputs: O, layers } = network;
  const programs = new Map<number, { program: Program; dx: Elements }>();

  function programOf(B: number): { program: Program; dx: Elements } {
    const { calls, emit } = createList();
    // One leaf: the gradients of the tensors, which no one reads, are sums without a tree.
    const settings = { training: false, seed: 0, leaf: B, joins: false, batch: NO_BATCH };
    const pass = { ...settings, emit, place: new Float64Array(2), lengths: workspace.lengths };
    emitForward(network, workspace, tensors, B, pass);
    const dx = backwardStack(layers, workspace, true, workspace.x, tensors, gradients, B, pass);
    return { program: link(calls, kernels), dx: viewOf(dx, 0, B * I) };
  }

  const whole = wholeLength(network);
  return (x, o, lengths) => {
    const N = x.length / I;
    const found = new Float64Array(N * I);
    for (let first = 0; first < N; first += workspace.rows) {
      const B = Math.min(workspace.rows, N - first);
      const { program, dx } = programs.get(B) ?? programOf(B);
      programs.set(B, { program, dx });
      workspace.x.set(viewOf(x, first * I, B * I));
      for (let n = 0; n < B; n++) workspace.lengths[n] = lengths?.[first + n] ?? whole;
      const [dy] = workspace.gradients;
      for (let n = 0; n < B * O; n++) dy[n] = n % O === o ? 1 : 0;
      program.run();
      found.set(dx, first * I);
    }
    return found;
  };
}

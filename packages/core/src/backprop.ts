import type { Kernels } from './kernels/kernels.ts';
import type { Pass } from './layers/index.ts';
import type { Loss, LossKernel } from './losses/loss.ts';
import type { Network } from './network.ts';

/** The memory that one thread needs to run up to `rows` rows through a network. */
export interface Workspace {
  readonly rows: number;
  /** The rows' inputs [rows, I]; the first layer may overwrite them. */
  readonly x: Float64Array;
  /** Their targets [rows, O], or [rows] class indices. */
  readonly t: Float64Array;
  /** The output of each layer [rows, out]; an elementwise layer shares its input's array where nobody reads that later. */
  readonly outputs: readonly Float64Array[];
  /** Gradients by the output of a layer, taken in turns [rows, widest]. */
  readonly gradients: readonly [Float64Array, Float64Array];
}

/** Takes `allocate` for every array, so that the memory may be an arena's or, with a function that only counts, none. */
export function createWorkspace(
  network: Network,
  loss: Loss,
  rows: number,
  allocate: (length: number) => Float64Array,
): Workspace {
  const x = allocate(rows * network.input);
  const t = allocate(rows * targetColumns(network, loss));
  const outputs: Float64Array[] = [];
  let input = x;
  let inputIsRead = false; // by the backward pass of the layer that put it out
  for (const layer of network.layers) {
    const inPlace = layer.elementwise && !layer.reads.x && !inputIsRead;
    input = inPlace ? input : allocate(rows * layer.out);
    inputIsRead = layer.reads.y;
    outputs.push(input);
  }
  const widest = network.layers.reduce((width, layer) => Math.max(width, layer.in, layer.out), 0);
  return { rows, x, t, outputs, gradients: [allocate(rows * widest), allocate(rows * widest)] };
}

/** Numbers of a row's target: one class index, or as many values as the network has outputs. */
export const targetColumns = (network: Network, loss: Loss): number =>
  loss.targets === 'classes' ? 1 : network.output;

/** Told of every array of rows right after it is written; for probes and checks. */
export type Inspect = (phase: 'forward' | 'loss' | 'backward', layer: number, rows: Float64Array, n: number) => void;

/** Runs the first B rows of `workspace.x` forward; returns the array of the outputs [B, O]. */
export function forward(
  network: Network,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): Float64Array {
  let x = workspace.x;
  for (let l = 0; l < network.layers.length; l++) {
    const y = workspace.outputs[l];
    network.layers[l].forward(y, x, parameters[l], B, pass);
    inspect?.('forward', l, y, B * network.layers[l].out);
    x = y;
  }
  return x;
}

/**
 * Forward, loss and backward for the first B rows of `workspace`. Overwrites `gradients` with the gradient of the
 * loss **summed** over the rows (zeros where B = 0), and `lossSum` with that sum.
 */
export function shardGradient(
  lossSum: Float64Array, // [1] out
  network: Network,
  loss: Loss,
  workspace: Workspace,
  parameters: readonly (readonly Float64Array[])[],
  gradients: readonly (readonly Float64Array[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): void {
  const y = forward(network, workspace, parameters, B, pass, inspect);
  let dy = workspace.gradients[0];
  let free = workspace.gradients[1];
  lossKernel(loss, pass.kernels)(lossSum, dy, y, workspace.t, B, network.output);
  const last = network.layers.length - 1;
  inspect?.('loss', last, dy, B * network.output);
  const first = firstTrainable(network);
  for (let l = last; l >= first; l--) {
    const layer = network.layers[l];
    const dx = l === first ? null : layer.elementwise ? dy : free;
    const x = l === 0 ? workspace.x : workspace.outputs[l - 1];
    layer.backward(dx, dy, x, workspace.outputs[l], parameters[l], gradients[l], B, pass);
    if (dx === null) break;
    inspect?.('backward', l, dx, B * layer.in);
    if (dx !== dy) {
      free = dy;
      dy = dx;
    }
  }
}

/** The fast version of a loss where the backend has one, else the plain one: equal by definition. */
export function lossKernel(loss: Loss, kernels: Kernels): LossKernel {
  const fast = kernels.fast.losses as Partial<Record<string, LossKernel>>;
  return fast[loss.name] ?? loss.evaluate;
}

/** No layer before this one has parameters, so no gradient need reach them. */
function firstTrainable(network: Network): number {
  const first = network.layers.findIndex((layer) => layer.tensors.length > 0);
  return first === -1 ? network.layers.length : first;
}

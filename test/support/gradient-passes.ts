import {
  type ActivationName,
  activations,
  createLoss,
  createRandom,
  type Elements,
  type ElementsOf,
  type ElementType,
  initializeParameters,
  type Kernels,
  type Loss,
  type LossName,
  losses,
  type Network,
  referenceKernels,
} from '@gradloom/core';
import {
  bindGradients,
  bindTensors,
  createList,
  createWorkspace,
  emitNode,
  forward,
  gradientLength,
  leafCount,
  link,
  type PassSettings,
  targetPositions,
  weighPositions,
  writeLengths,
} from '@gradloom/core/internal';
import { createElements } from '../../packages/core/src/math/element-type.ts';
import { allocateEach } from '../../packages/core/src/math/scratch.ts';
import { B } from './checked-networks.ts';

/** Activations with a gradient: that of `step` is 0 by convention. */
export const fns = (Object.keys(activations) as ActivationName[]).filter((fn) => activations[fn].maxSlope > 0);
export const lossNames = Object.keys(losses) as LossName[];

/** Step of the central differences. */
export const H = 1e-4; // the numbers that a kink could meet move by less than 1e-3, five times less than MARGIN
const MARGIN = 5e-3;

export const allocate = (length: number): Float64Array => new Float64Array(length);
export const pass: PassSettings = {
  kernels: referenceKernels,
  training: true,
  seed: 1,
  step: 2,
  firstRow: 4,
  leafRows: 2,
  accumulate: false,
};

/** The gradient by the parameters: the sum of those of all uses. */
function summed(network: Network, g: Elements): Elements {
  const sum = g.slice(0, network.parameterCount);
  for (const { offset, gradientOffset: at, length } of network.ties)
    for (let i = 0; i < length; i++) sum[offset + i] += g[at + i];
  return sum;
}

/** Parameters and rows that leave every input of an activation more than MARGIN away from 0, where kinks lie. */
export function start(network: Network): { theta: Float64Array; x: Float64Array } {
  const workspace = createWorkspace(network, createLoss('mse'), B, allocate);
  const dense = new Set(network.layers.filter((_, l) => network.spec.layers[l].kind === 'dense'));
  for (let seed = 0; seed < 1000; seed++) {
    const theta = allocate(network.parameterCount);
    initializeParameters(network, theta, seed);
    const random = createRandom(seed, 'rows');
    const x = Float64Array.from({ length: B * network.inputs }, () => random.normal());
    workspace.x.set(x);
    let closest = Number.POSITIVE_INFINITY;
    forward(network, workspace, bindTensors(network, theta), B, pass, (_phase, layer, rows, n) => {
      if (!dense.has(layer)) return;
      for (let i = 0; i < n; i++) closest = Math.min(closest, Math.abs(rows[i]));
    });
    if (closest > MARGIN) return { theta, x };
  }
  throw new Error('no seed keeps the activations off their kinks');
}

/** Gains and shifts of their own, so that a gradient that forgot them would differ. */
export function nestedStart(network: Network): Float64Array {
  const theta = allocate(network.parameterCount);
  initializeParameters(network, theta, 5);
  const random = createRandom(5, 'gains');
  return theta.map((value) => value + 0.3 * random.normal());
}

/** Targets for the outputs y that keep off the kinks of mae and huber. Some positions do not count. */
function targetsFor(lossName: LossName, y: Float64Array, network: Network): Float64Array {
  const random = createRandom(1, lossName);
  const loss = createLoss(lossName);
  const R = targetPositions(network, loss);
  const O = network.outputs;
  if (loss.targets === 'classes') {
    return Float64Array.from({ length: B * R }, (_, p) => (R > 1 && p % 3 === 1 ? -1 : random.integer(O / R)));
  }
  if (loss.targets === 'none') return new Float64Array(0);
  if (lossName === 'binary-cross-entropy') return Float64Array.from({ length: B * O }, () => random.uniform());
  return y.slice(0, B * O).map((value) => value + [-1.5, -0.5, 0.5, 1.5][random.integer(4)]);
}

/** A pass of B rows of its own parameters, linked once: it runs for each of some thousand differences. */
export function linkPass<T extends ElementType>(type: T, kernels: Kernels, network: Network, loss: Loss) {
  const workspace = createWorkspace(network, loss, B, allocateEach(type));
  const [theta, gradients] = [network.parameterCount, gradientLength(network)].map((n) => createElements(type, n));
  const sums = new Float64Array(2); // of leaves of 2 rows and 1
  const { calls, emit } = createList();
  const { kernels: _, step, firstRow, ...settings } = pass;
  const batch = { rows: B, leaves: leafCount(B, settings.leafRows), firstLeaf: 0 };
  const node = { ...settings, emit, batch, stepAndRow: Float64Array.of(step, firstRow), lengths: workspace.lengths };
  emitNode(sums, network, workspace, bindTensors(network, theta), bindGradients(network, gradients), B, node);
  const program = link(calls, kernels);
  return {
    theta,
    lengths: workspace.lengths,
    /** The gradient by the parameters, all uses of each summed. */
    gradient: () => summed(network, gradients) as ElementsOf<T>,
    /** The sum of the losses of rows x with targets t. */
    run(x: ArrayLike<number>, t: ArrayLike<number>): number {
      workspace.x.set(x);
      workspace.t.set(t);
      weighPositions(workspace, B, targetPositions(network, loss), false);
      program.run();
      return sums[0] + sums[1];
    },
  };
}

export interface Start {
  readonly theta: Float64Array;
  readonly x: Float64Array;
  readonly lengths?: readonly number[] | undefined;
}

/** Targets for the outputs of a start. */
export function targetsAt(network: Network, lossName: LossName, { theta, x, lengths }: Start): Float64Array {
  const workspace = createWorkspace(network, createLoss(lossName), B, allocate);
  workspace.x.set(x);
  writeLengths(workspace.lengths, network, lengths, 0, B);
  const y = forward(network, workspace, bindTensors(network, theta), B, pass);
  return targetsFor(lossName, Float64Array.from(y), network);
}

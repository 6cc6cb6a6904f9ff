import { type Elements, typeOf } from '../../math/element-type.ts';
import { type Allocate, overlay } from '../../math/scratch.ts';
import { host } from '../../program/op.ts';
import { sizeOf } from '../shape.ts';
import type { Inspect, Layer, NextPass, Pass } from './layer.ts';
import { type GradientPair, noMemory, type StackMemory, type TeamMemory } from './memory.ts';

/** @param inputIsRead whether `x` is read after the first layer's forward pass, so that it must not be overwritten */
export function createStackMemory(
  layers: readonly Layer[],
  x: Elements, // [rows, in of the first layer]
  inputIsRead: boolean,
  rows: number,
  allocate: Allocate,
  team: TeamMemory,
  gradientPair?: GradientPair, // default: arrays of its own
): StackMemory {
  const pairOf = (width: number): GradientPair => [allocate(rows * width), allocate(rows * width)];
  const gradients = gradientPair ?? pairOf(widestOf(layers));
  const isTrained = (team.passes ?? 'training') === 'training';
  const outputs = isTrained
    ? keptOutputs(layers, x, inputIsRead, (layer) => allocate(rows * sizeOf(layer.out)))
    : passingOutputs(layers, x, inputIsRead, gradients);
  // Layers run one after the other, so those with branches can share the gradients inside of them.
  const branches = layers.flatMap(({ inner = [] }) =>
    inner.map((branch, b) => ({ b, width: widestOf(branch.layers) })),
  );
  const count = branches.reduce((max, { b }) => Math.max(max, b + 1), 0);
  const branchGradients = Array.from({ length: count }, (_, k) =>
    pairOf(branches.reduce((max, { b, width }) => (b === k ? Math.max(max, width) : max), 0)),
  );
  const shared = { ...team, gradients: branchGradients };
  const creators = layers.map(
    (layer) => (allocate: Allocate) => layer.createMemory?.(rows, allocate, shared) ?? noMemory,
  );
  // Backward passes and passes over further positions read the memory that a forward pass has written.
  const isRead = team.passes !== 'forward';
  const memories = isRead
    ? creators.map((create) => create(allocate))
    : overlay(creators, allocate, typeOf(gradients[0]));
  return { outputs, gradients, memories };
}

/** Outputs in arrays of their own, for a backward pass. */
function keptOutputs(
  layers: readonly Layer[],
  x: Elements,
  inputIsRead: boolean,
  allocateOutput: (layer: Layer) => Elements,
): Elements[] {
  let input = x;
  let isRead = inputIsRead; // by the backward pass of the layer before
  return layers.map((layer) => {
    if (layer.isView === true) return input;
    const inPlace = !isRead && !layer.reads.x && layer.elementwise;
    isRead = layer.reads.y;
    input = inPlace ? input : allocateOutput(layer);
    return input;
  });
}

/** Outputs that only the next layer reads, in two arrays by turns, the last in the second one. */
function passingOutputs(layers: readonly Layer[], x: Elements, inputIsRead: boolean, arrays: GradientPair): Elements[] {
  let isX = true; // whether the input is x
  const moves = layers.map(({ isView, elementwise }) => {
    const isMove = isView !== true && (!elementwise || (isX && inputIsRead));
    if (isMove) isX = false;
    return isMove;
  });
  const count = moves.reduce((sum, isMove) => sum + (isMove ? 1 : 0), 0);
  let done = 0;
  let input = x;
  return moves.map((isMove) => {
    if (isMove) input = arrays[(count - done++) % 2 === 1 ? 1 : 0];
    return input;
  });
}

/** Numbers of a row in the widest input or output. */
const widestOf = (layers: readonly Layer[]): number =>
  layers.reduce((width, layer) => Math.max(width, sizeOf(layer.in), sizeOf(layer.out)), 0);

/** Emits a call of `inspect` for an array that was just written. */
function emitInspect(
  { emit }: Pass,
  inspect: Inspect | undefined,
  phase: Parameters<Inspect>[0],
  layer: Layer,
  rows: Elements,
  n: number,
): void {
  if (inspect !== undefined) emit(host, () => void inspect(phase, layer, rows, n));
}

/** The output of layer `l`, which is `x` before the first layer that writes. */
export function outputOf(layers: readonly Layer[], memory: StackMemory, x: Elements, l: number): Elements {
  if (l < 0) return x;
  return layers[l].isView === true ? outputOf(layers, memory, x, l - 1) : memory.outputs[l];
}

/** Emits the layers' forward pass of B rows of `x`. Returns the array of the last layer's outputs [B, out]. */
export function forwardStack(
  layers: readonly Layer[],
  memory: StackMemory,
  x: Elements, // [B, in]
  parameters: readonly (readonly Elements[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): Elements {
  let input = x;
  for (let l = 0; l < layers.length; l++) {
    const y = outputOf(layers, memory, x, l);
    layers[l].forward(y, input, parameters[l], B, pass, memory.memories[l], inspect);
    emitInspect(pass, inspect, 'forward', layers[l], y, B * sizeOf(layers[l].out));
    input = y;
  }
  return input;
}

/** Emits the forward pass of further positions, by layers that all can go on. Returns the array of their outputs. */
export function nextStack(
  layers: readonly Layer[],
  memory: StackMemory, // for one row
  x: Elements, // [n, in of a position]
  parameters: readonly (readonly Elements[])[],
  pass: NextPass,
): Elements {
  let input = x;
  for (let l = 0; l < layers.length; l++) {
    const y = outputOf(layers, memory, x, l);
    layers[l].forwardNext?.(y, input, parameters[l], pass, memory.memories[l]);
    input = y;
  }
  return input;
}

/**
 * Emits the layers' backward pass from `memory.gradients[0]`, the gradient by the last output, to the first layer with
 * parameters, or to `x` if `toInput`. Overwrites every array of `gradients`. Returns the array with the last gradient.
 */
export function backwardStack(
  layers: readonly Layer[],
  memory: StackMemory,
  toInput: boolean,
  x: Elements, // [B, in]
  parameters: readonly (readonly Elements[])[],
  gradients: readonly (readonly Elements[])[],
  B: number,
  pass: Pass,
  inspect?: Inspect,
): Elements {
  let dy = memory.gradients[0];
  let spare = memory.gradients[1];
  const last = layers[layers.length - 1];
  emitInspect(pass, inspect, 'loss', last, dy, B * sizeOf(last.out));
  const first = toInput ? 0 : firstTrained(layers);
  for (let l = layers.length - 1; l >= first; l--) {
    const layer = layers[l];
    const dx = l === first && !toInput ? null : layer.elementwise ? dy : spare;
    const [input, y] = [outputOf(layers, memory, x, l - 1), outputOf(layers, memory, x, l)];
    layer.backward(dx, dy, input, y, parameters[l], gradients[l], B, pass, memory.memories[l], inspect);
    if (dx === null) break;
    emitInspect(pass, inspect, 'backward', layer, dx, B * sizeOf(layer.in));
    if (dx !== dy) {
      spare = dy;
      dy = dx;
    }
  }
  return dy;
}

/** Index of the first layer with parameters. The gradient stops here, as no layer before has any. */
function firstTrained(layers: readonly Layer[]): number {
  const index = layers.findIndex((layer) => layer.tensors.length > 0);
  return index === -1 ? layers.length : index;
}

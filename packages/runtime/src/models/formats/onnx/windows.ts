import type { Elements, Shape, WindowAxis } from '@gradloom/core';
import { createElements, inputAt, outputAt, sizeOf, typeOf } from '@gradloom/core/internal';
import { reorder } from '../reorder.ts';
import type { Graph, Value } from './graph.ts';

// Images are [N, C, ...inputs] here. onnxruntime has Conv, ConvTranspose and AveragePool for float32 alone, so in
// float64 they are composed of Gather, which copies the inputs of each window, and MatMul or ReduceMean.

/** Windows along one axis. */
export interface Axis extends WindowAxis {
  readonly after: number; // positions of padding after the last input
}

/** A number for all axes, or one for each. */
type PerAxis = number | readonly number[];

interface Windows {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly dilation?: PerAxis;
  readonly padding: PerAxis | 'same';
}

/** The windows along each axis of an image. */
export function windowsOf(input: Shape, output: Shape, { kernel, stride, dilation = 1, padding }: Windows): Axis[] {
  const onAxis = (value: PerAxis, a: number): number => (typeof value === 'number' ? value : value[a]);
  return input.slice(0, -1).map((inputs, a) => {
    const axisWindow = { kernel: onAxis(kernel, a), stride: onAxis(stride, a), dilation: onAxis(dilation, a) };
    const overlap = axisWindow.dilation * (axisWindow.kernel - 1);
    // 'same' puts the larger half of the padding after the last input.
    const before = padding === 'same' ? Math.floor(overlap / 2) : onAxis(padding, a);
    const after = padding === 'same' ? overlap - before : before;
    return { ...axisWindow, inputs, outputs: output[a], before, after };
  });
}

/** Weights of a convolution, as they are here. */
export interface Weights {
  readonly name: string;
  readonly shape: Shape; // [...kernel, C / groups, O]
  readonly W: Elements;
  readonly b: Elements | null; // [O]
  readonly groups: number;
}

/** y = x * W + b. */
export function convolve(graph: Graph, x: Value, axes: readonly Axis[], weights: Weights): Value {
  const [C, O] = [axes.length, axes.length + 1]; // axes of W
  const order = [O, C, ...axes.keys()];
  if (graph.type === 'double') return multiply(graph, x, axes.map(readBy), weights, order);
  return graph.node('Conv', [x, addWeights(graph, weights, order), ...biasOf(graph, weights)], {
    ...attributesOf(axes),
    dilations: axes.map(({ dilation }) => dilation),
    group: weights.groups,
  });
}

/** The gradient of a convolution with windows along `axes`, as its inputs, plus b. W is [...kernel, O, C]. */
export function convolveTransposed(graph: Graph, x: Value, axes: readonly Axis[], weights: Weights): Value {
  const [O, C] = [axes.length, axes.length + 1]; // axes of W
  if (graph.type === 'double') return multiply(graph, x, axes.map(writtenBy), weights, [O, C, ...axes.keys()]);
  const W = addWeights(graph, weights, [C, O, ...axes.keys()]);
  const minInputs = ({ outputs, stride, kernel, before, after }: Axis) =>
    (outputs - 1) * stride + kernel - before - after;
  return graph.node('ConvTranspose', [x, W, ...biasOf(graph, weights)], {
    ...attributesOf(axes),
    output_padding: axes.map((axis) => axis.inputs - minInputs(axis)),
  });
}

/** The mean of each window; padding counts as zeros. */
export function averagePool(graph: Graph, x: Value, axes: readonly Axis[]): Value {
  if (graph.type === 'float') return graph.node('AveragePool', [x], { ...attributesOf(axes), count_include_pad: 1 });
  const kernelAxes = axes.map((_, a) => 2 + 2 * a); // of [N, C, ky, oy, kx, ox]
  return graph.node('ReduceMean', [gather(graph, x, axes.map(readBy))], { axes: kernelAxes, keepdims: 0 });
}

/** The maximum of each window; padding is -∞. */
export const maxPool = (graph: Graph, x: Value, axes: readonly Axis[]): Value =>
  graph.node('MaxPool', [x], attributesOf(axes));

const attributesOf = (axes: readonly Axis[]) => ({
  kernel_shape: axes.map(({ kernel }) => kernel),
  strides: axes.map(({ stride }) => stride),
  pads: [...axes.map(({ before }) => before), ...axes.map(({ after }) => after)],
});

/** Adds W with its axes in another order, by default in the shape that this gives. */
function addWeights(
  graph: Graph,
  { name, shape: extents, W }: Weights,
  order: readonly number[],
  shape: Shape = order.map((axis) => extents[axis]),
): Value {
  const numbers = createElements(typeOf(W), W.length);
  reorder(numbers, W, extents, order);
  return graph.reals(`${name}.W`, shape, numbers);
}

const biasOf = (graph: Graph, { name, b }: Weights): Value[] =>
  b === null ? [] : [graph.reals(`${name}.b`, [b.length], b)];

/** Indices [kernel][outputs] along an axis; -1 for a zero. */
type Indices = readonly (readonly number[])[];

/** The input that each place of the window of each output reads. */
const readBy = (axis: Axis): Indices => table(axis.kernel, axis.outputs, axis.inputs, (k, o) => inputAt(axis, o, k));

/** The output whose window reads an input at each place, for each input. */
const writtenBy = (axis: Axis): Indices =>
  table(axis.kernel, axis.inputs, axis.outputs, (k, i) => outputAt(axis, i, k));

const table = (kernel: number, count: number, limit: number, indexOf: (k: number, n: number) => number): number[][] =>
  Array.from({ length: kernel }, (_, k) =>
    Array.from({ length: count }, (_, n) => {
      const index = indexOf(k, n);
      return Number.isInteger(index) && index >= 0 && index < limit ? index : -1;
    }),
  );

/** Windows [N, C, ky, oy, kx, ox] of an image, or [N, C, k, o] of a sequence. */
function gather(graph: Graph, x: Value, tables: readonly Indices[]): Value {
  // Index -1 reads a zero after the last input.
  const after = [0, 0, ...tables.map((indices) => (indices.flat().includes(-1) ? 1 : 0))];
  const pads = [...after.map(() => 0), ...after];
  const paddedInput = after.includes(1) ? graph.node('Pad', [x, graph.integers(pads)]) : x;
  return tables.reduce((value, indices, a) => {
    const constant = graph.integers(indices.flat(), [indices.length, indices[0].length]);
    return graph.node('Gather', [value, constant], { axis: 2 + 2 * a });
  }, paddedInput);
}

/** Windows times W, which has its axes in the order [O, C / groups, ...kernel], plus b. */
function multiply(
  graph: Graph,
  x: Value,
  tables: readonly Indices[],
  weights: Weights,
  order: readonly number[],
): Value {
  const { name, shape, b, groups } = weights;
  const [O, ...terms] = order.map((axis) => shape[axis]);
  const outputs = tables.map(([first]) => first.length);
  const perm = [0, 1, ...tables.map((_, a) => 2 + 2 * a), ...tables.map((_, a) => 3 + 2 * a)]; // N, C, kernel, outputs
  const windows = graph.node('Transpose', [gather(graph, x, tables)], { perm });
  const columns = graph.integers([0, groups, sizeOf(terms), sizeOf(outputs)]);
  const W = addWeights(graph, weights, order, [groups, O / groups, sizeOf(terms)]);
  const product = graph.node('MatMul', [W, graph.node('Reshape', [windows, columns])]);
  const y = graph.reshape(product, [0, O, ...outputs]);
  return b === null ? y : graph.node('Add', [y, graph.reals(`${name}.b`, [O, ...outputs.map(() => 1)], b)]);
}

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

/** Windows of a layer. */
interface Windows {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly dilation?: PerAxis;
  readonly padding: PerAxis | 'same';
}

/** The windows along each axis of an image. */
export function windowsOf(input: Shape, output: Shape, { kernel, stride, dilation = 1, padding }: Windows): Axis[] {
  const at = (value: PerAxis, a: number): number => (typeof value === 'number' ? value : value[a]);
  return input.slice(0, -1).map((inputs, a) => {
    const axisWindow = { kernel: at(kernel, a), stride: at(stride, a), dilation: at(dilation, a) };
    const beyond = axisWindow.dilation * (axisWindow.kernel - 1);
    // 'same' has what is odd after the last input.
    const before = padding === 'same' ? Math.floor(beyond / 2) : at(padding, a);
    const after = padding === 'same' ? beyond - before : before;
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
export function convolve(graph: Graph, x: Value, along: readonly Axis[], weights: Weights): Value {
  const order = [along.length + 1, along.length, ...along.keys()];
  if (graph.type === 'double') return multiply(graph, x, along.map(readBy), weights, order);
  return graph.node('Conv', [x, addWeights(graph, weights, order), ...biasOf(graph, weights)], {
    ...attributesOf(along),
    dilations: along.map(({ dilation }) => dilation),
    group: weights.groups,
  });
}

/**
 * The gradient of the convolution of `along`, which has the shape of its inputs, plus b. W is [...kernel, O, C] for x
 * [N, C, ...outputs].
 */
export function convolveTransposed(graph: Graph, x: Value, along: readonly Axis[], weights: Weights): Value {
  const [O, C] = [along.length, along.length + 1];
  if (graph.type === 'double') return multiply(graph, x, along.map(writtenBy), weights, [O, C, ...along.keys()]);
  const W = addWeights(graph, weights, [C, O, ...along.keys()]);
  const least = ({ outputs, stride, kernel, before, after }: Axis) => (outputs - 1) * stride + kernel - before - after;
  return graph.node('ConvTranspose', [x, W, ...biasOf(graph, weights)], {
    ...attributesOf(along),
    output_padding: along.map((axis) => axis.inputs - least(axis)),
  });
}

/** The mean of each window; padding counts as zeros. */
export function averagePool(graph: Graph, x: Value, along: readonly Axis[]): Value {
  if (graph.type === 'float') return graph.node('AveragePool', [x], { ...attributesOf(along), count_include_pad: 1 });
  const axes = along.map((_, a) => 2 + 2 * a);
  return graph.node('ReduceMean', [gather(graph, x, along.map(readBy))], { axes, keepdims: 0 });
}

/** The maximum of each window; padding is -∞. */
export const maxPool = (graph: Graph, x: Value, along: readonly Axis[]): Value =>
  graph.node('MaxPool', [x], attributesOf(along));

const attributesOf = (along: readonly Axis[]) => ({
  kernel_shape: along.map(({ kernel }) => kernel),
  strides: along.map(({ stride }) => stride),
  pads: [...along.map(({ before }) => before), ...along.map(({ after }) => after)],
});

/** Adds W with its axes in another order, by default in the shape that this gives. */
function addWeights(
  graph: Graph,
  { name, shape: axes, W }: Weights,
  order: readonly number[],
  shape: Shape = order.map((axis) => axes[axis]),
): Value {
  const numbers = createElements(typeOf(W), W.length);
  reorder(numbers, W, axes, order);
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

const table = (kernel: number, count: number, limit: number, at: (k: number, n: number) => number): number[][] =>
  Array.from({ length: kernel }, (_, k) =>
    Array.from({ length: count }, (_, n) => {
      const index = at(k, n);
      return Number.isInteger(index) && index >= 0 && index < limit ? index : -1;
    }),
  );

/** Windows [N, C, ky, oy, kx, ox] of an image, or [N, C, k, o] of a sequence. */
function gather(graph: Graph, x: Value, tables: readonly Indices[]): Value {
  // Index -1 reads a zero after the last input.
  const after = [0, 0, ...tables.map((one) => (one.flat().includes(-1) ? 1 : 0))];
  const pads = [...after.map(() => 0), ...after];
  const padded = after.includes(1) ? graph.node('Pad', [x, graph.integers([pads.length], pads)]) : x;
  return tables.reduce((value, one, a) => {
    const indices = graph.integers([one.length, one[0].length], one.flat());
    return graph.node('Gather', [value, indices], { axis: 2 + 2 * a });
  }, padded);
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
  const perm = [0, 1, ...tables.map((_, a) => 2 + 2 * a), ...tables.map((_, a) => 3 + 2 * a)];
  const windows = graph.node('Transpose', [gather(graph, x, tables)], { perm });
  const columns = graph.integers([4], [0, groups, sizeOf(terms), sizeOf(outputs)]);
  const W = addWeights(graph, weights, order, [groups, O / groups, sizeOf(terms)]);
  const product = graph.node('MatMul', [W, graph.node('Reshape', [windows, columns])]);
  const y = graph.node('Reshape', [product, graph.integers([2 + outputs.length], [0, O, ...outputs])]);
  return b === null ? y : graph.node('Add', [y, graph.reals(`${name}.b`, [O, ...outputs.map(() => 1)], b)]);
}

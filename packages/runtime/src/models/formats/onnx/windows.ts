import type { Elements, Shape } from '@gradloom/core';
import { channelsOf, createElements, sizeOf, typeOf } from '@gradloom/core/internal';
import { reorder } from '../reorder.ts';
import type { Graph, Value } from './graph.ts';

/** Windows along one axis. */
export interface Axis {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number; // padding before the first input
  readonly after: number; // padding after the last
}

/** The attributes that Conv and pools have in common. */
const attributesOf = (along: readonly Axis[]) => ({
  kernel_shape: along.map(({ kernel }) => kernel),
  strides: along.map(({ stride }) => stride),
  pads: [...along.map(({ before }) => before), ...along.map(({ after }) => after)],
});

// Images are [N, C, ...inputs] here. onnxruntime has Conv, ConvTranspose and AveragePool for float32 alone, so in
// float64 they are composed of Gather, which copies the inputs of each window, and MatMul or ReduceMean.

/** y = x * W + b, or without b; W is [...kernel, C / groups, O]. */
export function convolve(
  graph: Graph,
  x: Value,
  along: readonly Axis[],
  weights: Weights,
  groups: number,
  bias: Elements | null,
): Value {
  const axes = along.length;
  const O = channelsOf(weights.shape);
  const W = inOrder(weights, [axes + 1, axes, ...along.keys()]);
  if (graph.type === 'float') {
    const inputs = [x, graph.reals(`${weights.name}.W`, W.shape, W.numbers), ...biasOf(graph, weights, bias)];
    const dilations = along.map(({ dilation }) => dilation);
    return graph.node('Conv', inputs, { ...attributesOf(along), dilations, group: groups });
  }
  const windows = gather(
    graph,
    x,
    along.map((axis) =>
      indices(axis.kernel, axis.outputs, (k, o) => {
        const i = o * axis.stride + k * axis.dilation - axis.before;
        return i < axis.inputs ? i : -1;
      }),
    ),
  );
  return multiply(graph, windows, along, { ...W, name: weights.name, shape: [O, ...W.shape.slice(1)] }, groups, bias);
}

/** The convolution whose gradient this is goes from the outputs to the inputs; W is [...kernel, O, C]. */
export function convolveTransposed(
  graph: Graph,
  x: Value,
  along: readonly Axis[], // those of the output: `inputs` of the convolution are outputs here
  weights: Weights,
  bias: Elements | null,
): Value {
  const axes = along.length;
  if (graph.type === 'float') {
    const W = inOrder(weights, [axes + 1, axes, ...along.keys()]);
    const inputs = [x, graph.reals(`${weights.name}.W`, W.shape, W.numbers), ...biasOf(graph, weights, bias)];
    const beyond = along.map(
      ({ inputs, outputs, stride, kernel, before, after }) =>
        inputs - ((outputs - 1) * stride + kernel - before - after),
    );
    return graph.node('ConvTranspose', inputs, { ...attributesOf(along), output_padding: beyond });
  }
  const W = inOrder(weights, [axes, axes + 1, ...along.keys()]);
  const windows = gather(
    graph,
    x,
    along.map((axis) =>
      indices(axis.kernel, axis.inputs, (k, i) => {
        const o = (i + axis.before - k) / axis.stride;
        return Number.isInteger(o) && o < axis.outputs ? o : -1;
      }),
    ),
  );
  const out = along.map((axis) => ({ ...axis, outputs: axis.inputs }));
  return multiply(graph, windows, out, { ...W, name: weights.name }, 1, bias);
}

/** The mean of each window; padding counts as zeros. */
export function averagePool(graph: Graph, x: Value, along: readonly Axis[]): Value {
  if (graph.type === 'float') return graph.node('AveragePool', [x], { ...attributesOf(along), count_include_pad: 1 });
  const windows = gather(
    graph,
    x,
    along.map((axis) =>
      indices(axis.kernel, axis.outputs, (k, o) => {
        const i = o * axis.stride + k - axis.before;
        return i < axis.inputs ? i : -1;
      }),
    ),
  );
  return graph.node('ReduceMean', [windows], { axes: along.map((_, a) => 2 + 2 * a), keepdims: 0 });
}

/** The maximum of each window. */
export const maxPool = (graph: Graph, x: Value, along: readonly Axis[]): Value =>
  graph.node('MaxPool', [x], attributesOf(along));

/** Weights of a layer, as they are here. */
export interface Weights {
  readonly name: string;
  readonly shape: Shape;
  readonly numbers: Elements;
}

function inOrder({ shape, numbers }: Weights, order: readonly number[]): Omit<Weights, 'name'> {
  const out = createElements(typeOf(numbers), numbers.length);
  reorder(out, numbers, shape, order);
  return { shape: order.map((axis) => shape[axis]), numbers: out };
}

const biasOf = (graph: Graph, { name }: Weights, bias: Elements | null): Value[] =>
  bias === null ? [] : [graph.reals(`${name}.b`, [bias.length], bias)];

/** What each place of each window reads; -1 for a zero. */
const indices = (kernel: number, outputs: number, at: (k: number, o: number) => number): number[][] =>
  Array.from({ length: kernel }, (_, k) => Array.from({ length: outputs }, (_, o) => Math.max(-1, at(k, o))));

/** Windows [N, C, ky, oy, kx, ox] of an image [N, C, H, W], or [N, C, k, o] of a sequence. */
function gather(graph: Graph, x: Value, tables: readonly (readonly number[][])[]): Value {
  // A zero after the last input, which index -1 reads.
  const isPadded = tables.map((table) => table.flat().includes(-1));
  const after = [0, 0, ...isPadded.map(Number)];
  const pads = graph.integers([2 * after.length], [...after.map(() => 0), ...after]);
  const padded = isPadded.includes(true) ? graph.node('Pad', [x, pads]) : x;
  return tables.reduce(
    (value, table, a) =>
      graph.node('Gather', [value, graph.integers([table.length, table[0].length], table.flat())], { axis: 2 + 2 * a }),
    padded,
  );
}

/** Windows times weights [O, C / groups, ...kernel], plus b. */
function multiply(
  graph: Graph,
  windows: Value,
  along: readonly Axis[],
  { name, shape, numbers }: Weights,
  groups: number,
  bias: Elements | null,
): Value {
  const [O, ...terms] = shape;
  const perm = [0, 1, ...along.map((_, a) => 2 + 2 * a), ...along.map((_, a) => 3 + 2 * a)];
  const outputs = along.map((axis) => axis.outputs);
  const columns = [0, groups, sizeOf(terms), sizeOf(outputs)];
  const flat = graph.node('Reshape', [graph.node('Transpose', [windows], { perm }), graph.integers([4], columns)]);
  const W = graph.reals(`${name}.W`, [groups, O / groups, sizeOf(terms)], numbers);
  const result = [0, O, ...outputs];
  const y = graph.node('Reshape', [graph.node('MatMul', [W, flat]), graph.integers([result.length], result)]);
  if (bias === null) return y;
  return graph.node('Add', [y, graph.reals(`${name}.b`, [O, ...outputs.map(() => 1)], bias)]);
}

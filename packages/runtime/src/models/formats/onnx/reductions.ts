import { channelsOf, positionsOf } from '@gradloom/core/internal';
import type { Emission, Spec } from './emission.ts';
import { type Rows, range } from './rows.ts';
import { elementTypes } from './schema.ts';

/** Axes of a row, some counted from the end, as axes of rows [N, ...row]; all of them where none are given. */
const axesOfRows = (axes: number | readonly number[] | undefined, { shape }: Rows): number[] =>
  axes === undefined
    ? range(shape.length, 1)
    : [axes].flat().map((axis) => (axis < 0 ? shape.length + axis : axis) + 1);

/** A reduction by an operator that keeps its axes with length 1, in the shape of the layer's outputs. */
export const reduceBy =
  (operator: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceLogSumExp') =>
  ({ graph, channels, x, networkLayer, shape, outputOf }: Emission): Rows => {
    const { axis } = networkLayer.spec as Spec<'sum'>;
    const rows = channels.last(x);
    const axes = axesOfRows(axis, rows);
    // In this opset only the axes of a sum are an input.
    const value =
      operator === 'ReduceSum'
        ? graph.node(operator, [rows.value, graph.integers(axes)])
        : graph.node(operator, [rows.value], { axes });
    return outputOf(graph.reshape(value, [0, ...shape]));
  };

export const softmaxBy =
  (operator: 'Softmax' | 'LogSoftmax') =>
  ({ graph, channels, x, networkLayer: { spec } }: Emission): Rows => {
    const { axis = -1 } = spec as Spec<'softmax'>;
    const rows = channels.last(x);
    return { ...rows, value: graph.node(operator, [rows.value], { axis: axesOfRows(axis, rows)[0] }) };
  };

export function argmax({ graph, channels, x, networkLayer, shape, outputOf }: Emission): Rows {
  const { axis = -1 } = networkLayer.spec as Spec<'argmax'>;
  const rows = channels.last(x);
  const indices = graph.node('ArgMax', [rows.value], { axis: axesOfRows(axis, rows)[0] });
  return outputOf(graph.node('Cast', [graph.reshape(indices, [0, ...shape])], { to: elementTypes[graph.type] }));
}

/** Group-norm or instance-norm: not GroupNormalization, which takes ε as a float32. */
export function groupNorm({ graph, channels, x, networkLayer, channelConstant }: Emission): Rows {
  const spec = networkLayer.spec as Spec<'group-norm'> | Spec<'instance-norm'>;
  const { epsilon = 1e-5, affine = spec.kind === 'group-norm' } = spec;
  const rows = channels.last(x);
  const [R, C] = [positionsOf(rows.shape), channelsOf(rows.shape)];
  const groups = spec.kind === 'group-norm' ? spec.groups : C;
  const mean = (value: string) => graph.node('ReduceMean', [value], { axes: [1, 3] });
  const groupedRows = graph.reshape(rows.value, [0, R, groups, C / groups]);
  const centered = graph.node('Sub', [groupedRows, mean(groupedRows)]);
  const variance = mean(graph.node('Mul', [centered, centered]));
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.number(epsilon)])]);
  const value = graph.reshape(graph.node('Div', [centered, deviation]), [0, ...rows.shape]);
  if (!affine) return { ...rows, value };
  const scaled = graph.node('Mul', [value, channelConstant(rows, 'gamma')]);
  return { ...rows, value: graph.node('Add', [scaled, channelConstant(rows, 'beta')]) };
}

/** Not a Transpose before a MatMul: onnxruntime would make one node of them, which it does not have for float64. */
export function matmul({ graph, channels, xs, networkLayer: { spec }, outputOf }: Emission): Rows {
  const { transposeA = false, transposeB = false } = spec as Spec<'matmul'>;
  const axes = Math.max(...xs.map((x) => x.shape.length));
  const factors = [xs[0], xs[1] ?? xs[0]].map((x) => {
    const rows = channels.last(x);
    // After the axis of rows, both have as many axes as the longer one.
    return graph.reshape(rows.value, [0, ...Array<number>(axes - rows.shape.length).fill(1), ...rows.shape]);
  });
  const equation = `...${transposeA ? 'kn' : 'nk'},...${transposeB ? 'mk' : 'km'}->...nm`;
  const isTransposed = transposeA || transposeB;
  return outputOf(isTransposed ? graph.node('Einsum', factors, { equation }) : graph.node('MatMul', factors));
}

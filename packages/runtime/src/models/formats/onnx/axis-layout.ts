import type { ModelMetadata, Network, Shape } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import type { Graph, Value } from './graph.ts';
import { range } from './rows.ts';
import type { ElementType } from './schema.ts';

/**
 * An input or output of an imported graph: a part of a row, of this shape. Axis k of it is axis `axes[k]` of that part,
 * or that of the rows, 'N'; -1 is one of length 1 that the part does not have.
 */
export interface AxisLayout {
  readonly name: string;
  readonly axes: readonly (number | 'N')[];
  readonly shape: Shape;
}

/** Where the graph from which a model was imported has its inputs and outputs. */
export interface AxisLayouts {
  readonly inputs: readonly AxisLayout[];
  readonly outputs: readonly AxisLayout[];
}

/** The layouts that the metadata of an imported model keeps; null if a graph cannot have them, rows in front. */
export function layoutsOf({ onnx }: ModelMetadata, { inputs, outputs }: Network): AxisLayouts | null {
  const stored = (onnx ?? {}) as { readonly inputs?: unknown; readonly outputs?: unknown };
  const [ofInputs, ofOutputs] = [checked(stored.inputs, inputs), checked(stored.outputs, outputs)];
  return ofInputs === null || ofOutputs === null ? null : { inputs: ofInputs, outputs: ofOutputs };
}

/** Metadata may hold anything: it is left alone unless it fits. */
function checked(layouts: unknown, size: number): readonly AxisLayout[] | null {
  if (!Array.isArray(layouts) || layouts.length === 0) return null;
  const fit = layouts.every(({ name, axes, shape }: Partial<AxisLayout>) => {
    if (typeof name !== 'string' || name === '' || !Array.isArray(axes) || !Array.isArray(shape)) return false;
    const [rows, ...others] = axes;
    const inOrder = others.filter((axis) => axis !== -1).sort((a, b) => a - b);
    return rows === 'N' && String(inOrder) === String(range(shape.length));
  });
  const sizes = layouts.map(({ shape }: AxisLayout) => sizeOf(shape));
  return fit && sizes.reduce((a, b) => a + b, 0) === size ? layouts : null;
}

/** The extents of the axes after that of the rows, in the graph. */
const rowOf = ({ axes, shape }: AxisLayout): Shape =>
  axes.slice(1).map((axis) => (axis === -1 ? 1 : shape[axis as number]));

/** The order of the axes [N, ...shape] that has those of the graph, without axes of length 1 that rows lack. */
const orderOf = ({ axes }: AxisLayout): number[] => [
  0,
  ...axes.flatMap((axis) => (axis === 'N' || axis === -1 ? [] : [axis + 1])),
];

const isInOrder = (order: readonly number[]): boolean => order.every((axis, k) => axis === k);

/** Adds the inputs; returns the rows [N, I] that they are parts of, or [N, ...shape] of one. */
export function emitImportedInputs(graph: Graph, type: ElementType, layouts: readonly AxisLayout[]): Value {
  const parts = layouts.map((layout) => {
    const x = graph.input(layout.name, type, rowOf(layout), 'as the imported graph has it');
    const order = orderOf(layout);
    const extents = order.slice(1).map((axis) => layout.shape[axis - 1]);
    const inAxes = extents.length === layout.axes.length - 1 ? x : graph.reshape(x, [0, ...extents]);
    const perm = order.map((_, axis) => order.indexOf(axis));
    const moved = isInOrder(order) ? inAxes : graph.node('Transpose', [inAxes], { perm });
    return layouts.length === 1 ? moved : graph.reshape(moved, [0, sizeOf(layout.shape)]);
  });
  return parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: 1 });
}

/** Outputs [N, ...shape] of a network under the name and in the order of axes of the imported graph. */
export function emitImportedOutput(graph: Graph, type: ElementType, layout: AxisLayout, outputs: Value): void {
  const perm = orderOf(layout);
  const moved = isInOrder(perm) ? outputs : graph.node('Transpose', [outputs], { perm });
  const value = perm.length === layout.axes.length ? moved : graph.reshape(moved, [0, ...rowOf(layout)]);
  graph.output(layout.name, value, type, rowOf(layout), 'as the imported graph has it');
}

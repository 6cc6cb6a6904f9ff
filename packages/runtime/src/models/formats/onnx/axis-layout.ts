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

/** The layouts that the metadata of an imported model keeps; null if they do not fit the network. */
export function layoutsOf({ onnx }: ModelMetadata, { inputs, outputs }: Network): AxisLayouts | null {
  const layouts = (onnx ?? {}) as { readonly inputs?: unknown; readonly outputs?: unknown };
  const [inputLayouts, outputLayouts] = [checked(layouts.inputs, inputs), checked(layouts.outputs, outputs)];
  if (inputLayouts === null || outputLayouts === null) return null;
  const haveRows = [...inputLayouts, ...outputLayouts].map(({ axes }) => axes.includes('N'));
  return haveRows.every((hasRows) => hasRows === haveRows[0]) ? { inputs: inputLayouts, outputs: outputLayouts } : null;
}

/** Metadata may hold anything: it is left alone unless it fits. */
function checked(layouts: unknown, size: number): readonly AxisLayout[] | null {
  if (!Array.isArray(layouts) || layouts.length === 0) return null;
  const fit = layouts.every(({ name, axes, shape }: Partial<AxisLayout>) => {
    if (typeof name !== 'string' || name === '' || !Array.isArray(axes) || !Array.isArray(shape)) return false;
    if (axes.filter((axis) => axis === 'N').length > 1) return false;
    const inOrder = axes.filter((axis) => axis !== -1 && axis !== 'N').sort((a, b) => a - b);
    // A single number may have no axis.
    return String(inOrder) === String(range(shape.length)) || (inOrder.length === 0 && sizeOf(shape) === 1);
  });
  const sizes = layouts.map(({ shape }: AxisLayout) => sizeOf(shape));
  return fit && sizes.reduce((a, b) => a + b, 0) === size ? layouts : null;
}

/** The extents of the axes in the graph. */
const extentsOf = ({ axes, shape }: AxisLayout): (number | 'N')[] =>
  axes.map((axis) => (axis === 'N' ? axis : axis === -1 ? 1 : shape[axis]));

/** For each axis of the graph that rows have, its place in [N, ...shape]. */
const storedAxesOf = ({ axes }: AxisLayout): number[] =>
  axes.flatMap((axis) => (axis === 'N' ? [0] : axis === -1 ? [] : [axis + 1]));

const isInOrder = (order: readonly number[]): boolean => order.every((axis, k) => k === 0 || axis > order[k - 1]);

/** Adds the inputs; returns the rows [N, I] that they are parts of, or [N, ...shape] of one. */
export function emitImportedInputs(graph: Graph, type: ElementType, layouts: readonly AxisLayout[]): Value {
  const parts = layouts.map((layout) => {
    const { name, axes, shape } = layout;
    const x = graph.imported('input', name, type, extentsOf(layout));
    const storedAxes = storedAxesOf(layout);
    const extents = storedAxes.map((axis) => (axis === 0 ? -1 : shape[axis - 1]));
    const inAxes = storedAxes.length === axes.length ? x : graph.reshape(x, extents);
    const sortedAxes = [...storedAxes].sort((a, b) => a - b);
    const perm = sortedAxes.map((axis) => storedAxes.indexOf(axis));
    const movedInput = isInOrder(storedAxes) ? inAxes : graph.node('Transpose', [inAxes], { perm });
    const hasAll = storedAxes.length === shape.length + 1;
    if (layouts.length === 1) return hasAll ? movedInput : graph.reshape(movedInput, [-1, ...shape]);
    return graph.reshape(movedInput, [-1, sizeOf(shape)]);
  });
  return parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: 1 });
}

/** Outputs [N, ...shape] of a network under the name and in the order of axes of the imported graph. */
export function emitImportedOutput(graph: Graph, type: ElementType, layout: AxisLayout, outputs: Value): void {
  const { name, axes, shape } = layout;
  const storedAxes = storedAxesOf(layout);
  // Without rows in the graph there is one, whose axis stays in front until it is cut off.
  const perm = axes.includes('N') ? storedAxes : [0, ...storedAxes];
  const isWhole = perm.length === shape.length + 1;
  const movedOutputs = isInOrder(perm) || !isWhole ? outputs : graph.node('Transpose', [outputs], { perm });
  const extents = extentsOf(layout);
  const isAsIs = isWhole && perm.length === axes.length && axes.includes('N');
  const value = isAsIs
    ? movedOutputs
    : graph.reshape(
        movedOutputs,
        extents.map((extent) => (extent === 'N' ? -1 : extent)),
      );
  graph.imported('output', name, type, extents, value);
}

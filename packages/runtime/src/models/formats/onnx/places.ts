import type { ModelMetadata, Network, Shape } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import type { Graph, Value } from './graph.ts';
import { range } from './rows.ts';
import type { ElementType } from './schema.ts';

/**
 * An input or output of an imported graph: a part of a row, of this shape. Axis k of it is axis `axes[k]` of that part,
 * or that of the rows, 'N'; -1 is one of length 1 that the part does not have.
 */
export interface Place {
  readonly name: string;
  readonly axes: readonly (number | 'N')[];
  readonly shape: Shape;
}

/** Where the graph from which a model was imported has its inputs and outputs. */
export interface Places {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

/** The places that the metadata of an imported model keeps; null if a graph cannot have them, rows in front. */
export function placesOf({ onnx }: ModelMetadata, { inputs, outputs }: Network): Places | null {
  const places = (onnx ?? {}) as { readonly inputs?: unknown; readonly outputs?: unknown };
  const [ofInputs, ofOutputs] = [checked(places.inputs, inputs), checked(places.outputs, outputs)];
  return ofInputs === null || ofOutputs === null ? null : { inputs: ofInputs, outputs: ofOutputs };
}

/** Metadata may hold anything: it is left alone unless it fits. */
function checked(places: unknown, size: number): readonly Place[] | null {
  if (!Array.isArray(places) || places.length === 0) return null;
  const fit = places.every(({ name, axes, shape }: Partial<Place>) => {
    if (typeof name !== 'string' || name === '' || !Array.isArray(axes) || !Array.isArray(shape)) return false;
    const [rows, ...others] = axes;
    const inOrder = others.filter((axis) => axis !== -1).sort((a, b) => a - b);
    return rows === 'N' && String(inOrder) === String(range(shape.length));
  });
  const sizes = places.map(({ shape }: Place) => sizeOf(shape));
  return fit && sizes.reduce((a, b) => a + b, 0) === size ? places : null;
}

/** The extents of the axes after that of the rows, in the graph. */
const rowOf = ({ axes, shape }: Place): Shape => axes.slice(1).map((axis) => (axis === -1 ? 1 : shape[axis as number]));

/** The order of the axes [N, ...shape] that has those of the graph, without axes of length 1 that rows lack. */
const orderOf = ({ axes }: Place): number[] => [
  0,
  ...axes.flatMap((axis) => (axis === 'N' || axis === -1 ? [] : [axis + 1])),
];

const isInOrder = (order: readonly number[]): boolean => order.every((axis, k) => axis === k);

/** Adds the inputs; returns the rows [N, I] that they are parts of, or [N, ...shape] of one. */
export function emitPlacedInputs(graph: Graph, type: ElementType, places: readonly Place[]): Value {
  const parts = places.map((place) => {
    const x = graph.input(place.name, type, rowOf(place), 'as the imported graph has it');
    const order = orderOf(place);
    const own = order.slice(1).map((axis) => place.shape[axis - 1]);
    const inAxes = own.length === place.axes.length - 1 ? x : graph.reshape(x, [0, ...own]);
    const perm = order.map((_, axis) => order.indexOf(axis));
    const moved = isInOrder(order) ? inAxes : graph.node('Transpose', [inAxes], { perm });
    return places.length === 1 ? moved : graph.reshape(moved, [0, sizeOf(place.shape)]);
  });
  return parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: 1 });
}

/** Outputs [N, ...shape] of a network under the name and in the order of axes of the imported graph. */
export function emitPlacedOutput(graph: Graph, type: ElementType, place: Place, outputs: Value): void {
  const perm = orderOf(place);
  const moved = isInOrder(perm) ? outputs : graph.node('Transpose', [outputs], { perm });
  const value = perm.length === place.axes.length ? moved : graph.reshape(moved, [0, ...rowOf(place)]);
  graph.output(place.name, value, type, rowOf(place), 'as the imported graph has it');
}

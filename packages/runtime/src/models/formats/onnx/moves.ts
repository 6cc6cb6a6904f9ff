import type { Shape } from '@gradloom/core';
import { axisOf, createElements, resizedAxes, sizeOf, slicedRanges, transposeOrder } from '@gradloom/core/internal';
import type { Emission, Spec } from './emission.ts';
import type { Value } from './graph.ts';
import { isFlat, type Rows, range } from './rows.ts';

const elementTypeOf = { double: 'float64', float: 'float32' } as const;

// Layers that move numbers. Images keep their channels first, but where their axes change.

/** Before the first index of an axis, for a slice that goes backwards. */
const BEFORE_FIRST = -(2 ** 31);

/** Rows that have all axes of their shape. */
const wholeRows = ({ channels, x }: Emission): Rows =>
  x.image !== null && isFlat(x.shape, x.image) ? channels.last(x) : x;

/** The axis of a value that is axis `a` of its rows. */
const axisIn = ({ shape, image }: Rows, a: number): number =>
  image === null ? a + 1 : a === shape.length - 1 ? 1 : a + 2;

/** The outputs of a layer whose value has its axes where x has them. */
const inPlaceOf = ({ image }: Rows, shape: Shape, value: Value): Rows => {
  return { shape, value, image: image === null ? null : shape };
};

export function concat(emission: Emission): Rows {
  const { graph, channels, networkLayer, shape } = emission;
  const { axis = -1 } = networkLayer.spec as Spec<'concat'>;
  const isFirst = emission.xs.every((x) => x.image !== null && !isFlat(x.shape, x.image));
  const xs = isFirst ? emission.xs : emission.xs.map(channels.last);
  const values = xs.map(({ value }) => value);
  const at = axisIn(xs[0], axisOf('concat', axis, xs[0].shape));
  return inPlaceOf(xs[0], shape, graph.node('Concat', values, { axis: at }));
}

export function heads({ graph, channels, xs, outputOf }: Emission): Rows {
  const flat = xs.map((x) => graph.reshape(channels.last(x).value, [0, sizeOf(x.shape)]));
  return outputOf(graph.node('Concat', flat, { axis: 1 }));
}

export function slice(emission: Emission): Rows {
  const { graph, networkLayer, shape } = emission;
  const x = wholeRows(emission);
  const axes = slicedRanges(networkLayer.spec as Spec<'slice'>, x.shape).flatMap((range, a) => {
    if (range === null) return [];
    const { start, step, count } = range;
    const end = start + count * step;
    return [{ start, end: end < 0 ? BEFORE_FIRST : end, axis: axisIn(x, a), step }];
  });
  const numbers = (['start', 'end', 'axis', 'step'] as const).map((name) =>
    graph.integers(axes.map((axis) => axis[name])),
  );
  return inPlaceOf(x, shape, graph.node('Slice', [x.value, ...numbers]));
}

export const reshape = ({ graph, channels, x, shape, outputOf }: Emission): Rows =>
  outputOf(graph.reshape(channels.last(x).value, [0, ...shape]));

export function transpose({ graph, channels, x, networkLayer, outputOf }: Emission): Rows {
  const order = transposeOrder(networkLayer.spec as Spec<'transpose'>, x.shape);
  const perm = [0, ...order.map((axis) => axis + 1)];
  return outputOf(graph.node('Transpose', [channels.last(x).value], { perm }));
}

export function pad(emission: Emission): Rows {
  const { graph, networkLayer, shape } = emission;
  const x = wholeRows(emission);
  const { padding, mode = 'constant', value = 0 } = networkLayer.spec as Spec<'pad'>;
  const sides = padding.map((sizes) => (typeof sizes === 'number' ? [sizes, sizes] : sizes));
  const pads = range(2 * (sides.length + 1)).map(() => 0);
  for (const [a, [before, after]] of sides.entries()) {
    pads[axisIn(x, a)] = before;
    pads[sides.length + 1 + axisIn(x, a)] = after;
  }
  const y = graph.node('Pad', [x.value, graph.integers(pads), graph.number(value)], { mode });
  return inPlaceOf(x, shape, y);
}

export function expand({ graph, channels, x, shape, outputOf }: Emission): Rows {
  const ones = shape.slice(x.shape.length).map(() => 1);
  const rows = graph.reshape(channels.last(x).value, [0, ...ones, ...x.shape]);
  return outputOf(graph.node('Expand', [rows, graph.integers([1, ...shape])]));
}

export function take(emission: Emission): Rows {
  const { graph, networkLayer, shape } = emission;
  const x = wholeRows(emission);
  const { indices, axis = -1 } = networkLayer.spec as Spec<'take'>;
  const a = axisOf('take', axis, x.shape);
  const places = graph.integers(indices.map((index) => (index < 0 ? index + x.shape[a] : index)));
  return inPlaceOf(x, shape, graph.node('Gather', [x.value, places], { axis: axisIn(x, a) }));
}

/** Gathers and means, not Resize, which takes ratios as float32, and which onnxruntime does not have for float64. */
export function resize(emission: Emission): Rows {
  const { graph, networkLayer, shape } = emission;
  const x = wholeRows(emission);
  let { value } = x;
  for (const [a, resizedAxis] of resizedAxes(networkLayer.spec as Spec<'resize'>, x.shape).entries()) {
    if (resizedAxis === null) continue;
    const terms = range(resizedAxis.outputs).map(resizedAxis.termsOf);
    const axis = axisIn(x, a);
    const read = (k: number): Value =>
      graph.node('Gather', [value, graph.integers(terms.map((places) => (places[k] ?? places[0]).from))], { axis });
    const factors = (k: number): Value => {
      const shape = range(x.shape.length - axis + 1).map((_, b) => (b === 0 ? terms.length : 1));
      const numbers = createElements(elementTypeOf[graph.type], terms.length);
      for (const [o, places] of terms.entries()) numbers[o] = places[k]?.factor ?? 0;
      return graph.reals(`${networkLayer.path}.factors.${a}.${k}`, shape, numbers);
    };
    value = terms.every((places) => places.length === 1)
      ? read(0)
      : graph.node('Add', [graph.node('Mul', [read(0), factors(0)]), graph.node('Mul', [read(1), factors(1)])]);
  }
  return inPlaceOf(x, shape, value);
}

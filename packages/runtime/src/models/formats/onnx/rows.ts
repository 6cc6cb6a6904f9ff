import type { Elements, Shape } from '@gradloom/core';
import { channelsOf, createElements, positionsOf, sizeOf, typeOf } from '@gradloom/core/internal';
import { channelsFirst, reorder } from '../reorder.ts';
import type { Graph, Value } from './graph.ts';

/** N rows between two layers of a graph. */
export interface Rows {
  /** Shape of a row here. */
  readonly shape: Shape;
  /** The rows [N, ...shape], unless channels come first. */
  readonly value: Value;
  /** If channels come first: the shape of the image here. Then `value` is [N, C, H, W], or that flattened. */
  readonly image: Shape | null;
}

/** Moves channels of rows in a graph, each value once. */
export interface Channels {
  /** Rows with channels last, [N, ...shape]. */
  last(rows: Rows): Rows;
  /** Rows [N, H, W, C] or [N, T, C] with channels first. */
  first(rows: Rows): Rows;
  /** Rows [N, size]. */
  flatten(rows: Rows): Rows;
}

export function channelsOfGraph(graph: Graph): Channels {
  const transposes = new Map<Value, Value>();
  const transpose = (value: Value, perm: readonly number[]): Value => {
    const cachedTransposes = transposes.get(value);
    if (cachedTransposes !== undefined) return cachedTransposes;
    const result = graph.node('Transpose', [value], { perm });
    transposes.set(value, result);
    return result;
  };
  // 0 keeps the number of rows.
  const reshape = (value: Value, row: Shape): Value => graph.reshape(value, [0, ...row]);
  /** Channels first to last, of an image [N, C, H, W]. */
  const toLast = (value: Value, axes: number): Value => transpose(value, [0, ...range(axes - 1, 2), 1]);
  function last({ shape, value, image }: Rows): Rows {
    if (image === null) return { shape, value, image };
    const axes = image.length;
    if (!isFlat(shape, image)) return { shape, value: toLast(value, axes), image: null };
    const row = channelsFirst(axes).map((axis) => image[axis]);
    return { shape, value: reshape(toLast(reshape(value, row), axes), shape), image: null };
  }
  function first({ shape, value, image }: Rows): Rows {
    if (image !== null) return { shape, value, image };
    return { shape, value: transpose(value, [0, shape.length, ...range(shape.length - 1, 1)]), image: shape };
  }
  return {
    last,
    first,
    flatten({ shape, value, image }) {
      if (shape.length === 1) return { shape, value, image };
      const isReordered = image !== null && positionsOf(image) > 1 && channelsOf(image) > 1;
      return { shape: [sizeOf(shape)], value: reshape(value, [sizeOf(shape)]), image: isReordered ? image : null };
    },
  };
}

/** The numbers from .. from + length - 1. */
export const range = (length: number, from = 0): number[] => Array.from({ length }, (_, k) => from + k);

/** Whether an image is in one axis. */
export const isFlat = (shape: Shape, image: Shape): boolean => shape.length < image.length;

/** Numbers [C, ...rest], with C along the last axis of rows, in the shape and order that suit `rows.value`. */
export function alongChannels(
  { shape, image }: Omit<Rows, 'value'>,
  numbers: Elements,
  rest: Shape = [],
): { readonly shape: Shape; readonly numbers: Elements } {
  const axes = [channelsOf(shape), ...rest];
  if (image === null) return { shape: axes, numbers };
  if (!isFlat(shape, image)) return { shape: [...axes, ...image.slice(1).map(() => 1)], numbers };
  const out = createElements(typeOf(numbers), numbers.length);
  const order = [...channelsFirst(image.length), ...rest.map((_, axis) => image.length + axis)];
  reorder(out, numbers, [...image, ...rest], order);
  return { shape: axes, numbers: out };
}

/** Lengths [N, 1] of the rows of a layer of T positions. */
export const lengthsAt = (graph: Graph, lengths: Value, T: number): Value =>
  graph.reshape(graph.node('Min', [lengths, graph.integers([T])]), [-1, 1]);

/** The places of a sequence [1, T], from 0. */
export const positions = (graph: Graph, T: number): Value => graph.integers(range(T), [1, T]);

/** The sum [N, C] of the positions of rows [N, T, C] at which `isTaken` [N, T] is true. */
export function sumWhere(graph: Graph, isTaken: Value, rows: Rows): Value {
  const mask = graph.node('Unsqueeze', [isTaken, graph.integers([2])]);
  const terms = graph.node('Where', [mask, rows.value, graph.number(0)]);
  return graph.node('ReduceSum', [terms, graph.integers([1])], { keepdims: 0 });
}

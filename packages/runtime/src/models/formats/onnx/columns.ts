import type { CategoryEncoding, NumberEncoding, Preprocessing } from '@gradloom/core';
import { GAP_WORDS } from '@gradloom/core/internal';
import type { Graph, Value } from './graph.ts';

const DOUBLE = 11;

const notes = {
  numeric: 'a number',
  boolean: '1 for true, 0 for false',
  date: 'days since 1970-01-01 (UTC), with a fraction for the time of day',
} as const;

/** The inputs x [N, I] of a network, from one input [N, 1] of the graph for each column. */
export function emitColumns(graph: Graph, { columns }: Preprocessing): Value {
  const parts = columns.flatMap((column) =>
    column.type === 'categorical' ? emitCategories(graph, column) : emitNumbers(graph, column),
  );
  return parts.length === 1 ? parts[0] : graph.node('Concat', parts, { axis: 1 });
}

/** (value - center) / scale, and whether it is a gap. */
function emitNumbers(graph: Graph, { name, type, center, scale, fill, indicator }: NumberEncoding): Value[] {
  const gaps = fill === null ? 'a gap (NaN) has no answer' : `NaN for a gap, which becomes ${fill}`;
  const cell = graph.input(name, 'double', 1, `${notes[type]}; ${gaps}`);
  const isGap = fill === null && !indicator ? null : graph.node('IsNaN', [cell]);
  const value = isGap === null || fill === null ? cell : graph.node('Where', [isGap, graph.number(fill), cell]);
  const encoded = graph.node('Div', [graph.node('Sub', [value, graph.number(center)]), graph.number(scale)]);
  return indicator && isGap !== null ? [encoded, graph.node('Cast', [isGap], { to: DOUBLE })] : [encoded];
}

/** 1 for the category of the row and 0 for the others; an unknown one is 0 in all. */
function emitCategories(graph: Graph, { name, categories, missing }: CategoryEncoding): Value[] {
  const width = categories.length + (missing ? 1 : 0);
  const gaps = missing ? 'empty for a gap' : 'an empty text is unknown';
  const cell = graph.input(name, 'string', 1, `text, one of the categories; ${gaps}`);
  if (width === 0) return [];
  const places = new Map(categories.map((category, place) => [category, place]));
  for (const word of ['', ...GAP_WORDS]) places.set(word, missing ? categories.length : -1);
  const keys = [...places.keys()];
  const texts = { keys_strings: keys, values_int64s: [...places.values()], default_int64: -1 };
  const place = graph.node('LabelEncoder', [cell], texts, 'ai.onnx.ml');
  const all = graph.integers(
    [1, width],
    Array.from({ length: width }, (_, at) => at),
  );
  return [graph.node('Cast', [graph.node('Equal', [place, all])], { to: DOUBLE })];
}

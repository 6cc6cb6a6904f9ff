import type { ElementType } from '@gradloom/core';
import { createElements, rotaryTable, typeOf } from '@gradloom/core/internal';
import type { Emission, Spec } from './emission.ts';
import type { Graph, Value } from './graph.ts';
import { lengthsAt, positions, type Rows, range } from './rows.ts';

/**
 * Self-attention on rows [N, T, C]; heads are an axis of their own. Keys that a query does not read have a score of -∞.
 */
export function attention({ graph, channels, x, lengths: [lengths], networkLayer, tensor }: Emission): Rows {
  const { heads: H, causal = true, bias = true, rotary = false } = networkLayer.spec as Spec<'self-attention'>;
  const [shape] = networkLayer.layer.in;
  const [T, C] = shape;
  const d = C / H;
  const weights = (name: string, O: number): Value => graph.reals(`${networkLayer.path}.${name}`, [C, O], tensor(name));
  const addBias = (value: Value, name: string, O: number): Value =>
    bias ? graph.node('Add', [value, graph.reals(`${networkLayer.path}.${name}`, [O], tensor(name))]) : value;
  const { value } = channels.last(x);
  // onnxruntime would make one node of a MatMul and the Transpose before it: see `affine`.
  const rows = x.image === null ? value : graph.reshape(value, [0, 1, T, C]);
  const projection = graph.node('MatMul', [rows, weights('Wqkv', 3 * C)]);
  const qkv = graph.reshape(addBias(projection, 'bqkv', 3 * C), [0, T, 3, H, d]);
  const rotate = rotary
    ? rotation(graph, networkLayer.path, T, d, typeOf(tensor('Wo')))
    : (value: Value): Value => value;
  /** The heads of queries (0), keys (1) or values (2), [N, T, H, d]. */
  const heads = (index: number): Value => graph.node('Gather', [qkv, graph.integers([index], [])], { axis: 2 });
  const permute = (value: Value, perm: readonly number[]): Value => graph.node('Transpose', [value], { perm });
  const dotProducts = graph.node('MatMul', [
    permute(rotate(heads(0)), [0, 2, 1, 3]), // [N, H, T, d]
    permute(rotate(heads(1)), [0, 2, 3, 1]), // [N, H, d, T]
  ]);
  const scores = graph.node('Mul', [dotProducts, graph.number(1 / Math.sqrt(d))]);
  const isReal = graph.node('Less', [positions(graph, T), lengthsAt(graph, lengths, T)]);
  const withAxes = (value: Value, ...axes: number[]): Value => graph.node('Unsqueeze', [value, graph.integers(axes)]);
  const isRead = causal ? graph.node('And', [withAxes(isReal, 1, 2), upToQuery(graph, T)]) : withAxes(isReal, 1, 2);
  const sums = graph.node('MatMul', [
    graph.node('Softmax', [graph.node('Where', [isRead, scores, graph.number(-Infinity)])], { axis: -1 }),
    permute(heads(2), [0, 2, 1, 3]),
  ]);
  const A = graph.reshape(permute(sums, [0, 2, 1, 3]), [0, T, C]);
  const y = addBias(graph.node('MatMul', [A, weights('Wo', C)]), 'bo', C);
  return { shape, value: graph.node('Where', [withAxes(isReal, 2), y, graph.number(0)]), image: null };
}

/** Whether key u is not after query t, [T, T]. */
function upToQuery(graph: Graph, T: number): Value {
  const keys = positions(graph, T);
  const queries = graph.reshape(keys, [T, 1]);
  return graph.node('Not', [graph.node('Greater', [keys, queries])]);
}

/** A function that rotates the pairs (i, i + d/2) of heads [N, T, H, d] by the angles of their positions. */
function rotation(graph: Graph, path: string, T: number, d: number, type: ElementType): (value: Value) => Value {
  const half = d / 2;
  const table = createElements(type, T * d);
  rotaryTable(table, T, d);
  const [cos, sin] = [0, half].map((from) => {
    const numbers = createElements(type, T * half).map((_, i) => table[Math.floor(i / half) * d + from + (i % half)]);
    return graph.reals(`${path}.${from === 0 ? 'cos' : 'sin'}`, [T, 1, half], numbers);
  });
  const indices = [0, half].map((from) => graph.integers(range(half, from)));
  const multiply = (x: Value, y: Value): Value => graph.node('Mul', [x, y]);
  return (value) => {
    const [a, b] = indices.map((pairs) => graph.node('Gather', [value, pairs], { axis: 3 }));
    const first = graph.node('Sub', [multiply(a, cos), multiply(b, sin)]);
    return graph.node('Concat', [first, graph.node('Add', [multiply(b, cos), multiply(a, sin)])], { axis: 3 });
  };
}

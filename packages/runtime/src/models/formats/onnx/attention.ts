import type { ElementType } from '@gradloom/core';
import { createElements, rotaryTable, typeOf } from '@gradloom/core/internal';
import type { Emission, Spec } from './emission.ts';
import type { Graph, Value } from './graph.ts';
import { lengthsAt, positions, type Rows, range } from './rows.ts';

/** Self-attention on rows [N, T, C]; heads are an axis of their own. */
export function selfAttention(emission: Emission): Rows {
  const { graph, x, lengths, networkLayer, tensor } = emission;
  const { spec, path } = networkLayer;
  const { heads: H, keyHeads: K = H, causal = true, rotary = false, ...others } = spec as Spec<'self-attention'>;
  const [T, C] = x.shape;
  const { headSize: d = C / H, bias = true, outBias = bias } = others;
  const step = H + 2 * K;
  const qkv = graph.reshape(project(emission, rowsIn(emission, x), 'qkv', step * d, bias), [0, T, step, d]);
  const rotate = rotary ? rotation(graph, path, T, d, typeOf(tensor('Wo')), others) : (value: Value): Value => value;
  /** Heads [N, T, H, d] of rows [N, T, step, d]. */
  const headsFrom = (first: number, heads: readonly number[]): Value =>
    graph.node('Gather', [qkv, graph.integers(heads.map((h) => first + h))], { axis: 2 });
  const keyHeads = range(H).map((h) => Math.floor((h * K) / H)); // that each head reads
  const [q, k, v] = [headsFrom(0, range(H)), headsFrom(H, keyHeads), headsFrom(H + K, keyHeads)];
  return attend(emission, rotate(q), rotate(k), v, { causal, d, outBias }, [lengths[0], lengths[0]]);
}

/** Attention from rows [N, T, C] to others [N, S, D]. */
export function crossAttention(emission: Emission): Rows {
  const { graph, xs, lengths, networkLayer } = emission;
  const [x, memory] = xs;
  const { heads: H, causal = false, bias = true, projections = true } = networkLayer.spec as Spec<'cross-attention'>;
  const [[T, C], [S]] = [x.shape, memory.shape];
  const d = C / H;
  const projected = (rows: Rows, name: string, O: number): Value =>
    projections ? project(emission, rowsIn(emission, rows), name, O, bias) : rowsIn(emission, rows);
  const q = graph.reshape(projected(x, 'q', C), [0, T, H, d]);
  const kv = graph.reshape(projected(memory, 'kv', 2 * C), [0, S, 2, H, d]);
  const [k, v] = [0, 1].map((part) => partOf(graph, kv, part));
  return attend(emission, q, k, v, { causal, d, outBias: bias, projections }, [lengths[0], lengths[1]]);
}

/** Rows [N, T, C] of positions. onnxruntime would fuse a MatMul with the Transpose before it: see `affine`. */
function rowsIn({ graph, channels }: Emission, rows: Rows): Value {
  const { value, shape } = channels.last(rows);
  return rows.image === null ? value : graph.reshape(value, [0, 1, ...shape]);
}

/** rows · W + b, for the tensors W and b of this name; rows · W without `bias`. */
function project(
  { graph, networkLayer, tensor }: Emission,
  rows: Value,
  name: string,
  O: number,
  bias: boolean,
): Value {
  const [W, b] = [`W${name}`, `b${name}`];
  const weights = tensor(W);
  const product = graph.node('MatMul', [
    rows,
    graph.reals(`${networkLayer.path}.${W}`, [weights.length / O, O], weights),
  ]);
  return bias ? graph.node('Add', [product, graph.reals(`${networkLayer.path}.${b}`, [O], tensor(b))]) : product;
}

/** Queries, keys or values [N, T, H, d] of rows [N, T, parts, H, d]. */
const partOf = (graph: Graph, rows: Value, part: number): Value =>
  graph.node('Gather', [rows, graph.integers([part], [])], { axis: 2 });

/** The outputs of attention of heads [N, T, H, d]. Keys that a query does not read have a score of -∞. */
function attend(
  emission: Emission,
  q: Value,
  k: Value,
  v: Value,
  {
    causal,
    d,
    outBias,
    projections = true,
  }: { readonly causal: boolean; readonly d: number; readonly outBias: boolean; readonly projections?: boolean },
  [queryLengths, keyLengths]: readonly [Value, Value],
): Rows {
  const { graph, xs, outputOf } = emission;
  const [T, C] = xs[0].shape;
  const [S] = (xs[1] ?? xs[0]).shape;
  const permute = (value: Value, perm: readonly number[]): Value => graph.node('Transpose', [value], { perm });
  const dotProducts = graph.node('MatMul', [
    permute(q, [0, 2, 1, 3]), // [N, H, T, d]
    permute(k, [0, 2, 3, 1]), // [N, H, d, S]
  ]);
  const scores = graph.node('Mul', [dotProducts, graph.number(1 / Math.sqrt(d))]);
  const isReal = (lengths: Value, length: number): Value =>
    graph.node('Less', [positions(graph, length), lengthsAt(graph, lengths, length)]);
  const isRealQuery = isReal(queryLengths, T);
  const isRealKey = queryLengths === keyLengths && S === T ? isRealQuery : isReal(keyLengths, S);
  const withAxes = (value: Value, ...axes: number[]): Value => graph.node('Unsqueeze', [value, graph.integers(axes)]);
  const keyMask = withAxes(isRealKey, 1, 2);
  const isRead = causal ? graph.node('And', [keyMask, upToQuery(graph, T, S)]) : keyMask;
  const sums = graph.node('MatMul', [
    graph.node('Softmax', [graph.node('Where', [isRead, scores, graph.number(-Infinity)])], { axis: -1 }),
    permute(v, [0, 2, 1, 3]),
  ]);
  const A = graph.reshape(permute(sums, [0, 2, 1, 3]), [0, T, -1]);
  const isRealRow = withAxes(isRealQuery, 2);
  const y = projections ? project(emission, A, 'o', C, outBias) : A;
  return outputOf(graph.node('Where', [isRealRow, y, graph.number(0)]));
}

/** Whether key u is not after query t, [T, S]. */
function upToQuery(graph: Graph, T: number, S: number): Value {
  const keys = positions(graph, S);
  const queries = graph.reshape(positions(graph, T), [T, 1]);
  return graph.node('Not', [graph.node('Greater', [keys, queries])]);
}

/** A function that rotates the pairs (i, i + d/2) of heads [N, T, H, d] by the angles of their positions. */
function rotation(
  graph: Graph,
  path: string,
  T: number,
  d: number,
  type: ElementType,
  { theta = 10_000, rotaryScaling }: Pick<Spec<'self-attention'>, 'theta' | 'rotaryScaling'>,
): (value: Value) => Value {
  const half = d / 2;
  const table = createElements(type, T * d);
  const { factor = 1, low = 0, high = 1, context = 0 } = rotaryScaling ?? {};
  rotaryTable(table, T, d, theta, factor, low, high, context);
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

import { count, defineOps, double, flag, inout, input, number, operation, output } from '../op.ts';
import {
  attentionBackward,
  attentionForward,
  attentionNext,
  rotaryTable,
  rotate,
  zeroPadding,
} from '../reference/attention.ts';

const sizes = { B: count, T: count, H: count, d: count };
const lengths = double(input('B'));
const positions = ['B', 'T', 'H', 'd'] as const;
const queries = ['B', 'H', 'T'] as const;
const projections = ['B', 'T', 3, 'H', 'd'] as const;
/** Whether a query reads earlier keys alone, and the dropout of its weights. */
const weighing = { causal: flag, key0: count, key1: count, threshold: count, factor: number };

/** Operations of self-attention. */
export const attentionOps = defineOps({
  /** y = softmax(q · kᵀ / √d) · v, for each head. */
  attentionForward: operation(attentionForward, {
    y: output(...positions),
    maxima: output(...queries),
    sums: output(...queries),
    qkv: input(...projections),
    lengths,
    stepAndRow: double(input(2)),
    ...sizes,
    ...weighing,
  }),
  /** Attention from n further positions of one row, whose `rows` are copied into qkv after the earlier positions. */
  attentionNext: operation(attentionNext, {
    y: output('n', 'H', 'd'),
    qkv: inout('T', 3, 'H', 'd'),
    rows: input('n', 3, 'H', 'd'),
    at: input('T'),
    n: count,
    T: count,
    H: count,
    d: count,
  }),
  /** The gradients of q, k and v. */
  attentionBackward: operation(attentionBackward, {
    dqkv: output(...projections),
    dy: input(...positions),
    y: input(...positions),
    maxima: input(...queries),
    sums: input(...queries),
    qkv: input(...projections),
    lengths,
    stepAndRow: double(input(2)),
    ...sizes,
    ...weighing,
  }),
  /** Cosines and sines of the angles of each position. */
  rotaryTable: operation(rotaryTable, { table: output('T', 'd'), T: count, d: count }),
  /** Rotates queries and keys by the angles of their positions. */
  rotate: operation(rotate, { qkv: inout(...projections), table: input('T', 'd'), ...sizes, inverse: flag }),
  /** x = 0 at padding. */
  zeroPadding: operation(zeroPadding, { x: inout('B', 'T', 'C'), lengths, B: count, T: count, C: count }),
});

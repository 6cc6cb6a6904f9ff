import { counts, defineOps, double, flag, inout, input, number, operation, output, stride } from '../op.ts';
import { attentionBackward, attentionForward, attentionNext, zeroPadding } from '../reference/attention.ts';
import { rotaryTable, rotate } from '../reference/rotary.ts';

/** T queries and S keys, and the numbers of a position that holds them. */
const sizesOfBoth = { ...counts('B', 'T', 'S', 'H', 'K', 'd'), qStep: stride, kvStep: stride };
const lengths = double(input('B'));
const positions = ['B', 'T', 'H', 'd'] as const;
const queries = ['B', 'H', 'T'] as const;
const [querySizes, keySizes] = [['B', 'T', 'qStep'] as const, ['B', 'S', 'kvStep'] as const];
/** Whether a query reads earlier keys alone, and the dropout of its weights. */
const weighing = { causal: flag, ...counts('key0', 'key1', 'threshold'), factor: number };

/** Operations of attention, of a sequence to itself or to another. */
export const attentionOps = defineOps({
  /** y = softmax(q · kᵀ / √d) · v, for each head. */
  attentionForward: operation(attentionForward, {
    y: output(...positions),
    maxima: output(...queries),
    sums: output(...queries),
    q: input(...querySizes),
    kv: input(...keySizes),
    queryLengths: lengths,
    keyLengths: lengths,
    stepAndRow: double(input(2)),
    ...sizesOfBoth,
    ...weighing,
  }),
  /** Attention from n further positions of one row, whose `rows` are copied into qkv after the earlier positions. */
  attentionNext: operation(attentionNext, {
    y: output('n', 'H', 'd'),
    qkv: inout('T', 'step'),
    rows: input('n', 'step'),
    at: input('T'),
    ...counts('n', 'T', 'H', 'K', 'd'),
    step: stride,
  }),
  /** The gradients of q, k and v. */
  attentionBackward: operation(attentionBackward, {
    dq: output(...querySizes),
    dkv: output(...keySizes),
    dy: input(...positions),
    y: input(...positions),
    maxima: input(...queries),
    sums: input(...queries),
    q: input(...querySizes),
    kv: input(...keySizes),
    queryLengths: lengths,
    keyLengths: lengths,
    stepAndRow: double(input(2)),
    ...sizesOfBoth,
    ...weighing,
  }),
  /** Cosines and sines of the angles of each position. */
  rotaryTable: operation(rotaryTable, {
    table: output('T', 'd'),
    ...counts('T', 'd'),
    theta: number,
    factor: number,
    low: number,
    high: number,
    context: number,
  }),
  /** Rotates queries and keys by the angles of their positions. */
  rotate: operation(rotate, {
    qkv: inout('B', 'T', 'step'),
    table: input('T', 'd'),
    ...counts('B', 'T', 'H', 'd'),
    step: stride,
    inverse: flag,
  }),
  /** x = 0 at padding. */
  zeroPadding: operation(zeroPadding, { x: inout('B', 'T', 'C'), lengths, ...counts('B', 'T', 'C') }),
});

import { addressOf } from '../../../program/address.ts';
import type { attentionBackward, attentionForward, attentionNext } from '../../../program/reference/attention.ts';
import type { CodeLayout } from '../../code.ts';
import type { AttentionFormulaName } from '../../formulas/attention.ts';
import { createArrayCall } from '../array-calls.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import { createAttentionCalls, type Factors, attentionTables as tables } from './calls.ts';
import { arraysFrom, HEADS, QUERIES, scoreRow } from './memory.ts';

/** For each pass of attention, makes a function from the reference's arguments. */
export interface Attention {
  attentionForward(...args: Parameters<typeof attentionForward>): () => void;
  attentionNext(...args: Parameters<typeof attentionNext>): () => void;
  attentionBackward(...args: Parameters<typeof attentionBackward>): () => void;
}

const backwardFormulas = (drops: boolean): readonly AttentionFormulaName[] => [
  ...(['limited', 'terms', 'scaled'] as const),
  ...(drops ? (['weights', 'slopes'] as const) : (['weightsAndSlopes'] as const)),
];

/**
 * Attention by the tiles of dense products, and by formulas. Every sum has the order of the reference and uses fused
 * multiply-add: it equals plain code bit for bit. Keys of a block that a query does not read have weights and
 * slopes of 0, which change no bit.
 */
export function createNativeAttention(
  layout: CodeLayout,
  panels: Panels,
  tape: CallTape,
  scratch: Float64Array, // [attentionScratch] of the largest
  dropoutScratch: Float64Array, // [DROPOUT_SCRATCH]
): Attention {
  const { attention: formulas, losses } = layout;
  const { bytes, zeros, packAll } = panels;
  const calls = createAttentionCalls(layout, panels, tape, scratch, dropoutScratch);
  const { matmul } = calls; // (c, cRow, mode, a, aRow, aStep, factors, from, M, K, N): c[M,N] = a[M,K] · from[K,N]

  /** Sizes of a layer in bytes, its arrays in scratch, and what all passes do. Heads are counted over all rows. */
  function layerOf(T: number, H: number, d: number) {
    const arrays = arraysFrom(addressOf(scratch), d, T);
    const [row, yRow] = [bytes * 3 * H * d, bytes * H * d]; // of a position's queries, keys and values; of its outputs
    const keyRow = scoreRow(T, bytes);
    const keyFactors = calls.columnFactors(T, d);
    return {
      arrays,
      row,
      yRow,
      keyRow,
      keyFactors,
      isPacked: T > QUERIES, // with few positions, factors are read in place
      writeConstants: calls.constantsOf(arrays, T),
      /** Bytes from the queries of head 0 to those of another. */
      queriesBefore(head: number): number {
        const n = Math.floor(head / H);
        return row * T * n + bytes * d * (head - n * H);
      },
      /** Bytes from the outputs of head 0 to those of another. */
      outputsBefore(head: number): number {
        const n = Math.floor(head / H);
        return yRow * T * n + bytes * d * (head - n * H);
      },
      /** Scores of queries from `q` on with the first `keys` of the packed keys. */
      multiplyKeys: (to: number, q: number, queries: number, keys: number): void =>
        matmul(to, keyRow, 'overwrite', q, row, bytes, keyFactors, arrays.keyColumns, queries, d, keys),
    };
  }

  return {
    attentionForward(y, maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, causal, key0, key1, threshold, factor) {
      const { arrays, row, yRow, keyRow, keyFactors, isPacked, ...layer } = layerOf(T, H, d);
      const { scores, limits, keyColumns, valueRows } = arrays;
      const [yAt, maximaAt, sumsAt, qkvAt] = [y, maxima, sums, qkv].map(addressOf);
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const softmax = calls.softmaxOf(arrays, T, d);
      const fill = createArrayCall('fill', layout, tape, panels);
      const drop = threshold > 0 ? calls.dropoutOf(stepAndRow, T, H, key0, key1, threshold, factor) : null;
      calls.groups('limited', T);

      return () => {
        layer.writeConstants();
        for (let n = 0; n < B; n++) {
          const realLength = realLengthOf(lengths, n, T);
          fill(yAt + yRow * (n * T + realLength), 0, (T - realLength) * H * d);
        }
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const realLength = realLengthOf(lengths, Math.floor(first / H), T);
          const valueFactors = calls.rowFactors(isPacked, d, row, realLength);
          for (let t0 = 0; t0 < realLength; t0 += QUERIES) {
            const queries = Math.min(QUERIES, realLength - t0);
            const keys = causal ? t0 + queries : realLength;
            for (let k = 0; k < heads; k++) {
              const q = qkvAt + layer.queriesBefore(first + k);
              const headScores = scores + keyRow * queries * k;
              if (t0 === 0) calls.packColumns(keyColumns, keyFactors, q + yRow, row, realLength, d);
              layer.multiplyKeys(headScores, q + row * t0, queries, keys);
              if (causal) calls.limitScores(headScores + bytes * t0, limits, keyRow, queries);
            }
            const at = bytes * (first * T + t0);
            softmax(maximaAt + at, sumsAt + at, heads * queries, keys);
            drop?.(scores, scores, first, heads, t0, queries, keys);
            for (let k = 0; k < heads; k++) {
              const v = qkvAt + layer.queriesBefore(first + k) + 2 * yRow;
              if (t0 === 0 && isPacked) packAll(valueFactors.panel, valueRows, v, row, realLength, d);
              const [from, weights] = [isPacked ? valueRows : v, scores + keyRow * queries * k];
              const out = yAt + yRow * t0 + layer.outputsBefore(first + k);
              matmul(out, yRow, 'overwrite', weights, keyRow, bytes, valueFactors, from, queries, keys, d);
            }
          }
        }
        tape.run();
      };
    },

    attentionNext(y, qkv, rows, position, n, T, H, d) {
      const { arrays, row, yRow, keyRow, keyFactors, ...layer } = layerOf(T, H, d);
      const { scores, limits, keyColumns, valueRows, D, terms } = arrays;
      const [yAt, qkvAt, rowsAt] = [y, qkv, rows].map(addressOf);
      const isPacked = n > QUERIES; // values are then read more than once
      const groupHeads = Math.max(Math.floor(QUERIES / n), 1); // heads that are taken at a time
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const softmax = calls.softmaxOf(arrays, T, d);
      const copy = createArrayCall('copy', layout, tape, panels);
      calls.groups('limited', T);

      return () => {
        layer.writeConstants(n > 1); // one query alone reads all keys, and needs no limits
        const t0 = position[0];
        const realLength = t0 + n;
        copy(rowsAt, qkvAt + row * t0, n * 3 * H * d);
        const valueFactors = calls.rowFactors(isPacked, d, row, realLength);
        for (let first = 0; first < H; first += groupHeads) {
          const heads = Math.min(groupHeads, H - first);
          for (let t = t0; t < realLength; t += QUERIES) {
            const queries = Math.min(QUERIES, realLength - t);
            const keys = t + queries;
            for (let k = 0; k < heads; k++) {
              const q = qkvAt + bytes * d * (first + k);
              const headScores = scores + keyRow * queries * k;
              if (t === t0) calls.packColumns(keyColumns, keyFactors, q + yRow, row, realLength, d);
              layer.multiplyKeys(headScores, q + row * t, queries, keys);
              calls.limitScores(headScores + bytes * t, limits, keyRow, queries);
            }
            softmax(D, terms, heads * queries, keys); // its maxima and sums go to scratch: no backward pass reads them
            for (let k = 0; k < heads; k++) {
              const head = bytes * d * (first + k);
              const v = qkvAt + head + 2 * yRow;
              if (t === t0 && isPacked) packAll(valueFactors.panel, valueRows, v, row, realLength, d);
              const [from, weights] = [isPacked ? valueRows : v, scores + keyRow * queries * k];
              const out = yAt + yRow * (t - t0) + head;
              matmul(out, yRow, 'overwrite', weights, keyRow, bytes, valueFactors, from, queries, keys, d);
            }
          }
        }
        tape.run();
      };
    },

    attentionBackward(dqkv, dy, y, ...others) {
      const [maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, causal, key0, key1, threshold, factor] = others;
      const { arrays, row, yRow, keyRow, keyFactors, isPacked, ...layer } = layerOf(T, H, d);
      const { scores, slopes, limits, keyColumns, valueColumns, keyRows, queryRows, valueRows } = arrays;
      const { terms, D, lanes } = arrays;
      const scale = 1 / Math.sqrt(d);
      const [dqkvAt, dyAt, yAt, maximaAt, sumsAt, qkvAt] = [dqkv, dy, y, maxima, sums, qkv].map(addressOf);
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const { rowSums } = losses;
      const fill = createArrayCall('fill', layout, tape, panels);
      const drop = threshold > 0 ? calls.dropoutOf(stepAndRow, T, H, key0, key1, threshold, factor) : null;
      const dropped = drop === null ? scores : arrays.dropped;
      for (const name of backwardFormulas(drop !== null)) calls.groups(name, T);

      return () => {
        layer.writeConstants();
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const realLength = realLengthOf(lengths, Math.floor(first / H), T);
          const projections = calls.rowFactors(isPacked, d, row, realLength);
          const gradients = calls.rowFactors(isPacked, d, yRow, realLength);
          for (let t0 = 0; t0 < realLength; t0 += QUERIES) {
            const queries = Math.min(QUERIES, realLength - t0);
            const keys = causal ? t0 + queries : realLength;
            for (let k = 0; k < heads; k++) {
              const q = qkvAt + layer.queriesBefore(first + k);
              const out = layer.outputsBefore(first + k);
              const offset = keyRow * queries * k;
              if (t0 === 0) {
                calls.packColumns(keyColumns, keyFactors, q + yRow, row, realLength, d);
                calls.packColumns(valueColumns, keyFactors, q + 2 * yRow, row, realLength, d);
                sumTerms(D + bytes * realLength * k, out, realLength);
              }
              layer.multiplyKeys(scores + offset, q + row * t0, queries, keys);
              const dOut = dyAt + out + yRow * t0;
              const dP = slopes + offset; // dP = dOut · Vᵀ
              matmul(dP, keyRow, 'overwrite', dOut, yRow, bytes, keyFactors, valueColumns, queries, d, keys);
              if (causal) calls.limitScores(scores + offset + bytes * t0, limits, keyRow, queries);
            }
            const headRows = heads * queries;
            const at = bytes * (first * T + t0);
            if (drop === null) {
              computeWeightsAndSlopes(maximaAt + at, sumsAt + at, D + bytes * t0, headRows, keys);
            } else {
              computeWeights(maximaAt + at, sumsAt + at, headRows, keys);
              drop(dropped, scores, first, heads, t0, queries, keys);
              drop(slopes, slopes, first, heads, t0, queries, keys);
              computeSlopes(D + bytes * t0, headRows, keys);
            }
            // Keys below `oldKeys` have gradients from earlier queries, which are added to; others are overwritten.
            const oldKeys = causal ? t0 : t0 === 0 ? 0 : realLength;
            const newKeys = keys - oldKeys;
            for (let k = 0; k < heads; k++) {
              const head = layer.queriesBefore(first + k);
              const out = dyAt + layer.outputsBefore(first + k);
              if (t0 === 0 && isPacked) {
                packAll(projections.panel, keyRows, qkvAt + head + yRow, row, realLength, d);
                packAll(projections.panel, queryRows, qkvAt + head, row, realLength, d);
                packAll(gradients.panel, valueRows, out, yRow, realLength, d);
              }
              const fromKeys = isPacked ? keyRows : qkvAt + head + yRow;
              const fromQueries = (isPacked ? queryRows : qkvAt + head) + projections.step * t0;
              const fromGradients = (isPacked ? valueRows : out) + gradients.step * t0;
              const offset = keyRow * queries * k;
              const [dS, pf] = [slopes + offset, dropped + offset];
              const dq = dqkvAt + head;
              const [dk, dv] = [dq + yRow, dq + 2 * yRow];
              const [oldRow, oldColumn] = [row * oldKeys, bytes * oldKeys];
              // dq = dS · k, dk = dSᵀ · q and dv = pfᵀ · dy, where pf are the weights after dropout.
              matmul(dq + row * t0, row, 'overwrite', dS, keyRow, bytes, projections, fromKeys, queries, keys, d);
              sumQueries(dk, 'add', dS, projections, fromQueries, oldKeys, queries);
              sumQueries(dv, 'add', pf, gradients, fromGradients, oldKeys, queries);
              sumQueries(dk + oldRow, 'overwrite', dS + oldColumn, projections, fromQueries, newKeys, queries);
              sumQueries(dv + oldRow, 'overwrite', pf + oldColumn, gradients, fromGradients, newKeys, queries);
            }
          }
        }
        for (let n = 0; n < B; n++) {
          const realLength = realLengthOf(lengths, n, T);
          scaleRows(dqkvAt + row * T * n, realLength);
          fill(dqkvAt + row * (T * n + realLength), 0, (T - realLength) * 3 * H * d);
        }
        tape.run();
      };

      /** to[keys,d] = the transpose of `columns`[queries,keys] · from[queries,d]. Overwrites `to` or adds to it. */
      function sumQueries(
        to: number,
        mode: 'overwrite' | 'add',
        columns: number,
        factors: Factors,
        from: number,
        keys: number,
        queries: number,
      ): void {
        matmul(to, row, mode, columns, bytes, keyRow, factors, from, keys, queries, d);
      }

      // Below, g has the values of `groupArguments`: mask, groups, pairs, singles and rest of the columns.

      /** D of all queries of a head: D = Σ dy · y over the head's numbers. */
      function sumTerms(to: number, out: number, realLength: number): void {
        const g = calls.groups('terms', d);
        const { kernel } = formulas.terms;
        const operands = [dyAt + out, yAt + out, terms] as const;
        tape.write(tables.terms, kernel, ...operands, g[0], g[1], g[2], g[3], g[4], realLength, yRow, bytes * d);
        calls.reduceRows(rowSums, zeros, lanes, to, terms, bytes * d, realLength, d);
      }

      /** p, from scores and the addresses of the maxima m and the sums s of their softmax. */
      function computeWeights(m: number, s: number, rows: number, keys: number): void {
        const g = calls.groups('weights', keys);
        const { kernel } = formulas.weights;
        const operands = [scores, m, s, scores] as const;
        tape.write(tables.weights, kernel, ...operands, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dS = p · (dP - D), from p and dP; `rowD` is the address of D. */
      function computeSlopes(rowD: number, rows: number, keys: number): void {
        const g = calls.groups('slopes', keys);
        const { kernel } = formulas.slopes;
        const operands = [scores, slopes, rowD, slopes] as const;
        tape.write(tables.slopes, kernel, ...operands, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** p and dS at once, as the two above. */
      function computeWeightsAndSlopes(m: number, s: number, rowD: number, rows: number, keys: number): void {
        const g = calls.groups('weightsAndSlopes', keys);
        const { kernel } = formulas.weightsAndSlopes;
        const operands = [scores, slopes, m, s, rowD, scores, slopes] as const;
        tape.write(tables.weightsAndSlopes, kernel, ...operands, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dq and dk of a row, times 1/√d. */
      function scaleRows(at: number, realLength: number): void {
        const g = calls.groups('scaled', 2 * H * d);
        tape.write(tables.scaled, formulas.scaled.kernel, at, at, scale, g[0], g[1], g[2], g[3], g[4], realLength, row);
      }
    },
  };
}

/** How many heads are taken at once from `head` on: several if all have T queries, which one block holds. */
function headsAt(head: number, lengths: Float64Array, B: number, T: number, H: number): number {
  const isWhole = (head: number): boolean => lengths[Math.floor(head / H)] >= T;
  let heads = 1;
  if (T > QUERIES || !isWhole(head)) return heads;
  while (heads < HEADS && head + heads < B * H && isWhole(head + heads)) heads++;
  return heads;
}

/** Positions of row n before its padding. */
const realLengthOf = (lengths: Float64Array, n: number, T: number): number => Math.min(lengths[n], T);

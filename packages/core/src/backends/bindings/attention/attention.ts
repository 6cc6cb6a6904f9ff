import { addressOf } from '../../../program/address.ts';
import {
  type attentionBackward,
  type attentionForward,
  type attentionNext,
  keyHead,
} from '../../../program/reference/attention.ts';
import type { CodeLayout } from '../../code.ts';
import type { AttentionFormulaName } from '../../formulas/attention.ts';
import { createArrayCall } from '../array-calls.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import { createAttentionCalls, type Factors, attentionTables as tables } from './calls.ts';
import { arraysFrom, headsAt, QUERIES, realLengthOf, scoreRow } from './memory.ts';

/** For each pass of attention, makes a function from the reference's arguments. */
export interface Attention {
  attentionForward(...args: Parameters<typeof attentionForward>): () => void;
  attentionNext(...args: Parameters<typeof attentionNext>): () => void;
  attentionBackward(...args: Parameters<typeof attentionBackward>): () => void;
}

const backwardFormulas = (drops: boolean): readonly AttentionFormulaName[] => [
  ...(['limitedScores', 'terms', 'scaledRows'] as const),
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

  /** Sizes of T queries and S keys in bytes, their arrays in scratch, and what all passes do. Heads are of all rows. */
  function layerOf(T: number, S: number, H: number, K: number, d: number, qStep: number, kvStep: number) {
    const arrays = arraysFrom(addressOf(scratch), d, Math.max(T, S));
    const [qRow, kvRow, yRow] = [bytes * qStep, bytes * kvStep, bytes * H * d]; // of a position
    const toValue = bytes * K * d; // from a key to its value
    const keyRow = scoreRow(S, bytes);
    const keyFactors = calls.columnFactors(S, d);
    /** Row of a head of queries, and its place in the row. */
    const placeOf = (head: number): [n: number, h: number] => [Math.floor(head / H), head % H];
    /** Bytes from head 0 to another, in arrays of this many positions a row. */
    const headAt = (head: number, positions: number, row: number): number => {
      const [n, h] = placeOf(head);
      return row * positions * n + bytes * d * h;
    };
    return {
      arrays,
      qRow,
      kvRow,
      yRow,
      toValue,
      keyRow,
      keyFactors,
      isPacked: T > QUERIES, // with few queries, factors are read in place
      writeConstants: calls.constantsOf(arrays, S),
      /** Bytes to the queries of a head. */
      queriesOf: (head: number): number => headAt(head, T, qRow),
      /** Bytes to the keys that a head reads; the values come `toValue` after them. */
      keysOf(head: number): number {
        const [n, h] = placeOf(head);
        return kvRow * (S * n + 1) - 2 * toValue + bytes * d * keyHead(h, H, K);
      },
      /** Whether no head before reads the same keys. */
      isFirstOfKeys: (head: number): boolean => head % (H / K) === 0,
      /** Bytes to the outputs of a head. */
      outputsOf: (head: number): number => headAt(head, T, yRow),
      /** Scores of queries from `q` on with the first `keys` of the packed keys. */
      multiplyKeys: (to: number, q: number, queries: number, keys: number): void =>
        matmul(to, keyRow, 'overwrite', q, qRow, bytes, keyFactors, arrays.keyColumns, queries, d, keys),
    };
  }

  return {
    attentionForward(y, maxima, sums, q, kv, ...others) {
      const [queryLengths, keyLengths, stepAndRow, B, T, S, H, K, d, qStep, kvStep, causal, ...dropout] = others;
      const { arrays, isPacked, ...layer } = layerOf(T, S, H, K, d, qStep, kvStep);
      const { qRow, kvRow, yRow, toValue, keyRow, keyFactors } = layer;
      const { scores, limits, keyColumns, valueRows } = arrays;
      const [yAt, maximaAt, sumsAt, qAt, kvAt] = [y, maxima, sums, q, kv].map(addressOf);
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const softmax = calls.softmaxOf(arrays, S, d);
      const fill = createArrayCall('fill', layout, tape, panels);
      const drop = dropOf(stepAndRow, T, S, H, dropout);
      calls.groups('limitedScores', S);

      return () => {
        layer.writeConstants();
        for (let n = 0; n < B; n++) {
          const realQueries = realLengthOf(queryLengths, n, T);
          fill(yAt + yRow * (n * T + realQueries), 0, (T - realQueries) * H * d);
        }
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, queryLengths, keyLengths, B, T, S, H);
          const n = Math.floor(first / H);
          const [realQueries, realKeys] = [realLengthOf(queryLengths, n, T), realLengthOf(keyLengths, n, S)];
          const valueFactors = calls.rowFactors(isPacked, d, kvRow, realKeys);
          for (let t0 = 0; t0 < realQueries; t0 += QUERIES) {
            const queries = Math.min(QUERIES, realQueries - t0);
            const keys = causal ? Math.min(t0 + queries, realKeys) : realKeys;
            for (let k = 0; k < heads; k++) {
              const headKeys = kvAt + layer.keysOf(first + k);
              const headScores = scores + keyRow * queries * k;
              const isNew = t0 === 0 && layer.isFirstOfKeys(first + k);
              if (isNew) calls.packColumns(keyColumns, keyFactors, headKeys, kvRow, realKeys, d);
              layer.multiplyKeys(headScores, qAt + layer.queriesOf(first + k) + qRow * t0, queries, keys);
              if (causal) calls.limitScores(headScores + bytes * t0, limits, keyRow, queries, keys - t0);
            }
            const at = bytes * (first * T + t0);
            softmax(maximaAt + at, sumsAt + at, heads * queries, keys);
            drop?.(scores, scores, first, heads, t0, queries, keys);
            for (let k = 0; k < heads; k++) {
              const v = kvAt + layer.keysOf(first + k) + toValue;
              const isNew = t0 === 0 && layer.isFirstOfKeys(first + k);
              if (isNew && isPacked) packAll(valueFactors.panel, valueRows, v, kvRow, realKeys, d);
              const [from, weights] = [isPacked ? valueRows : v, scores + keyRow * queries * k];
              const out = yAt + yRow * t0 + layer.outputsOf(first + k);
              matmul(out, yRow, 'overwrite', weights, keyRow, bytes, valueFactors, from, queries, keys, d);
            }
          }
        }
        tape.run();
      };
    },

    attentionNext(y, qkv, rows, position, n, T, H, K, d, step) {
      const { arrays, qRow: row, yRow, toValue, keyRow, keyFactors, ...layer } = layerOf(T, T, H, K, d, step, step);
      const { scores, limits, keyColumns, valueRows, D, terms } = arrays;
      const [yAt, qkvAt, rowsAt] = [y, qkv, rows].map(addressOf);
      const isPacked = n > QUERIES; // values are then read more than once
      const groupHeads = Math.max(Math.floor(QUERIES / n), 1); // heads that are taken at a time
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const softmax = calls.softmaxOf(arrays, T, d);
      const copy = createArrayCall('copy', layout, tape, panels);
      calls.groups('limitedScores', T);

      return () => {
        layer.writeConstants(n > 1); // one query alone reads all keys, and needs no limits
        const t0 = position[0];
        const realLength = t0 + n;
        copy(rowsAt, qkvAt + row * t0, n * step);
        const valueFactors = calls.rowFactors(isPacked, d, row, realLength);
        for (let first = 0; first < H; first += groupHeads) {
          const heads = Math.min(groupHeads, H - first);
          for (let t = t0; t < realLength; t += QUERIES) {
            const queries = Math.min(QUERIES, realLength - t);
            const keys = t + queries;
            for (let k = 0; k < heads; k++) {
              const q = qkvAt + bytes * d * (first + k);
              const headScores = scores + keyRow * queries * k;
              const headKeys = qkvAt + layer.keysOf(first + k);
              const isNew = t === t0 && layer.isFirstOfKeys(first + k);
              if (isNew) calls.packColumns(keyColumns, keyFactors, headKeys, row, realLength, d);
              layer.multiplyKeys(headScores, q + row * t, queries, keys);
              calls.limitScores(headScores + bytes * t, limits, keyRow, queries, queries);
            }
            softmax(D, terms, heads * queries, keys); // its maxima and sums go to scratch: no backward pass reads them
            for (let k = 0; k < heads; k++) {
              const v = qkvAt + layer.keysOf(first + k) + toValue;
              const isNew = t === t0 && layer.isFirstOfKeys(first + k);
              if (isNew && isPacked) packAll(valueFactors.panel, valueRows, v, row, realLength, d);
              const [from, weights] = [isPacked ? valueRows : v, scores + keyRow * queries * k];
              const out = yAt + yRow * (t - t0) + layer.outputsOf(first + k);
              matmul(out, yRow, 'overwrite', weights, keyRow, bytes, valueFactors, from, queries, keys, d);
            }
          }
        }
        tape.run();
      };
    },

    attentionBackward(dq, dkv, dy, y, ...others) {
      const [maxima, sums, q, kv, queryLengths, keyLengths, stepAndRow, ...settings] = others;
      const [B, T, S, H, K, d, qStep, kvStep, causal, ...dropout] = settings;
      const { arrays, isPacked, ...layer } = layerOf(T, S, H, K, d, qStep, kvStep);
      const { qRow, kvRow, yRow, toValue, keyRow, keyFactors } = layer;
      const { scores, slopes, limits, keyColumns, valueColumns, keyRows, queryRows, valueRows } = arrays;
      const { terms, D, lanes } = arrays;
      const scale = 1 / Math.sqrt(d);
      const [dqAt, dkvAt, dyAt, yAt, maximaAt, sumsAt] = [dq, dkv, dy, y, maxima, sums].map(addressOf);
      const [qAt, kvAt] = [q, kv].map(addressOf);
      // Reading a kernel assembles it: all are read before a run, here and by `groups`.
      const { rowSums } = losses;
      const fill = createArrayCall('fill', layout, tape, panels);
      const drop = dropOf(stepAndRow, T, S, H, dropout);
      const dropoutScores = drop === null ? scores : arrays.dropped;
      for (const name of backwardFormulas(drop !== null)) calls.groups(name, S);

      return () => {
        layer.writeConstants();
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, queryLengths, keyLengths, B, T, S, H);
          const n = Math.floor(first / H);
          const [realQueries, realKeys] = [realLengthOf(queryLengths, n, T), realLengthOf(keyLengths, n, S)];
          const keyRowFactors = calls.rowFactors(isPacked, d, kvRow, realKeys);
          const queryFactors = calls.rowFactors(isPacked, d, qRow, realQueries);
          const gradients = calls.rowFactors(isPacked, d, yRow, realQueries);
          for (let t0 = 0; t0 < realQueries; t0 += QUERIES) {
            const queries = Math.min(QUERIES, realQueries - t0);
            const keys = causal ? Math.min(t0 + queries, realKeys) : realKeys;
            for (let k = 0; k < heads; k++) {
              const headKeys = kvAt + layer.keysOf(first + k);
              const out = layer.outputsOf(first + k);
              const offset = keyRow * queries * k;
              if (t0 === 0) sumTerms(D + bytes * realQueries * k, out, realQueries);
              if (t0 === 0 && layer.isFirstOfKeys(first + k)) {
                calls.packColumns(keyColumns, keyFactors, headKeys, kvRow, realKeys, d);
                calls.packColumns(valueColumns, keyFactors, headKeys + toValue, kvRow, realKeys, d);
              }
              layer.multiplyKeys(scores + offset, qAt + layer.queriesOf(first + k) + qRow * t0, queries, keys);
              const dOut = dyAt + out + yRow * t0;
              const dP = slopes + offset; // dP = dOut · Vᵀ
              matmul(dP, keyRow, 'overwrite', dOut, yRow, bytes, keyFactors, valueColumns, queries, d, keys);
              if (causal) calls.limitScores(scores + offset + bytes * t0, limits, keyRow, queries, keys - t0);
            }
            const headRows = heads * queries;
            const at = bytes * (first * T + t0);
            if (drop === null) {
              computeWeightsAndSlopes(maximaAt + at, sumsAt + at, D + bytes * t0, headRows, keys);
            } else {
              computeWeights(maximaAt + at, sumsAt + at, headRows, keys);
              drop(dropoutScores, scores, first, heads, t0, queries, keys);
              drop(slopes, slopes, first, heads, t0, queries, keys);
              computeSlopes(D + bytes * t0, headRows, keys);
            }
            // Keys below `oldKeys` have gradients from earlier queries, which are added to; others are overwritten.
            const earlierKeys = t0 === 0 ? 0 : causal ? Math.min(t0, realKeys) : realKeys;
            for (let k = 0; k < heads; k++) {
              const isFirstOfKeys = layer.isFirstOfKeys(first + k);
              const oldKeys = isFirstOfKeys ? earlierKeys : keys;
              const newKeys = keys - oldKeys;
              const [headQueries, headKeys] = [layer.queriesOf(first + k), layer.keysOf(first + k)];
              const out = dyAt + layer.outputsOf(first + k);
              if (t0 === 0 && isPacked) {
                if (isFirstOfKeys) packAll(keyRowFactors.panel, keyRows, kvAt + headKeys, kvRow, realKeys, d);
                packAll(queryFactors.panel, queryRows, qAt + headQueries, qRow, realQueries, d);
                packAll(gradients.panel, valueRows, out, yRow, realQueries, d);
              }
              const fromKeys = isPacked ? keyRows : kvAt + headKeys;
              const fromQueries = (isPacked ? queryRows : qAt + headQueries) + queryFactors.step * t0;
              const fromGradients = (isPacked ? valueRows : out) + gradients.step * t0;
              const offset = keyRow * queries * k;
              const [dS, pf] = [slopes + offset, dropoutScores + offset];
              const to = dqAt + headQueries + qRow * t0;
              const dk = dkvAt + headKeys;
              const dv = dk + toValue;
              const [oldRow, oldColumn] = [kvRow * oldKeys, bytes * oldKeys];
              // dq = dS · k, dk = dSᵀ · q and dv = pfᵀ · dy, where pf are the weights after dropout.
              matmul(to, qRow, 'overwrite', dS, keyRow, bytes, keyRowFactors, fromKeys, queries, keys, d);
              sumQueries(dk, 'add', dS, queryFactors, fromQueries, oldKeys, queries);
              sumQueries(dv, 'add', pf, gradients, fromGradients, oldKeys, queries);
              sumQueries(dk + oldRow, 'overwrite', dS + oldColumn, queryFactors, fromQueries, newKeys, queries);
              sumQueries(dv + oldRow, 'overwrite', pf + oldColumn, gradients, fromGradients, newKeys, queries);
            }
          }
        }
        for (let n = 0; n < B; n++) {
          const [realQueries, realKeys] = [realLengthOf(queryLengths, n, T), realLengthOf(keyLengths, n, S)];
          const readKeys = causal ? Math.min(realQueries, realKeys) : realKeys;
          const [queriesAt, keysAt] = [dqAt + qRow * T * n, dkvAt + kvRow * S * n];
          scaleRows(queriesAt, qRow, realQueries, H);
          scaleRows(keysAt + kvRow - 2 * toValue, kvRow, readKeys, K);
          fill(keysAt + kvRow * readKeys, 0, (S - readKeys) * kvStep);
          if (dkvAt !== dqAt) fill(queriesAt + qRow * realQueries, 0, (T - realQueries) * qStep);
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
        matmul(to, kvRow, mode, columns, bytes, keyRow, factors, from, keys, queries, d);
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

      /** dq or dk of some positions, times 1/√d. */
      function scaleRows(at: number, row: number, positions: number, heads: number): void {
        const g = calls.groups('scaledRows', heads * d);
        const { kernel } = formulas.scaledRows;
        tape.write(tables.scaledRows, kernel, at, at, scale, g[0], g[1], g[2], g[3], g[4], positions, row);
      }
    },
  };

  /** Multiplies weights by their dropout; null if there is none. */
  function dropOf(
    stepAndRow: Float64Array,
    T: number,
    S: number,
    H: number,
    [key0, key1, threshold, factor]: readonly [key0: number, key1: number, threshold: number, factor: number],
  ) {
    return threshold > 0 ? calls.dropoutOf(stepAndRow, T, S, H, key0, key1, threshold, factor) : null;
  }
}

import { addressOf } from '../../../program/address.ts';
import type { attentionBackward, attentionForward, attentionNext } from '../../../program/reference/attention.ts';
import type { CodeLayout } from '../../code.ts';
import type { AttentionFormulaName } from '../../formulas/attention.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import { createAttentionCalls, attentionTables as tables } from './calls.ts';
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
 * multiply-add: it equals `fusedAttention` bit for bit. Keys of a block that a query does not read have weights and
 * slopes of 0, which change no bit.
 */
export function createNativeAttention(
  layout: CodeLayout,
  panels: Panels,
  tape: CallTape,
  scratch: Float64Array, // [attentionScratch] of the largest
  dropoutScratch: Float64Array, // [DROPOUT_SCRATCH]
): Attention {
  const { attention: formulas, losses, elementwise } = layout;
  const { bytes, zeros, packAll } = panels;
  const calls = createAttentionCalls(layout, panels, tape, scratch, dropoutScratch);
  const free = addressOf(scratch);

  /** Sizes of a layer and its arrays in scratch, for both passes. */
  function layerOf(T: number, H: number, d: number) {
    const scratchArrays = arraysFrom(free, d, T);
    const C = H * d;
    const keyRow = scoreRow(T, bytes);
    return {
      scratchArrays,
      C,
      row: bytes * 3 * C,
      yRow: bytes * C,
      keyRow,
      columns: calls.columnFactors(T, d),
      scale: 1 / Math.sqrt(d),
      isPacked: T > QUERIES, // few rows are read where they lie
      constants: calls.constantsOf(scratchArrays, keyRow),
    };
  }

  return {
    attentionForward(y, maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, causal, key0, key1, threshold, factor) {
      const { scratchArrays, C, row, yRow, keyRow, columns: keys, isPacked, constants } = layerOf(T, H, d);
      const { scores, limits, keyColumns, valueRows } = scratchArrays;
      const [yAt, maximaAt, sumsAt, qkvAt] = [y, maxima, sums, qkv].map(addressOf);
      // Kernels are assembled as they are first read.
      const softmax = calls.softmaxOf(scratchArrays, T, d);
      const fill = elementwise.fill;
      const dropout = threshold > 0 ? layout.dropout : 0;
      calls.groups('limited', T);

      return () => {
        calls.writeConstants(constants);
        for (let n = 0; n < B; n++)
          calls.clear(fill, yAt + yRow * (n * T + realOf(lengths, n, T)), (T - realOf(lengths, n, T)) * C);
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const realLength = realOf(lengths, Math.floor(first / H), T);
          const values = calls.rowFactors(isPacked, d, row, realLength);
          for (let t0 = 0; t0 < realLength; t0 += QUERIES) {
            const rows = Math.min(QUERIES, realLength - t0);
            const read = causal ? t0 + rows : realLength;
            for (let k = 0; k < heads; k++) {
              const q = queryAt(first + k);
              const headScores = scores + keyRow * rows * k;
              if (t0 === 0) calls.packColumns(keyColumns, keys, q + yRow, row, realLength, d);
              calls.matmul(headScores, keyRow, true, q + row * t0, row, bytes, keys, keyColumns, rows, d, read);
              if (causal) calls.limit(headScores + bytes * t0, limits, keyRow, rows);
            }
            const headRows = heads * rows;
            const at = bytes * (first * T + t0);
            softmax(maximaAt + at, sumsAt + at, headRows, read);
            if (threshold > 0) {
              for (let r = 0; r < headRows; r++) {
                const head = first + Math.floor(r / rows);
                const n = Math.floor(head / H);
                const column = ((head - n * H) * T + t0 + (r % rows)) * T;
                const rowScores = scores + keyRow * r;
                calls.drop(dropout, rowScores, rowScores, column, read, n, stepAndRow, key0, key1, threshold, factor);
              }
            }
            for (let k = 0; k < heads; k++) {
              const v = queryAt(first + k) + 2 * yRow;
              if (t0 === 0 && isPacked) packAll(values.panel, valueRows, v, row, realLength, d);
              const from = isPacked ? valueRows : v;
              const out = yAt + yRow * t0 + outAt(first + k);
              calls.matmul(out, yRow, true, scores + keyRow * rows * k, keyRow, bytes, values, from, rows, read, d);
            }
          }
        }
        tape.run();
      };

      /** The queries of a head of all rows. */
      function queryAt(head: number): number {
        const n = Math.floor(head / H);
        return qkvAt + row * T * n + bytes * d * (head - n * H);
      }

      /** Bytes before the outputs of a head of all rows. */
      function outAt(head: number): number {
        const n = Math.floor(head / H);
        return yRow * T * n + bytes * d * (head - n * H);
      }
    },

    attentionNext(y, qkv, rows, at, n, T, H, d) {
      const { scratchArrays, C, row, yRow, keyRow, columns: keys, constants } = layerOf(T, H, d);
      const { scores, limits, keyColumns, valueRows, D, terms } = scratchArrays;
      const [yAt, qkvAt, rowsAt] = [y, qkv, rows].map(addressOf);
      const isPacked = n > QUERIES; // values are then read more than once
      const groupHeads = Math.max(Math.floor(QUERIES / n), 1); // heads that are taken at a time
      // Kernels are assembled as they are first read.
      const softmax = calls.softmaxOf(scratchArrays, T, d);
      const copy = elementwise.copy;
      calls.groups('limited', T);

      return () => {
        calls.writeConstants(constants, n > 1);
        const t0 = at[0];
        const realLength = t0 + n;
        calls.copy(copy, rowsAt, qkvAt + row * t0, n * 3 * C);
        const values = calls.rowFactors(isPacked, d, row, realLength);
        for (let first = 0; first < H; first += groupHeads) {
          const heads = Math.min(groupHeads, H - first);
          for (let t = t0; t < realLength; t += QUERIES) {
            const queries = Math.min(QUERIES, realLength - t);
            const read = t + queries;
            for (let k = 0; k < heads; k++) {
              const q = qkvAt + bytes * d * (first + k);
              const headScores = scores + keyRow * queries * k;
              if (t === t0) calls.packColumns(keyColumns, keys, q + yRow, row, realLength, d);
              calls.matmul(headScores, keyRow, true, q + row * t, row, bytes, keys, keyColumns, queries, d, read);
              calls.limit(headScores + bytes * t, limits, keyRow, queries);
            }
            softmax(D, terms, heads * queries, read); // scratch of the backward pass
            for (let k = 0; k < heads; k++) {
              const head = bytes * d * (first + k);
              const v = qkvAt + head + 2 * yRow;
              if (t === t0 && isPacked) packAll(values.panel, valueRows, v, row, realLength, d);
              const from = isPacked ? valueRows : v;
              const out = yAt + yRow * (t - t0) + head;
              calls.matmul(
                out,
                yRow,
                true,
                scores + keyRow * queries * k,
                keyRow,
                bytes,
                values,
                from,
                queries,
                read,
                d,
              );
            }
          }
        }
        tape.run();
      };
    },

    attentionBackward(dqkv, dy, y, ...others) {
      const [maxima, sums, qkv, lengths, stepAndRow, B, T, H, d, causal, key0, key1, threshold, factor] = others;
      const { scratchArrays, C, row, yRow, keyRow, columns, scale, isPacked, constants } = layerOf(T, H, d);
      const { scores, slopes, limits, keyColumns, valueColumns, keyRows, queryRows, valueRows } = scratchArrays;
      const { terms, D, lanes } = scratchArrays;
      const dropped = threshold > 0 ? scratchArrays.dropped : scores;
      const [dqkvAt, dyAt, yAt, maximaAt, sumsAt, qkvAt] = [dqkv, dy, y, maxima, sums, qkv].map(addressOf);
      // Kernels are assembled as they are first read.
      const { rowSums } = losses;
      const fill = elementwise.fill;
      const dropout = threshold > 0 ? layout.dropout : 0;
      for (const name of backwardFormulas(threshold > 0)) calls.groups(name, T);

      return () => {
        calls.writeConstants(constants);
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const realLength = realOf(lengths, Math.floor(first / H), T);
          const projections = calls.rowFactors(isPacked, d, row, realLength);
          const gradients = calls.rowFactors(isPacked, d, yRow, realLength);
          for (let t0 = 0; t0 < realLength; t0 += QUERIES) {
            const rows = Math.min(QUERIES, realLength - t0);
            const read = causal ? t0 + rows : realLength;
            for (let k = 0; k < heads; k++) {
              const n = Math.floor((first + k) / H);
              const h = first + k - n * H;
              const q = qkvAt + row * T * n + bytes * d * h;
              const out = yRow * T * n + bytes * d * h;
              const offset = keyRow * rows * k;
              if (t0 === 0) {
                calls.packColumns(keyColumns, columns, q + yRow, row, realLength, d);
                calls.packColumns(valueColumns, columns, q + 2 * yRow, row, realLength, d);
                sumTerms(D + bytes * realLength * k, out, realLength);
              }
              calls.matmul(scores + offset, keyRow, true, q + row * t0, row, bytes, columns, keyColumns, rows, d, read);
              const from = dyAt + out + yRow * t0;
              calls.matmul(slopes + offset, keyRow, true, from, yRow, bytes, columns, valueColumns, rows, d, read);
              if (causal) calls.limit(scores + offset + bytes * t0, limits, keyRow, rows);
            }
            const headRows = heads * rows;
            const at = bytes * (first * T + t0);
            if (threshold > 0) {
              weigh(maximaAt + at, sumsAt + at, headRows, read);
              for (let r = 0; r < headRows; r++) {
                const head = first + Math.floor(r / rows);
                const n = Math.floor(head / H);
                const column = ((head - n * H) * T + t0 + (r % rows)) * T;
                const offset = keyRow * r;
                calls.drop(
                  dropout,
                  dropped + offset,
                  scores + offset,
                  column,
                  read,
                  n,
                  stepAndRow,
                  key0,
                  key1,
                  threshold,
                  factor,
                );
                calls.drop(
                  dropout,
                  slopes + offset,
                  slopes + offset,
                  column,
                  read,
                  n,
                  stepAndRow,
                  key0,
                  key1,
                  threshold,
                  factor,
                );
              }
              slope(D + bytes * t0, headRows, read);
            } else {
              weighAndSlope(maximaAt + at, sumsAt + at, D + bytes * t0, headRows, read);
            }
            // Keys below `oldKeys` have gradients from earlier queries; those of causal queries' block have none yet.
            const oldKeys = causal ? t0 : t0 === 0 ? 0 : realLength;
            for (let k = 0; k < heads; k++) {
              const n = Math.floor((first + k) / H);
              const h = first + k - n * H;
              const head = row * T * n + bytes * d * h;
              const out = dyAt + yRow * T * n + bytes * d * h;
              if (t0 === 0 && isPacked) {
                packAll(projections.panel, keyRows, qkvAt + head + yRow, row, realLength, d);
                packAll(projections.panel, queryRows, qkvAt + head, row, realLength, d);
                packAll(gradients.panel, valueRows, out, yRow, realLength, d);
              }
              const fromKeys = isPacked ? keyRows : qkvAt + head + yRow;
              const fromQueries = (isPacked ? queryRows : qkvAt + head) + projections.step * t0;
              const fromGradients = (isPacked ? valueRows : out) + gradients.step * t0;
              const offset = keyRow * rows * k;
              const [dS, pf] = [slopes + offset, dropped + offset];
              const dq = dqkvAt + head;
              const [dk, dv] = [dq + yRow, dq + 2 * yRow];
              const [oldRow, oldColumn] = [row * oldKeys, bytes * oldKeys];
              calls.matmul(dq + row * t0, row, true, dS, keyRow, bytes, projections, fromKeys, rows, read, d);
              calls.matmul(dk, row, false, dS, bytes, keyRow, projections, fromQueries, oldKeys, rows, d);
              calls.matmul(dv, row, false, pf, bytes, keyRow, gradients, fromGradients, oldKeys, rows, d);
              const newKeys = read - oldKeys;
              calls.matmul(
                dk + oldRow,
                row,
                true,
                dS + oldColumn,
                bytes,
                keyRow,
                projections,
                fromQueries,
                newKeys,
                rows,
                d,
              );
              calls.matmul(
                dv + oldRow,
                row,
                true,
                pf + oldColumn,
                bytes,
                keyRow,
                gradients,
                fromGradients,
                newKeys,
                rows,
                d,
              );
            }
          }
        }
        for (let n = 0; n < B; n++) {
          const realLength = realOf(lengths, n, T);
          scaleRows(dqkvAt + row * T * n, realLength);
          calls.clear(fill, dqkvAt + row * (T * n + realLength), (T - realLength) * 3 * C);
        }
        tape.run();
      };

      /** D of all queries of a head. */
      function sumTerms(to: number, out: number, realLength: number): void {
        const g = calls.groups('terms', d);
        const { kernel } = formulas.terms;
        const arrays = [dyAt + out, yAt + out, terms] as const;
        tape.write(tables.terms, kernel, ...arrays, g[0], g[1], g[2], g[3], g[4], realLength, yRow, bytes * d);
        calls.join(rowSums, zeros, lanes, to, terms, bytes * d, realLength, d);
      }

      /** p, from scores. */
      function weigh(m: number, s: number, rows: number, keys: number): void {
        const g = calls.groups('weights', keys);
        const { kernel } = formulas.weights;
        const arrays = [scores, m, s, scores] as const;
        tape.write(tables.weights, kernel, ...arrays, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dS, from p and dP. */
      function slope(rowD: number, rows: number, keys: number): void {
        const g = calls.groups('slopes', keys);
        const { kernel } = formulas.slopes;
        const arrays = [scores, slopes, rowD, slopes] as const;
        tape.write(tables.slopes, kernel, ...arrays, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** p and dS at once. */
      function weighAndSlope(m: number, s: number, rowD: number, rows: number, keys: number): void {
        const g = calls.groups('weightsAndSlopes', keys);
        const { kernel } = formulas.weightsAndSlopes;
        const arrays = [scores, slopes, m, s, rowD, scores, slopes] as const;
        tape.write(tables.weightsAndSlopes, kernel, ...arrays, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dq and dk of a row, times 1/√d. */
      function scaleRows(at: number, realLength: number): void {
        const g = calls.groups('scaled', 2 * C);
        tape.write(tables.scaled, formulas.scaled.kernel, at, at, scale, g[0], g[1], g[2], g[3], g[4], realLength, row);
      }
    },
  };
}

/** Heads that are taken at once from the head `head` of all rows on: several if one block has all their queries. */
function headsAt(head: number, lengths: Float64Array, B: number, T: number, H: number): number {
  const isWhole = (head: number): boolean => lengths[Math.floor(head / H)] >= T;
  let heads = 1;
  if (T > QUERIES || !isWhole(head)) return heads;
  while (heads < HEADS && head + heads < B * H && isWhole(head + heads)) heads++;
  return heads;
}

/** Real positions of row n. */
const realOf = (lengths: Float64Array, n: number, T: number): number => Math.min(lengths[n], T);

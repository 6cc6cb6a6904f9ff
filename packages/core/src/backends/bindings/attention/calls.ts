import { elementView } from '../../../math/element-type.ts';
import { addressOf } from '../../../program/address.ts';
import type { CodeLayout } from '../../code.ts';
import { type AttentionFormulaName, attentionFormulas } from '../../formulas/attention.ts';
import type { ArgumentTable } from '../../isa/arguments.ts';
import { CHUNK, dropoutArguments, WORD } from '../../kernels/dropout.ts';
import { matrixArguments } from '../../kernels/matrix.ts';
import { LANES, rowLanesArguments } from '../../kernels/row-lanes.ts';
import type { CallTape } from '../call-tape.ts';
import type { PanelSize } from '../panels/panel-memory.ts';
import { MAX_BLOCK_ROWS, MAX_ROWS, PREFETCHED_ROWS } from '../panels/panel-memory.ts';
import type { Panels } from '../panels/panels.ts';
import { type AttentionArrays, QUERIES, scoreRow } from './memory.ts';

/** Rows of numbers as the factors of a product: packed in panels, or where they lie. */
export interface Factors {
  readonly panel: PanelSize;
  readonly step: number; // bytes of a row
  readonly next: number; // bytes to the next panel
}

export const attentionTables = Object.fromEntries(
  Object.entries(attentionFormulas).map(([name, formula]) => [name, matrixArguments(formula)]),
) as Readonly<Record<AttentionFormulaName, ArgumentTable>>;

/** Functions that write calls to the tape: sums of rows, products, limits of causal scores, softmax and dropout. */
export function createAttentionCalls(
  layout: CodeLayout,
  panels: Panels,
  tape: CallTape,
  scratch: Float64Array, // [attentionScratch] of the largest
  dropoutScratch: Float64Array, // [DROPOUT_SCRATCH]
) {
  const { width, type, attention: formulas } = layout;
  const { bytes, maskOf, zeros, panelFor, packTransposed, multiply } = panels;
  const free = addressOf(scratch);
  const groupsByColumns: (readonly number[])[][] = []; // [vectors][columns]

  /** The `groupArguments` of a formula: mask, groups, pairs, singles and rest. The first call assembles its kernel. */
  function groups(name: AttentionFormulaName, columns: number): readonly number[] {
    const { vectors } = formulas[name];
    groupsByColumns[vectors] ??= [];
    groupsByColumns[vectors][columns] ??= panels.groupsOf(columns, vectors);
    return groupsByColumns[vectors][columns];
  }

  /** results[r] = the sum, or the maximum, of `columns` numbers of row r. Overwrites up to three results more. */
  function reduceRows(
    kernel: number,
    start: number, // zeros, or -∞
    lanes: number,
    results: number,
    x: number,
    row: number,
    rows: number,
    columns: number,
  ): void {
    const rest = columns % LANES;
    const quads = (columns - rest) / LANES;
    const mask = maskOf(rest);
    const wholeRows = rows - (rows % LANES);
    const table = rowLanesArguments;
    const divisor = 1; // of sums: they are not divided
    if (wholeRows > 0) {
      const blocks = wholeRows / LANES;
      tape.write(table, kernel, results, x, start, lanes, mask, row, LANES * row, blocks, quads, rest, divisor);
    }
    if (wholeRows === rows) return;
    // The last four rows, some of them a second time. Of fewer than four rows, each takes the place of all four.
    const isFew = wholeRows === 0;
    const distance = isFew ? 0 : row;
    const blockStep = 0;
    const oneBlock = 1;
    for (let r = isFew ? 0 : rows - LANES; r < (isFew ? rows : rows - LANES + 1); r++) {
      const to = results + bytes * r;
      const from = x + row * r;
      tape.write(table, kernel, to, from, start, lanes, mask, distance, blockStep, oneBlock, quads, rest, divisor);
    }
  }

  /** c[M,N] = a[M,K] · K rows of factors, which overwrites `c` or is added to it. */
  function matmul(
    c: number,
    cRow: number,
    mode: 'overwrite' | 'add',
    a: number,
    aRow: number,
    aStep: number,
    { panel, step, next }: Factors,
    factors: number,
    M: number,
    K: number,
    N: number,
  ): void {
    if (M === 0) return;
    for (let k = 0; k < K; k += MAX_ROWS) {
      const terms = Math.min(K - k, MAX_ROWS);
      const isFirst = mode === 'overwrite' && k === 0;
      for (let j = 0, from = factors + k * step; j < N; j += panel.columns, from += next) {
        const to = c + bytes * j;
        const aBlock = a + k * aStep;
        const init = isFirst ? zeros : to;
        const columns = Math.min(N - j, panel.columns);
        const lead = PREFETCHED_ROWS * step;
        multiply(to, cRow, init, isFirst ? 0 : cRow, aBlock, aRow, aStep, from, step, lead, M, terms, columns, 'all');
      }
    }
  }

  /** Rows of d numbers as factors: packed, or `row` bytes apart. `length` is the number of rows. */
  function rowFactors(isPacked: boolean, d: number, row: number, length: number): Factors {
    const panel = panelFor(d);
    return isPacked ? { panel, step: panel.step, next: length * panel.step } : { panel, step: row, next: panel.step };
  }

  /** Rows of d numbers, S of them, as columns of factors. */
  function columnFactors(S: number, d: number): Factors {
    const panel = panelFor(S);
    return { panel, step: panel.step, next: (d + MAX_BLOCK_ROWS) * panel.step }; // packing overwrites whole blocks
  }

  /** Packs `realLength` rows of d numbers as columns of factors. */
  function packColumns(
    packed: number,
    { panel, step, next }: Factors,
    rows: number,
    row: number,
    realLength: number,
    d: number,
  ): void {
    for (let r = 0, to = packed; r < realLength; r += panel.columns, to += next) {
      packTransposed(to, step, rows + r * row, row, d, Math.min(realLength - r, panel.columns));
    }
  }

  /**
   * Scores of the keys at the positions of a block of queries, or of the first `keys` of them, become -∞ where a query
   * does not read them: after its own position.
   */
  function limitScores(scores: number, limits: number, row: number, rows: number, keys: number): void {
    if (rows < 2 || keys < 2) return;
    const g = groups('limitedScores', keys);
    const { kernel } = formulas.limitedScores;
    tape.write(attentionTables.limitedScores, kernel, scores, limits, scores, g[0], g[1], g[2], g[3], g[4], rows, row);
  }

  /** Softmax of each query's scores in scratch, of up to S keys; stores m and s. Overwrites the scores. */
  function softmaxOf(
    { scores, rowResults, lanes, maximaStart }: AttentionArrays,
    S: number,
    d: number,
  ): (m: number, s: number, rows: number, keys: number) => void {
    const row = scoreRow(S, bytes);
    const scale = 1 / Math.sqrt(d);
    // Reading a kernel assembles it: all are read before a run, here and by `groups`.
    const { rowSums, rowMaxima } = layout.losses;
    for (const name of ['maxima', 'exponentials', 'copies', 'probabilities'] as const) groups(name, S);
    const count = 1; // the results of all rows are one row of numbers
    const distance = 0;
    return (m, s, rows, keys) => {
      const { maxima, exponentials, copies, probabilities } = attentionTables;
      reduceRows(rowMaxima, maximaStart, lanes, rowResults, scores, row, rows, keys);
      const r = groups('maxima', rows);
      tape.write(maxima, formulas.maxima.kernel, rowResults, m, scale, r[0], r[1], r[2], r[3], r[4], count, distance);
      const e = groups('exponentials', keys);
      const { kernel } = formulas.exponentials;
      tape.write(exponentials, kernel, scores, m, scores, scale, e[0], e[1], e[2], e[3], e[4], rows, row);
      reduceRows(rowSums, zeros, lanes, rowResults, scores, row, rows, keys);
      const c = groups('copies', rows);
      tape.write(copies, formulas.copies.kernel, rowResults, s, c[0], c[1], c[2], c[3], c[4], count, distance);
      const g = groups('probabilities', keys);
      const normalize = formulas.probabilities.kernel;
      tape.write(probabilities, normalize, scores, rowResults, scores, g[0], g[1], g[2], g[3], g[4], rows, row);
    };
  }

  /**
   * The function that writes the constants in scratch: -∞, from which maxima start, and, if `areLimited`, the limits of
   * causal scores: ∞ up to the diagonal and -∞ after it. They are written at once, not by the tape.
   */
  function constantsOf({ limits, maximaStart }: AttentionArrays, S: number): (areLimited?: boolean) => void {
    const viewAt = (address: number, length: number) =>
      elementView(type, scratch.buffer, scratch.byteOffset + address - free, length);
    const row = scoreRow(S, bytes) / bytes;
    const [limitView, startView] = [viewAt(limits, QUERIES * row), viewAt(maximaStart, LANES * LANES)];
    return (areLimited = true) => {
      for (let r = 0; areLimited && r < QUERIES; r++) {
        for (let u = 0; u < QUERIES; u++) limitView[r * row + u] = u > r ? -Infinity : Infinity;
      }
      startView.fill(-Infinity);
    };
  }

  /**
   * The function that multiplies numbers of queries by the dropout of their weights: of `heads` heads from `head` on of
   * all rows, and of `queries` queries from `t` on. Overwrites `y`.
   */
  function dropoutOf(
    stepAndRow: Float64Array,
    T: number,
    S: number,
    H: number,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): (y: number, x: number, head: number, heads: number, t: number, queries: number, keys: number) => void {
    const { dropout } = layout;
    const row = scoreRow(S, bytes);
    const drawsAt = addressOf(dropoutScratch);
    const [word0, word1, thresholdWord] = [WORD + (key0 >>> 0), WORD + (key1 >>> 0), WORD + threshold];
    return (y, x, head, heads, t, queries, keys) => {
      for (let r = 0; r < heads * queries; r++) {
        const h = head + Math.floor(r / queries);
        const n = Math.floor(h / H);
        const first = ((h - n * H) * T + t + (r % queries)) * S; // column of key 0 in the row's dropout
        const offset = first % 4; // columns of the first block before those of the row, which may be overwritten
        const columns = offset + keys;
        const chunkRest = columns % CHUNK;
        const vectorRest = chunkRest % width;
        const at = row * r - bytes * offset;
        // In the order of `dropoutArguments`.
        tape.write(
          dropoutArguments,
          dropout,
          y + at,
          x + at,
          drawsAt,
          maskOf(vectorRest),
          1, // rows
          1, // positions
          (columns - chunkRest) / CHUNK,
          chunkRest,
          (chunkRest - vectorRest) / width,
          vectorRest,
          0, // distance of positions
          0, // distance of rows
          word0,
          word1,
          thresholdWord,
          WORD + Math.floor(first / 4),
          factor,
          stepAndRow[1] + n,
          stepAndRow[0],
        );
      }
    };
  }

  return {
    groups,
    reduceRows,
    matmul,
    rowFactors,
    columnFactors,
    packColumns,
    limitScores,
    softmaxOf,
    constantsOf,
    dropoutOf,
  };
}

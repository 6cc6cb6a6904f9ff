import { elementView } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { attentionBackward, attentionForward } from '../../program/reference/attention.ts';
import type { CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { type AttentionFormulaName, attentionFormulas } from './formulas/attention.ts';
import { elementwise as table } from './formulas/index.ts';
import type { ArgumentTable } from './isa/arguments.ts';
import { CHUNK, dropoutArguments, WORD } from './kernels/dropout.ts';
import { elementwiseArguments } from './kernels/elementwise.ts';
import { matrixArguments } from './kernels/matrix.ts';
import { LANES, rowLanesArguments } from './kernels/row-lanes.ts';
import { groupsOf } from './matrices/matrices.ts';
import type { PanelSize } from './panels/panel-memory.ts';
import { AHEAD, MAX_PANEL, MAX_ROWS, MOST_BLOCK } from './panels/panel-memory.ts';
import type { Panels } from './panels/panels.ts';

/**
 * Queries that are taken at a time. A causal one reads half of its block's last keys in vain, so larger blocks waste
 * more, and smaller ones need more calls.
 */
const QUERIES = 16;
/** Heads that are taken at a time, if one block has all of their queries. */
const HEADS = 8;

const LINE = 64;

/** Bytes of an array, and of the vector that a kernel may write beyond it. */
const roomOf = (numbers: number): number => (Math.floor((8 * numbers + LINE - 1) / LINE) + 1) * LINE;

/** Bytes of a row of T scores: whole lines, and one that stays free, so that rows share no set of a cache. */
const scoreRow = (T: number, bytes: number): number => (Math.floor((bytes * T + LINE - 1) / LINE) + 1) * LINE;

/** Bytes of packed panels of up to R rows by N columns. */
const panelBytes = (R: number, N: number): number => roomOf((R + MOST_BLOCK) * (N + MAX_PANEL / 8));

/** Bytes of each array in scratch, for heads of d numbers over T positions. */
function sizesOf(d: number, T: number) {
  const heads = T > QUERIES ? 1 : HEADS;
  const keys = panelBytes(d, T);
  const rows = panelBytes(T, d);
  const scores = heads * QUERIES * scoreRow(T, 8) + LINE;
  return {
    ...{ keyColumns: keys, valueColumns: keys, keyRows: rows, valueRows: rows, queryRows: rows },
    ...{ scores, slopes: scores, dropped: scores, limits: QUERIES * scoreRow(T, 8) },
    ...{ terms: roomOf(T * d), D: roomOf(heads * T + LANES), found: roomOf(heads * QUERIES + LANES) },
    ...{ lanes: roomOf(LANES * LANES), leastLanes: roomOf(LANES * LANES) },
  };
}

type Places = Readonly<Record<keyof ReturnType<typeof sizesOf>, number>>;

/** Doubles of scratch, for either type. */
export const attentionScratch = (d: number, T: number): number =>
  Object.values(sizesOf(d, T)).reduce((sum, size) => sum + size, 0) / 8;

/** Addresses of the arrays. Scores begin after a free line. */
function placesFrom(start: number, d: number, T: number): Places {
  let next = start;
  const places: [string, number][] = [];
  for (const [name, size] of Object.entries(sizesOf(d, T))) {
    places.push([name, ['scores', 'slopes', 'dropped'].includes(name) ? next + LINE : next]);
    next += size;
  }
  return Object.fromEntries(places) as unknown as Places;
}

/** For each pass of attention, makes a function from the reference's arguments. */
export interface Attention {
  attentionForward(...args: Parameters<typeof attentionForward>): () => void;
  attentionBackward(...args: Parameters<typeof attentionBackward>): () => void;
}

/** Rows of numbers as the factors of a product: packed in panels, or where they lie. */
interface Factors {
  readonly panel: PanelSize;
  readonly step: number; // bytes of a row
  readonly next: number; // bytes to the next panel
}

const fillArguments = elementwiseArguments(table.fill);
const tables = Object.fromEntries(
  Object.entries(attentionFormulas).map(([name, formula]) => [name, matrixArguments(formula)]),
) as Readonly<Record<AttentionFormulaName, ArgumentTable>>;

const forwardFormulas = ['limited', 'maxima', 'exponentials', 'copied', 'shares'] as const;
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
  const { width, type, attention: formulas, losses, elementwise } = layout;
  const { bytes, maskOf, zeros, panelFor, packAll, packTransposed, multiply } = panels;
  const free = addressOf(scratch);
  const divided: (readonly number[])[][] = [];

  /** Numbers of a call that divide the columns of a formula. */
  function groups(name: AttentionFormulaName, columns: number): readonly number[] {
    const { vectors } = formulas[name];
    divided[vectors] ??= [];
    divided[vectors][columns] ??= groupsOf(columns, vectors, width, maskOf);
    return divided[vectors][columns];
  }

  /** results[r] = the sum, or the greatest, of `columns` numbers of row r. Overwrites up to three results more. */
  function join(
    kernel: number,
    start: number, // zeros, or the least numbers
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
    const whole = rows - (rows % LANES);
    const table = rowLanesArguments;
    if (whole > 0) {
      const blocks = whole / LANES;
      tape.write(table, kernel, results, x, start, lanes, mask, row, LANES * row, blocks, quads, rest, 1);
    }
    if (whole === rows) return;
    // The last four rows, some of them a second time. Of fewer than four rows, each takes the place of all four.
    const isFew = whole === 0;
    for (let r = isFew ? 0 : rows - LANES; r < (isFew ? rows : rows - LANES + 1); r++) {
      const to = results + bytes * r;
      tape.write(table, kernel, to, x + row * r, start, lanes, mask, isFew ? 0 : row, 0, 1, quads, rest, 1);
    }
  }

  function clear(fill: number, at: number, n: number): void {
    if (n === 0) return;
    const rest = n % width;
    tape.write(fillArguments, fill, at, 0, maskOf(rest), 1, (n - rest) / width, bytes * rest);
  }

  /** c[M,N] = a[M,K] · K rows of factors; from 0 if `starts`, else added to `c`. */
  function times(
    c: number,
    cRow: number,
    starts: boolean,
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
      const isFirst = starts && k === 0;
      for (let j = 0, from = factors + k * step; j < N; j += panel.columns, from += next) {
        const to = c + bytes * j;
        const own = a + k * aStep;
        const init = isFirst ? zeros : to;
        const columns = Math.min(N - j, panel.columns);
        const ahead = AHEAD * step;
        multiply(to, cRow, init, isFirst ? 0 : cRow, own, aRow, aStep, from, step, ahead, M, terms, columns, false);
      }
    }
  }

  /** Rows of d numbers as factors: packed, or `row` bytes apart. */
  function rowFactors(isPacked: boolean, d: number, row: number, real: number): Factors {
    const panel = panelFor(d);
    return isPacked ? { panel, step: panel.step, next: real * panel.step } : { panel, step: row, next: panel.step };
  }

  /** Rows of d numbers, T of them, as columns of factors. */
  function columnFactors(T: number, d: number): Factors {
    const panel = panelFor(T);
    return { panel, step: panel.step, next: (d + MOST_BLOCK) * panel.step }; // packing overwrites whole blocks
  }

  function packColumns(
    packed: number,
    { panel, step, next }: Factors,
    rows: number,
    row: number,
    real: number,
    d: number,
  ): void {
    for (let r = 0, to = packed; r < real; r += panel.columns, to += next) {
      packTransposed(to, step, rows + r * row, row, d, Math.min(real - r, panel.columns));
    }
  }

  /** Scores of the last keys of a block become -∞ where a query does not read them: those after its own. */
  function limit(scores: number, limits: number, row: number, rows: number): void {
    if (rows < 2) return;
    const g = groups('limited', rows);
    const { place } = formulas.limited;
    tape.write(tables.limited, place, scores, limits, scores, g[0], g[1], g[2], g[3], g[4], rows, row);
  }

  /** Views of the limits, and of where maxima start. */
  function constantsOf({ limits, leastLanes }: Places, row: number) {
    const at = (place: number, length: number) =>
      elementView(type, scratch.buffer, scratch.byteOffset + place - free, length);
    return { limits: at(limits, (QUERIES * row) / bytes), leastLanes: at(leastLanes, LANES * LANES) };
  }

  /** Limits are ∞ up to the diagonal, and -∞ after it. They are written at once, not by the tape. */
  function writeConstants({ limits, leastLanes }: ReturnType<typeof constantsOf>): void {
    const row = limits.length / QUERIES;
    for (let r = 0; r < QUERIES; r++) {
      for (let u = 0; u < QUERIES; u++) limits[r * row + u] = u > r ? -Infinity : Infinity;
    }
    leastLanes.fill(-Infinity);
  }

  /** Multiplies `columns` numbers of a row by the dropout of columns `first` and after. Overwrites `y`. */
  function drop(
    dropout: number, // the kernel
    y: number,
    x: number,
    first: number,
    columns: number,
    n: number,
    place: Float64Array,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): void {
    const before = first % 4; // columns of the first block before those of the row, which may be overwritten
    const all = before + columns;
    const some = all % CHUNK;
    const rest = some % width;
    const shift = bytes * before;
    tape.write(
      dropoutArguments,
      dropout,
      y - shift,
      x - shift,
      addressOf(dropoutScratch),
      maskOf(rest),
      1,
      1,
      (all - some) / CHUNK,
      some,
      (some - rest) / width,
      rest,
      0,
      0,
      WORD + (key0 >>> 0),
      WORD + (key1 >>> 0),
      WORD + ((place[1] + n) >>> 0),
      WORD + (place[0] >>> 0),
      WORD + ((place[0] / 4294967296) >>> 0),
      WORD + threshold,
      factor,
      WORD + Math.floor(first / 4),
    );
  }

  /** Heads that are taken at once from the head `head` of all rows on: several if one block has all their queries. */
  function headsAt(head: number, lengths: Float64Array, B: number, T: number, H: number): number {
    const isWhole = (head: number): boolean => lengths[Math.floor(head / H)] >= T;
    let heads = 1;
    if (T > QUERIES || !isWhole(head)) return heads;
    while (heads < HEADS && head + heads < B * H && isWhole(head + heads)) heads++;
    return heads;
  }

  return {
    attentionForward(y, maxima, sums, qkv, lengths, place, B, T, H, d, causal, key0, key1, threshold, factor) {
      const places = placesFrom(free, d, T);
      const { scores, limits, keyColumns, valueRows, found, lanes, leastLanes } = places;
      const [yAt, maximaAt, sumsAt, qkvAt] = [y, maxima, sums, qkv].map(addressOf);
      const C = H * d;
      const [row, yRow, keyRow] = [bytes * 3 * C, bytes * C, scoreRow(T, bytes)];
      const keys = columnFactors(T, d);
      const scale = 1 / Math.sqrt(d);
      const isPacked = T > QUERIES; // few rows are read where they lie
      const constants = constantsOf(places, keyRow);
      // Kernels are assembled as they are first read.
      const { rowSums, rowMaxima } = losses;
      const { place: fill } = elementwise.fill;
      const dropout = threshold > 0 ? layout.dropout : 0;
      for (const name of forwardFormulas) groups(name, T);

      return () => {
        writeConstants(constants);
        for (let n = 0; n < B; n++)
          clear(fill, yAt + yRow * (n * T + realOf(lengths, n, T)), (T - realOf(lengths, n, T)) * C);
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const real = realOf(lengths, Math.floor(first / H), T);
          const values = rowFactors(isPacked, d, row, real);
          for (let t0 = 0; t0 < real; t0 += QUERIES) {
            const rows = Math.min(QUERIES, real - t0);
            const read = causal ? t0 + rows : real;
            for (let k = 0; k < heads; k++) {
              const q = queryAt(first + k);
              const own = scores + keyRow * rows * k;
              if (t0 === 0) packColumns(keyColumns, keys, q + yRow, row, real, d);
              times(own, keyRow, true, q + row * t0, row, bytes, keys, keyColumns, rows, d, read);
              if (causal) limit(own + bytes * t0, limits, keyRow, rows);
            }
            const all = heads * rows;
            const at = bytes * (first * T + t0);
            softmax(maximaAt + at, sumsAt + at, all, read);
            if (threshold > 0) {
              for (let r = 0; r < all; r++) {
                const head = first + Math.floor(r / rows);
                const n = Math.floor(head / H);
                const column = ((head - n * H) * T + t0 + (r % rows)) * T;
                const own = scores + keyRow * r;
                drop(dropout, own, own, column, read, n, place, key0, key1, threshold, factor);
              }
            }
            for (let k = 0; k < heads; k++) {
              const v = queryAt(first + k) + 2 * yRow;
              if (t0 === 0 && isPacked) packAll(values.panel, valueRows, v, row, real, d);
              const from = isPacked ? valueRows : v;
              const out = yAt + yRow * t0 + outAt(first + k);
              times(out, yRow, true, scores + keyRow * rows * k, keyRow, bytes, values, from, rows, read, d);
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

      /** Softmax of the scores of each query; notes m and s. Overwrites the scores. */
      function softmax(m: number, s: number, rows: number, columns: number): void {
        join(rowMaxima, leastLanes, lanes, found, scores, keyRow, rows, columns);
        const r = groups('maxima', rows);
        tape.write(tables.maxima, formulas.maxima.place, found, m, scale, r[0], r[1], r[2], r[3], r[4], 1, 0);
        const e = groups('exponentials', columns);
        const { place } = formulas.exponentials;
        tape.write(tables.exponentials, place, scores, m, scores, scale, e[0], e[1], e[2], e[3], e[4], rows, keyRow);
        join(rowSums, zeros, lanes, found, scores, keyRow, rows, columns);
        const c = groups('copied', rows);
        tape.write(tables.copied, formulas.copied.place, found, s, c[0], c[1], c[2], c[3], c[4], 1, 0);
        const g = groups('shares', columns);
        const { shares } = formulas;
        tape.write(tables.shares, shares.place, scores, found, scores, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }
    },

    attentionBackward(dqkv, dy, y, ...others) {
      const [maxima, sums, qkv, lengths, place, B, T, H, d, causal, key0, key1, threshold, factor] = others;
      const places = placesFrom(free, d, T);
      const { scores, slopes, limits, keyColumns, valueColumns, keyRows, queryRows, valueRows } = places;
      const { terms, D, lanes } = places;
      const dropped = threshold > 0 ? places.dropped : scores;
      const [dqkvAt, dyAt, yAt, maximaAt, sumsAt, qkvAt] = [dqkv, dy, y, maxima, sums, qkv].map(addressOf);
      const C = H * d;
      const [row, yRow, keyRow] = [bytes * 3 * C, bytes * C, scoreRow(T, bytes)];
      const columns = columnFactors(T, d);
      const scale = 1 / Math.sqrt(d);
      const isPacked = T > QUERIES; // few rows are read where they lie
      const constants = constantsOf(places, keyRow);
      // Kernels are assembled as they are first read.
      const { rowSums } = losses;
      const { place: fill } = elementwise.fill;
      const dropout = threshold > 0 ? layout.dropout : 0;
      for (const name of backwardFormulas(threshold > 0)) groups(name, T);

      return () => {
        writeConstants(constants);
        for (let first = 0, heads = 1; first < B * H; first += heads) {
          heads = headsAt(first, lengths, B, T, H);
          const real = realOf(lengths, Math.floor(first / H), T);
          const projections = rowFactors(isPacked, d, row, real);
          const gradients = rowFactors(isPacked, d, yRow, real);
          for (let t0 = 0; t0 < real; t0 += QUERIES) {
            const rows = Math.min(QUERIES, real - t0);
            const read = causal ? t0 + rows : real;
            for (let k = 0; k < heads; k++) {
              const n = Math.floor((first + k) / H);
              const h = first + k - n * H;
              const q = qkvAt + row * T * n + bytes * d * h;
              const out = yRow * T * n + bytes * d * h;
              const own = keyRow * rows * k;
              if (t0 === 0) {
                packColumns(keyColumns, columns, q + yRow, row, real, d);
                packColumns(valueColumns, columns, q + 2 * yRow, row, real, d);
                sumTerms(D + bytes * real * k, out, real);
              }
              times(scores + own, keyRow, true, q + row * t0, row, bytes, columns, keyColumns, rows, d, read);
              const from = dyAt + out + yRow * t0;
              times(slopes + own, keyRow, true, from, yRow, bytes, columns, valueColumns, rows, d, read);
              if (causal) limit(scores + own + bytes * t0, limits, keyRow, rows);
            }
            const all = heads * rows;
            const at = bytes * (first * T + t0);
            if (threshold > 0) {
              weigh(maximaAt + at, sumsAt + at, all, read);
              for (let r = 0; r < all; r++) {
                const head = first + Math.floor(r / rows);
                const n = Math.floor(head / H);
                const column = ((head - n * H) * T + t0 + (r % rows)) * T;
                const own = keyRow * r;
                drop(dropout, dropped + own, scores + own, column, read, n, place, key0, key1, threshold, factor);
                drop(dropout, slopes + own, slopes + own, column, read, n, place, key0, key1, threshold, factor);
              }
              slope(D + bytes * t0, all, read);
            } else {
              weighAndSlope(maximaAt + at, sumsAt + at, D + bytes * t0, all, read);
            }
            // Causal queries are the first of all that read the keys of their own block.
            const old = causal ? t0 : t0 === 0 ? 0 : real;
            for (let k = 0; k < heads; k++) {
              const n = Math.floor((first + k) / H);
              const h = first + k - n * H;
              const head = row * T * n + bytes * d * h;
              const out = dyAt + yRow * T * n + bytes * d * h;
              if (t0 === 0 && isPacked) {
                packAll(projections.panel, keyRows, qkvAt + head + yRow, row, real, d);
                packAll(projections.panel, queryRows, qkvAt + head, row, real, d);
                packAll(gradients.panel, valueRows, out, yRow, real, d);
              }
              const fromKeys = isPacked ? keyRows : qkvAt + head + yRow;
              const fromQueries = (isPacked ? queryRows : qkvAt + head) + projections.step * t0;
              const fromGradients = (isPacked ? valueRows : out) + gradients.step * t0;
              const own = keyRow * rows * k;
              const [dS, pf] = [slopes + own, dropped + own];
              const dq = dqkvAt + head;
              const [dk, dv] = [dq + yRow, dq + 2 * yRow];
              const [oldRow, oldColumn] = [row * old, bytes * old];
              times(dq + row * t0, row, true, dS, keyRow, bytes, projections, fromKeys, rows, read, d);
              times(dk, row, false, dS, bytes, keyRow, projections, fromQueries, old, rows, d);
              times(dv, row, false, pf, bytes, keyRow, gradients, fromGradients, old, rows, d);
              const news = read - old;
              times(dk + oldRow, row, true, dS + oldColumn, bytes, keyRow, projections, fromQueries, news, rows, d);
              times(dv + oldRow, row, true, pf + oldColumn, bytes, keyRow, gradients, fromGradients, news, rows, d);
            }
          }
        }
        for (let n = 0; n < B; n++) {
          const real = realOf(lengths, n, T);
          scaleRows(dqkvAt + row * T * n, real);
          clear(fill, dqkvAt + row * (T * n + real), (T - real) * 3 * C);
        }
        tape.run();
      };

      /** D of all queries of a head. */
      function sumTerms(to: number, out: number, real: number): void {
        const g = groups('terms', d);
        const { place } = formulas.terms;
        const arrays = [dyAt + out, yAt + out, terms] as const;
        tape.write(tables.terms, place, ...arrays, g[0], g[1], g[2], g[3], g[4], real, yRow, bytes * d);
        join(rowSums, zeros, lanes, to, terms, bytes * d, real, d);
      }

      /** p, from scores. */
      function weigh(m: number, s: number, rows: number, keys: number): void {
        const g = groups('weights', keys);
        const { place } = formulas.weights;
        const arrays = [scores, m, s, scores] as const;
        tape.write(tables.weights, place, ...arrays, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dS, from p and dP. */
      function slope(ownD: number, rows: number, keys: number): void {
        const g = groups('slopes', keys);
        const { place } = formulas.slopes;
        const arrays = [scores, slopes, ownD, slopes] as const;
        tape.write(tables.slopes, place, ...arrays, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** p and dS at once. */
      function weighAndSlope(m: number, s: number, ownD: number, rows: number, keys: number): void {
        const g = groups('weightsAndSlopes', keys);
        const { place } = formulas.weightsAndSlopes;
        const arrays = [scores, slopes, m, s, ownD, scores, slopes] as const;
        tape.write(tables.weightsAndSlopes, place, ...arrays, scale, g[0], g[1], g[2], g[3], g[4], rows, keyRow);
      }

      /** dq and dk of a row, times 1/√d. */
      function scaleRows(at: number, real: number): void {
        const g = groups('scaled', 2 * C);
        tape.write(tables.scaled, formulas.scaled.place, at, at, scale, g[0], g[1], g[2], g[3], g[4], real, row);
      }
    },
  };
}

const realOf = (lengths: Float64Array, n: number, T: number): number => Math.min(lengths[n], T);

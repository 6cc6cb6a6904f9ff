import type { Elements } from '../../../math/element-type.ts';
import { leafCount } from '../../../math/tree/index.ts';
import { addressOf } from '../../../program/address.ts';
import type { FixedCall, TakeDoubles } from '../../../program/kernels.ts';
import type { ops } from '../../../program/ops/index.ts';
import { PIECE } from '../../../program/reference/sum-rows.ts';
import type { CodeLayout } from '../../code.ts';
import { type ColumnTerms, columnTerms, type TermsName } from '../../formulas/norms.ts';
import { PIECE_WORDS } from '../../kernels/column-sums.ts';
import type { BindCall } from '../call-tape.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';
import { rowsAtOnce } from './matrices.ts';

/** Sums of terms over rows, in the order of `sumRows`. */
interface ColumnSums {
  readonly terms: TermsName;
  /** Inputs, rows and columns of the terms. */
  readonly arrays: readonly Elements[];
  /** One array for each term. */
  readonly results: readonly Elements[];
  /** Whether the only result of each term is added to its array. */
  readonly accumulate?: boolean;
  readonly levels: Elements;
  /** How many rows there are, and how many of them make one result. */
  readonly rows: readonly [all: number, each: number];
  readonly leafRows: number;
  readonly R: number; // positions of a row
  readonly size: number; // columns
  /** Divisor of the results. @default none */
  readonly divisor?: number;
}

/** Sums of each leaf of B rows. */
const sizesOfLeaves = (B: number, leafRows: number, R: number, size: number) =>
  ({ rows: [B, leafRows], leafRows, R, size }) as const;
/** One sum of all B rows, from the sums of their leaves. With leafRows and R of 1, each row is a leaf's sum itself. */
const sizesOfBatch = (B: number, leafRows: number, R: number, size: number) =>
  ({ rows: [B, B], leafRows, R, size }) as const;

/** Operations that sum rows, by name, from the arguments of plain code; null if there is no result. */
const operations = {
  leafSums: (sums, levels, a, ...sizes) => ({
    terms: 'plain',
    arrays: [a],
    results: [sums],
    levels,
    ...sizesOfLeaves(...sizes),
  }),
  leafSquares: (sums, levels, x, mean, ...sizes) => ({
    terms: 'squares',
    arrays: [x, mean],
    results: [sums],
    levels,
    ...sizesOfLeaves(...sizes),
  }),
  leafGradients: (dGammas, dBetas, levels, dy, x, mean, scales, ...sizes) => ({
    terms: 'byColumn',
    arrays: [dy, x, mean, scales],
    results: [dGammas, dBetas],
    levels,
    ...sizesOfLeaves(...sizes),
  }),
  leafMean: (mean, levels, sums, leaves, size, rows) => ({
    terms: 'plain',
    arrays: [sums],
    results: [mean],
    levels,
    ...sizesOfBatch(leaves, 1, 1, size),
    divisor: rows,
  }),
  leafTotal: (g, levels, sums, leaves, accumulate, size) => ({
    terms: 'plain',
    arrays: [sums],
    results: [g],
    accumulate,
    levels,
    ...sizesOfBatch(leaves, 1, 1, size),
  }),
  layerNormBackwardWeights: (dGamma, dBeta, levels, dy, x, means, scales, B, leafRows, accumulate, R, size) => ({
    terms: 'byRow',
    arrays: [dy, x, means, scales],
    results: [dGamma, dBeta],
    accumulate,
    levels,
    ...sizesOfBatch(B, leafRows, R, size),
  }),
  rmsNormBackwardWeights: (dGamma, levels, dy, x, scales, B, leafRows, accumulate, R, size) => ({
    terms: 'scaled',
    arrays: [dy, x, scales],
    results: [dGamma],
    accumulate,
    levels,
    ...sizesOfBatch(B, leafRows, R, size),
  }),
  positionSums: (db, levels, dy, B, leafRows, accumulate, R, O) => ({
    terms: 'plain',
    arrays: [dy],
    results: [db],
    accumulate,
    levels,
    ...sizesOfBatch(B, leafRows, R, O),
  }),
  globalAvgPoolForward: (y, levels, x, B, R, C) =>
    B === 0 ? null : { terms: 'plain', arrays: [x], results: [y], levels, ...sizesOfLeaves(B, 1, R, C), divisor: R },
} satisfies {
  [Name in keyof typeof ops]?: (...args: ArgumentsOf<(typeof ops)[Name]['reference']>) => ColumnSums | null;
};

type ArgumentsOf<F> = F extends (...args: infer Args) => unknown ? Args : never;

/** Names of the operations that sum rows. */
export const columnSums: readonly string[] = Object.keys(operations);

/** Maximum number of pieces of a call without a table of its own. */
const PIECES = 512;

/** Doubles of scratch for the pieces of calls without a table. */
export const PIECES_SCRATCH = (PIECES * PIECE_WORDS.count) / 2;

export function createColumnSums(
  { columnSums: kernels, matrices }: CodeLayout,
  run: (calls: readonly FixedCall[]) => () => void,
  takeTable: TakeDoubles,
  { groupsOf, bytes }: PanelMemory,
  scratch: Float64Array, // [PIECES_SCRATCH]
): BindCall {
  const tables = new Map<string, Table>(); // most calls have the table of an earlier one
  const sharedTable = new Int32Array(scratch.buffer, scratch.byteOffset, 2 * PIECES_SCRATCH);

  function tableOf({ rows, leafRows, R, accumulate = false, divisor }: ColumnSums): Table {
    const key = `${rows} ${leafRows} ${R} ${accumulate} ${divisor !== undefined}`;
    let table = tables.get(key);
    if (table === undefined) {
      const words = writePieces(rows, leafRows, R, !accumulate, divisor !== undefined);
      const memory = takeTable(words.length / 2);
      if (memory !== null) new Int32Array(memory.buffer, memory.byteOffset, words.length).set(words);
      table = { words, at: memory === null ? null : addressOf(memory) };
      tables.set(key, table);
    }
    return table;
  }

  return ({ op, args }) => {
    if (!Object.hasOwn(operations, op.name)) return null;
    // The cast is safe: `emit` has checked the types of the arguments.
    const toSums = operations[op.name as keyof typeof operations] as (...args: readonly unknown[]) => ColumnSums | null;
    const sums = toSums(...args);
    if (sums === null) return [];
    const { terms, arrays, results, accumulate = false, levels, size, divisor = 1 } = sums;
    const { kernel, vectors } = kernels[terms];
    const { words, at: tableAt } = tableOf(sums);
    const { inputs, columns = [] }: ColumnTerms = columnTerms[terms];
    const row = bytes * size;
    const groups = groupsOf(size, vectors);
    const maxRows = rowsAtOnce(groups, row);
    const maxWords = tableAt === null ? sharedTable.length : words.length;
    const addresses = [...arrays, ...results, levels].map(addressOf);
    /** The address of array k after n rows, `done` results and `depth` sums on the stack. */
    const addressAfter = (k: number, n: number, done: number, depth: number): number => {
      if (k < inputs.length) return addresses[k] + n * row;
      if (k === addresses.length - 1) return addresses[k] + depth * results.length * row;
      if (k >= arrays.length) return addresses[k] + done * row;
      return addresses[k] + (columns.length > 0 ? n * bytes : 0);
    };
    const calls: FixedCall[] = [];
    const pieces: Int32Array[] = []; // of each call
    let [n, done, depth] = [0, 0, 0]; // before the next call
    for (let at = 0; at < words.length; ) {
      const [first, start] = [at, addresses.map((_, k) => addressAfter(k, n, done, depth))];
      const hasRoom = (rows: number) => rows === 0 || (rows + words[at] <= maxRows && at - first < maxWords);
      for (let rows = 0; at < words.length && hasRoom(rows); at += PIECE_WORDS.count) {
        rows += words[at];
        n += words[at];
        done += words[at + PIECE_WORDS.isResult];
        depth += 1 - words[at + PIECE_WORDS.merges] - words[at + PIECE_WORDS.isResult];
      }
      const from = tableAt === null ? addressOf(scratch) : tableAt + 4 * first;
      calls.push([kernel, ...start, ...groups, from, (at - first) / PIECE_WORDS.count, row, divisor]);
      pieces.push(words.slice(first, at));
    }
    const additions = (accumulate ? results : []).map((result, t): FixedCall => {
      const to = addressOf(result);
      const groups = groupsOf(size, matrices.addRow.vectors);
      return [matrices.addRow.kernel, to, addressOf(levels) + t * row, to, ...groups, 1, row];
    });
    if (tableAt !== null) return [...calls, ...additions];
    const runs = calls.map((call) => run([call]));
    const runAdditions = run(additions);
    return () => {
      for (let k = 0; k < runs.length; k++) {
        sharedTable.set(pieces[k]);
        runs[k]();
      }
      runAdditions();
    };
  };
}

/** The pieces of a sum. */
interface Table {
  readonly words: Int32Array;
  readonly at: number | null; // address of a copy that calls can read; null: they read `sharedTable`
}

/** The pieces of a sum of all rows, or of sums of `each` rows, in the order of `sumRows`. A sum of no rows is 0. */
function writePieces(
  [all, each]: ColumnSums['rows'],
  leafRows: number,
  R: number,
  endsInResult: boolean,
  divides: boolean,
): Int32Array {
  const words: number[] = [];
  let first = 0;
  do {
    const B = Math.min(each, all - first);
    const units = R === 1 ? leafCount(B, leafRows) : Math.max(1, B);
    const pieces = R === 1 ? 1 : Math.floor((R + PIECE - 1) / PIECE);
    for (let k = 0; k < units; k++) {
      for (let p = 0; p < pieces; p++) {
        const isLast = p + 1 === pieces;
        const isEnd = isLast && k + 1 === units;
        words.push(
          R === 1 ? Math.min(leafRows, B - k * leafRows) : Math.min(PIECE, B === 0 ? 0 : R - p * PIECE),
          mergesOf(p, pieces) + (isLast ? mergesOf(k, units) : 0),
          endsInResult && isEnd ? 1 : 0,
          divides ? 1 : 0,
        );
      }
    }
    first += each;
  } while (first < all);
  return Int32Array.from(words);
}

/** The pieces of a mean of R positions of one row. */
export const piecesOfRow = (R: number): Int32Array =>
  writePieces([1, 1], 1, R, true /* endsInResult */, true /* divides */);

/** How many waiting sums are added to item k: those that complete a larger subtree with it; to the last item, all. */
function mergesOf(k: number, count: number): number {
  let merges = 0;
  for (let n = k + 1 === count ? k : k & ~(k + 1); n > 0; n >>= 1) merges += n & 1;
  return merges;
}

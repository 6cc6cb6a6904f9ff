import type { Elements } from '../../../math/element-type.ts';
import { leafCount } from '../../../math/tree/index.ts';
import { addressOf } from '../../../program/address.ts';
import type * as ops from '../../../program/reference/index.ts';
import { PIECE } from '../../../program/reference/index.ts';
import type { FixedCall, RecordCalls } from '../call-tape.ts';
import type { CodeLayout } from '../code.ts';
import { MIN_OPERATIONS } from '../elementwise.ts';
import { type ColumnTerms, columnTerms, type TermsName } from '../formulas/norms.ts';
import { PIECE_WORDS } from '../kernels/column-sums.ts';
import type { PanelMemory } from '../panels/panel-memory.ts';
import { type BindCall, groupsOf, rowsAtOnce } from './matrices.ts';

/** Sums of terms over rows, in the order of `sumRows`. */
interface ColumnSums {
  readonly terms: TermsName;
  /** Inputs, rows and columns of the terms. */
  readonly arrays: readonly Elements[];
  /** One array for each term. */
  readonly results: readonly Elements[];
  /** Whether the only result of each term is added to its array. */
  readonly joins?: boolean;
  readonly levels: Elements;
  /** Rows, and rows of a result. */
  readonly rows: readonly [all: number, each: number];
  readonly leaf: number;
  readonly R: number;
  readonly size: number;
  /** Divisor of the results. @default none */
  readonly divisor?: number;
}

/** Operations that sum rows, by name. Their arguments are those of plain code. */
const table = {
  leafSums: (sums, levels, a, B, leaf, R, size) => ({
    ...{ terms: 'plain', arrays: [a], results: [sums], levels, rows: [B, leaf], leaf, R, size },
  }),
  leafSquares: (sums, levels, x, mean, B, leaf, R, size) => ({
    ...{ terms: 'squares', arrays: [x, mean], results: [sums], levels, rows: [B, leaf], leaf, R, size },
  }),
  leafGradients: (dGammas, dBetas, levels, dy, x, mean, scales, B, leaf, R, size) => ({
    ...{ terms: 'byColumn', arrays: [dy, x, mean, scales], results: [dGammas, dBetas], levels, rows: [B, leaf] },
    ...{ leaf, R, size },
  }),
  leafMean: (mean, levels, sums, leaves, size, rows) => ({
    ...{ terms: 'plain', arrays: [sums], results: [mean], levels, rows: [leaves, leaves], leaf: 1, R: 1, size },
    divisor: rows,
  }),
  leafTotal: (g, levels, sums, leaves, joins, size) => ({
    ...{ terms: 'plain', arrays: [sums], results: [g], joins, levels, rows: [leaves, leaves], leaf: 1, R: 1, size },
  }),
  layerNormBackwardWeights: (dGamma, dBeta, levels, dy, x, means, scales, B, leaf, joins, R, size) => ({
    ...{ terms: 'byRow', arrays: [dy, x, means, scales], results: [dGamma, dBeta], joins, levels, rows: [B, B] },
    ...{ leaf, R, size },
  }),
  rmsNormBackwardWeights: (dGamma, levels, dy, x, scales, B, leaf, joins, R, size) => ({
    ...{ terms: 'scaled', arrays: [dy, x, scales], results: [dGamma], joins, levels, rows: [B, B], leaf, R, size },
  }),
  positionSums: (db, levels, dy, B, leaf, joins, R, O) => ({
    ...{ terms: 'plain', arrays: [dy], results: [db], joins, levels, rows: [B, B], leaf, R, size: O },
  }),
  globalAvgPoolForward: (y, levels, x, B, R, C) => ({
    ...{ terms: 'plain', arrays: [x], results: [y], levels, rows: [B, 1], leaf: 1, R, size: C, divisor: R },
  }),
} satisfies { [Name in keyof typeof ops]?: (...args: ArgumentsOf<(typeof ops)[Name]>) => ColumnSums };

type ArgumentsOf<F> = F extends (...args: infer Args) => unknown ? Args : never;

/** Names of the operations that sum rows. */
export const columnSums: readonly string[] = Object.keys(table);

export function createColumnSums(
  { columnSums: kernels, matrices, width }: CodeLayout,
  record: RecordCalls,
  { maskOf, bytes }: Pick<PanelMemory, 'maskOf' | 'bytes'>,
): BindCall {
  const known = new Map<string, Int32Array>(); // pieces of other calls, as most have those of another

  function piecesOf({ rows, leaf, R, joins = false, divisor }: ColumnSums): Int32Array {
    const key = `${rows} ${leaf} ${R} ${joins} ${divisor !== undefined}`;
    const words = known.get(key) ?? writePieces(rows, leaf, R, !joins, divisor !== undefined);
    known.set(key, words);
    return words;
  }

  return ({ op, args }) => {
    if (!Object.hasOwn(table, op.name)) return null;
    // The cast is safe: `emit` has checked the types of the arguments.
    const sums = (table[op.name as keyof typeof table] as (...args: readonly unknown[]) => ColumnSums)(...args);
    const { terms, arrays, results, joins = false, levels, rows, R, size, divisor = 1 } = sums;
    const { place, steps, vectors } = kernels[terms];
    if (rows[0] * R * size * steps < MIN_OPERATIONS) return null;
    const words = piecesOf(sums);
    const { inputs, columns = [] }: ColumnTerms = columnTerms[terms];
    const row = bytes * size;
    const groups = groupsOf(size, vectors, width, maskOf);
    const most = rowsAtOnce(groups, row);
    const addresses = [...arrays, ...results, levels].map(addressOf);
    /** The address of array k after `n` rows, results and levels. */
    const after = (k: number, n: number, ended: number, depth: number): number => {
      if (k < inputs.length) return addresses[k] + n * row;
      if (k === addresses.length - 1) return addresses[k] + depth * results.length * row;
      if (k >= arrays.length) return addresses[k] + ended * row;
      return addresses[k] + (columns.length > 0 ? n * bytes : 0);
    };
    const calls: FixedCall[] = [];
    let [n, ended, depth] = [0, 0, 0];
    for (let at = 0; at < words.length; ) {
      const [first, start] = [at, addresses.map((_, k) => after(k, n, ended, depth))];
      for (let taken = 0; at < words.length && (taken === 0 || taken + words[at] <= most); at += PIECE_WORDS.count) {
        taken += words[at];
        n += words[at];
        ended += words[at + PIECE_WORDS.ends];
        depth += 1 - words[at + PIECE_WORDS.joins] - words[at + PIECE_WORDS.ends];
      }
      calls.push([place, ...start, ...groups, 4 * first, (at - first) / PIECE_WORDS.count, row, divisor]);
    }
    for (const [t, result] of (joins ? results : []).entries()) {
      const to = addressOf(result);
      calls.push([
        matrices.addRow.place,
        to,
        addressOf(levels) + t * row,
        to,
        ...groupsOf(size, matrices.addRow.vectors, width, maskOf),
        1,
        row,
      ]);
    }
    return record(calls, new Uint8Array(words.buffer));
  };
}

/** The pieces of a sum of all rows, or of sums of `each` rows, in the order of `sumRows`. */
function writePieces(
  [all, each]: ColumnSums['rows'],
  leaf: number,
  R: number,
  ends: boolean,
  divides: boolean,
): Int32Array {
  const words: number[] = [];
  for (let first = 0; first < all; first += each) {
    const B = Math.min(each, all - first);
    const units = R === 1 ? leafCount(B, leaf) : B;
    const pieces = R === 1 ? 1 : Math.floor((R + PIECE - 1) / PIECE);
    for (let k = 0; k < units; k++) {
      for (let p = 0; p < pieces; p++) {
        const isLast = p + 1 === pieces;
        const isEnd = isLast && k + 1 === units;
        words.push(
          R === 1 ? Math.min(leaf, B - k * leaf) : Math.min(PIECE, R - p * PIECE),
          joinsOf(p, pieces) + (isLast ? joinsOf(k, units) : 0),
          ends && isEnd ? 1 : 0,
          divides ? 1 : 0,
        );
      }
    }
  }
  return Int32Array.from(words);
}

/** Sums that item k of the tree joins: those of complete neighbours, and the last item all that wait. */
function joinsOf(k: number, count: number): number {
  let joins = 0;
  for (let n = k + 1 === count ? k : k & ~(k + 1); n > 0; n >>= 1) joins += n & 1;
  return joins;
}

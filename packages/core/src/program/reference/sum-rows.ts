import type { Elements } from '../../math/element-type.ts';
import { joinLevels, leafCount, treeLevels } from '../../math/tree/index.ts';

/** Positions of a row that are added one after the other, at most. */
export const PIECE = 64;

/** Pieces of a row of R positions. */
const piecesOf = (R: number): number => Math.floor((R + PIECE - 1) / PIECE);

/** Rows of the stack that `sumRows` needs for B rows of R positions: R is the product of all axes but the last. */
export const sumLevels = (B: number, R: number): number => treeLevels(B) + (R === 1 ? 0 : treeLevels(piecesOf(R)));

/**
 * Sums B rows of R positions; the sum ends in row 0 of `levels`. With R = 1 the rows of a leaf are added one after the
 * other, and the leaves by the tree. With R > 1 the positions of a piece of a row, at most 64, are added one after the
 * other, the pieces of a row by the tree, and the rows by the tree, whatever the size of leaves.
 *
 * `add` writes the sum of `n` consecutive positions from position `first` on to row `level`, one after the other from
 * 0.
 */
export function sumRows(
  levels: Elements, // [sumLevels, width] scratch
  width: number,
  B: number,
  leafRows: number,
  R: number,
  add: (level: number, first: number, n: number) => void,
): void {
  const units = R === 1 ? leafCount(B, leafRows) : Math.max(1, B);
  const pieces = R === 1 ? 1 : piecesOf(R);
  for (let k = 0, level = 0; k < units; k++) {
    for (let p = 0, pieceLevel = level; p < pieces; p++) {
      if (R === 1) add(level, k * leafRows, Math.min(leafRows, B - k * leafRows));
      else add(pieceLevel, k * R + p * PIECE, B === 0 ? 0 : Math.min(PIECE, R - p * PIECE));
      pieceLevel = joinLevels(levels, width, pieceLevel, p, pieces, level);
    }
    level = joinLevels(levels, width, level, k, units);
  }
}

/** db[O] = the sum of dy over all positions, in the order of `sumRows`; added if `accumulate`. Overwrites `sums`. */
export function positionSums(
  db: Elements, // [O] out
  sums: Elements, // [sumLevels(B, R), O] scratch
  dy: Elements, // [B, R, O]
  B: number,
  leafRows: number,
  accumulate: boolean,
  R: number,
  O: number,
): void {
  sumRows(sums, O, B, leafRows, R, (level, first, positions) => {
    sums.fill(0, level * O, (level + 1) * O);
    for (let p = first; p < first + positions; p++) for (let o = 0; o < O; o++) sums[level * O + o] += dy[p * O + o];
  });
  for (let o = 0; o < O; o++) db[o] = (accumulate ? db[o] : 0) + sums[o];
}

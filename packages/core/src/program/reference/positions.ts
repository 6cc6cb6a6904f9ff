import type { Elements } from '../../math/element-type.ts';
import { joinLevels, treeLevels } from '../../math/tree/index.ts';
import { PIECE, pieceCount, pieceRows } from './convolution.ts';

/** y[n] += row. Overwrites `y`. */
export function addRow(
  y: Elements, // [B, size] in and out
  row: Elements, // [size]
  B: number,
  size: number,
): void {
  for (let n = 0; n < B; n++) for (let j = 0; j < size; j++) y[n * size + j] += row[j];
}

/**
 * db, as `convBackwardWeights` has it: pieces of an image of at most 64 positions from 0, the pieces of an image by the
 * tree, and the images of the batch by the tree. Overwrites `sums`, and `db`, or adds to it if `joins`.
 */
export function positionSums(
  db: Elements, // [O] out
  sums: Elements, // [treeLevels of the pieces + treeLevels(B), O] scratch
  dy: Elements, // [B, OH, OV, O]
  B: number,
  joins: boolean,
  OH: number,
  OV: number,
  O: number,
): void {
  const pieces = pieceCount(OH, OV);
  const perRow = Math.floor((OV + PIECE - 1) / PIECE);
  const images = treeLevels(pieces); // the first row of the stack of images
  sums.fill(0, images * O, (images + 1) * O);
  for (let n = 0, image = images; n < B; n++) {
    for (let k = 0, level = 0; k < pieces; k++) {
      // Whole output rows, or a part of one.
      const isPart = OV > PIECE;
      const from = isPart ? Math.floor(k / perRow) * OV + (k % perRow) * PIECE : k * pieceRows(OV) * OV;
      const end = isPart
        ? Math.min(from + PIECE, (Math.floor(k / perRow) + 1) * OV)
        : Math.min(OH * OV, from + pieceRows(OV) * OV);
      sums.fill(0, level * O, (level + 1) * O);
      for (let p = from; p < end; p++) {
        for (let o = 0; o < O; o++) sums[level * O + o] += dy[(n * OH * OV + p) * O + o];
      }
      level = joinLevels(sums, O, level, k, pieces);
    }
    sums.copyWithin(image * O, 0, O);
    image = joinLevels(sums, O, image, n, B, images);
  }
  for (let o = 0; o < O; o++) db[o] = (joins ? db[o] : 0) + sums[images * O + o];
}

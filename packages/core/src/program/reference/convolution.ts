import { createElements, type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { addTree } from '../../math/tree/index.ts';

// Convolutions over two axes, channels last; one axis is an image of height 1. Images are [H, V, C], outputs
// [OH, OV, O]. Output (oy, ox) reads the inputs (oy · strideY + ky · dilationY - top, ox · strideX + kx · dilationX -
// left); inputs outside of the image are 0 and left out, which changes no bit. Group g of the outputs reads group g of
// the channels.

/** Most positions that are added in one chain of dW. */
export const PIECE = 64;

/** Output rows of a piece of dW: as many as have at most 64 pixels, at least one. */
export const pieceRows = (OV: number): number => Math.max(1, Math.floor(PIECE / OV));

/** Pieces of an image: whole output rows, or parts of a row of at most 64 pixels. */
export const pieceCount = (OH: number, OV: number): number =>
  OV > PIECE ? OH * Math.floor((OV + PIECE - 1) / PIECE) : Math.floor((OH + pieceRows(OV) - 1) / pieceRows(OV));

/** y = x * W + b; each sum starts at b[o] and adds (ky, kx, channel) ascending. Overwrites `y`. */
export function convForward(
  y: Elements, // [B, OH, OV, O] out
  x: Elements, // [B, H, V, C]
  W: Elements, // [KY, KX, C / groups, O]
  b: Elements, // [O]
  B: number,
  H: number,
  V: number,
  C: number,
  OH: number,
  OV: number,
  O: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
  dilationY: number,
  dilationX: number,
  groups: number,
): void {
  const round = roundingOf(y);
  const [inGroup, outGroup] = [C / groups, O / groups];
  for (let p = 0; p < B * OH * OV; p++) {
    const n = Math.floor(p / (OH * OV));
    const [oy, ox] = [Math.floor(p / OV) % OH, p % OV];
    for (let o = 0; o < O; o++) {
      const from = Math.floor(o / outGroup) * inGroup;
      let sum = b[o];
      for (let ky = 0; ky < KY; ky++) {
        const iy = oy * strideY + ky * dilationY - top;
        if (iy < 0 || iy >= H) continue;
        for (let kx = 0; kx < KX; kx++) {
          const ix = ox * strideX + kx * dilationX - left;
          if (ix < 0 || ix >= V) continue;
          const at = ((n * H + iy) * V + ix) * C + from;
          const w = (ky * KX + kx) * inGroup * O + o;
          for (let c = 0; c < inGroup; c++) sum = round(sum + round(x[at + c] * W[w + c * O]));
        }
      }
      y[p * O + o] = sum + 0;
    }
  }
}

/** dx; each sum starts at 0 and adds the outputs that read the input, (oy, ox, o) ascending. Overwrites `dx`. */
export function convBackwardInput(
  dx: Elements, // [B, H, V, C] out
  dy: Elements, // [B, OH, OV, O]
  W: Elements, // [KY, KX, C / groups, O]
  B: number,
  H: number,
  V: number,
  C: number,
  OH: number,
  OV: number,
  O: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
  dilationY: number,
  dilationX: number,
  groups: number,
): void {
  const round = roundingOf(dx);
  const [inGroup, outGroup] = [C / groups, O / groups];
  for (let p = 0; p < B * H * V; p++) {
    const n = Math.floor(p / (H * V));
    const [iy, ix] = [Math.floor(p / V) % H, p % V];
    for (let c = 0; c < C; c++) {
      const first = Math.floor(c / inGroup) * outGroup;
      let sum = 0;
      for (let oy = 0; oy < OH; oy++) {
        const ky = (iy + top - oy * strideY) / dilationY;
        if (ky < 0 || ky >= KY || ky !== Math.floor(ky)) continue;
        for (let ox = 0; ox < OV; ox++) {
          const kx = (ix + left - ox * strideX) / dilationX;
          if (kx < 0 || kx >= KX || kx !== Math.floor(kx)) continue;
          const at = ((n * OH + oy) * OV + ox) * O;
          const w = ((ky * KX + kx) * inGroup + (c % inGroup)) * O;
          for (let o = first; o < first + outGroup; o++) sum = round(sum + round(dy[at + o] * W[w + o]));
        }
      }
      dx[p * C + c] = sum + 0;
    }
  }
}

/**
 * dW and db. Pieces of an image of at most 64 positions are summed from 0 in the order of the positions, the pieces of
 * an image by the tree, and the images of the batch by the tree. Overwrites `dW` and `db`, or adds to them if `joins`.
 */
export function convBackwardWeights(
  dW: Elements, // [KY, KX, C / groups, O] out
  db: Elements, // [O] out
  x: Elements, // [B, H, V, C]
  dy: Elements, // [B, OH, OV, O]
  B: number,
  joins: boolean,
  H: number,
  V: number,
  C: number,
  OH: number,
  OV: number,
  O: number,
  KY: number,
  KX: number,
  strideY: number,
  strideX: number,
  top: number,
  left: number,
  dilationY: number,
  dilationX: number,
  groups: number,
): void {
  const round = roundingOf(dW);
  const [inGroup, outGroup] = [C / groups, O / groups];
  const pieces = pieceCount(OH, OV);
  const perRow = Math.floor((OV + PIECE - 1) / PIECE);
  const sums = createElements(typeOf(dW), pieces);
  const images = createElements(typeOf(dW), B);
  /** The sum over the batch of what `term` adds to a sum at each position. */
  const total = (term: (sum: number, n: number, oy: number, ox: number) => number): number => {
    for (let n = 0; n < B; n++) {
      sums.fill(0);
      for (let oy = 0; oy < OH; oy++) {
        for (let ox = 0; ox < OV; ox++) {
          const piece = OV > PIECE ? oy * perRow + Math.floor(ox / PIECE) : Math.floor(oy / pieceRows(OV));
          sums[piece] = term(sums[piece], n, oy, ox);
        }
      }
      addTree(sums, pieces, 1);
      images[n] = sums[0];
    }
    addTree(images, B, 1);
    return B > 0 ? images[0] : 0;
  };
  for (let o = 0; o < O; o++) {
    const from = Math.floor(o / outGroup) * inGroup;
    for (let k = 0; k < KY * KX * inGroup; k++) {
      const [ky, kx, c] = [Math.floor(k / (KX * inGroup)), Math.floor(k / inGroup) % KX, k % inGroup];
      const sum = total((sum, n, oy, ox) => {
        const [iy, ix] = [oy * strideY + ky * dilationY - top, ox * strideX + kx * dilationX - left];
        if (iy < 0 || iy >= H || ix < 0 || ix >= V) return sum;
        return round(sum + round(x[((n * H + iy) * V + ix) * C + from + c] * dy[((n * OH + oy) * OV + ox) * O + o]));
      });
      dW[k * O + o] = round(joins ? dW[k * O + o] + sum : sum) + 0;
    }
    const sum = total((sum, n, oy, ox) => round(sum + dy[((n * OH + oy) * OV + ox) * O + o]));
    db[o] = round(joins ? db[o] + sum : sum) + 0;
  }
}

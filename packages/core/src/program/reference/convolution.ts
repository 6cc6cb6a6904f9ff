import { type Elements, roundingOf, typeOf } from '../../math/element-type.ts';
import { fmaOf, type MultiplyAdd } from '../../math/fma.ts';
import { joinLevels, treeLevels } from '../../math/tree/index.ts';
import { type ConvolutionGeometry, imageSizes, inputAt, isWinograd, outputAt } from '../../math/windows.ts';
import { reusedZeros } from './reused-zeros.ts';
import { PIECE } from './sum-rows.ts';
import { winograd } from './winograd.ts';

// Convolutions over two axes, channels last; one axis is an image of height 1. Images are [H, V, C], outputs
// [OH, OV, O]. Inputs outside of the image are 0 and left out, which changes no bit. `+ 0` turns -0 into +0.

/** Output rows of a piece of dW: as many as have at most 64 pixels, at least one. */
export const pieceRows = (OV: number): number => Math.max(1, Math.floor(PIECE / OV));

/** Pieces of an image: whole output rows, or parts of a row of at most 64 pixels. */
export const pieceCount = (OH: number, OV: number): number =>
  OV > PIECE ? OH * Math.floor((OV + PIECE - 1) / PIECE) : Math.floor((OH + pieceRows(OV) - 1) / pieceRows(OV));

/** The three products of a convolution, with x · y + sum as `multiplyAddOf` gives it for the type of an array. */
export function defineConvolutions(multiplyAddOf: (array: Elements) => MultiplyAdd) {
  /** y = x * W + b; sums start at b[o] and add (ky, kx, channel) ascending, unless by Winograd. Overwrites `y`. */
  function convForward(
    y: Elements, // [B, OH, OV, O] out
    x: Elements, // [B, H, V, C]
    W: Elements, // [KY, KX, C / groups, O]
    b: Elements, // [O]
    B: number,
    geometry: ConvolutionGeometry,
  ): void {
    const { height, width, C, O, groups } = geometry;
    const [H, V, OH, OV] = imageSizes(geometry);
    const multiplyAdd = multiplyAddOf(y);
    if (isWinograd(typeOf(y), geometry)) {
      winograd(y, x, W, b, B, geometry, false, multiplyAdd);
      return;
    }
    const [ins, outs] = [C / groups, O / groups];
    for (let p = 0; p < B * OH * OV; p++) {
      const n = Math.floor(p / (OH * OV));
      const oy = Math.floor(p / OV) % OH;
      const ox = p % OV;
      const yPixel = p * O;
      for (let o = 0; o < O; o++) y[yPixel + o] = b[o];
      for (let ky = 0; ky < height.kernel; ky++) {
        const iy = inputAt(height, oy, ky);
        if (iy < 0 || iy >= H) continue;
        for (let kx = 0; kx < width.kernel; kx++) {
          const ix = inputAt(width, ox, kx);
          if (ix < 0 || ix >= V) continue;
          const xPixel = ((n * H + iy) * V + ix) * C;
          for (let c = 0; c < C; c++) {
            const w = ((ky * width.kernel + kx) * ins + (c % ins)) * O;
            const first = Math.floor(c / ins) * outs;
            for (let o = first; o < first + outs; o++)
              y[yPixel + o] = multiplyAdd(x[xPixel + c], W[w + o], y[yPixel + o]);
          }
        }
      }
      for (let o = 0; o < O; o++) y[yPixel + o] += 0;
    }
  }

  /** dx; sums start at 0 and add the outputs that read the input, (oy, ox, o) ascending, or by Winograd. */
  function convBackwardInput(
    dx: Elements, // [B, H, V, C] out
    dy: Elements, // [B, OH, OV, O]
    W: Elements, // [KY, KX, C / groups, O]
    B: number,
    geometry: ConvolutionGeometry,
  ): void {
    const { height, width, C, O, groups } = geometry;
    const [H, V, OH, OV] = imageSizes(geometry);
    const multiplyAdd = multiplyAddOf(dx);
    if (isWinograd(typeOf(dx), geometry)) {
      winograd(dx, dy, W, null, B, geometry, true, multiplyAdd);
      return;
    }
    const [ins, outs] = [C / groups, O / groups];
    for (let p = 0; p < B * H * V; p++) {
      const n = Math.floor(p / (H * V));
      const iy = Math.floor(p / V) % H;
      const ix = p % V;
      const dxPixel = p * C;
      dx.fill(0, dxPixel, dxPixel + C);
      // A lower ky or kx is a higher output.
      for (let ky = height.kernel - 1; ky >= 0; ky--) {
        const oy = outputAt(height, iy, ky);
        if (oy < 0 || oy >= OH || oy !== Math.floor(oy)) continue;
        for (let kx = width.kernel - 1; kx >= 0; kx--) {
          const ox = outputAt(width, ix, kx);
          if (ox < 0 || ox >= OV || ox !== Math.floor(ox)) continue;
          const dyPixel = ((n * OH + oy) * OV + ox) * O;
          for (let c = 0; c < C; c++) {
            const w = ((ky * width.kernel + kx) * ins + (c % ins)) * O;
            const first = Math.floor(c / ins) * outs;
            let sum = dx[dxPixel + c];
            for (let o = first; o < first + outs; o++) sum = multiplyAdd(dy[dyPixel + o], W[w + o], sum);
            dx[dxPixel + c] = sum;
          }
        }
      }
      for (let c = 0; c < C; c++) dx[dxPixel + c] += 0;
    }
  }

  /**
   * dW and db. Pieces of an image of at most 64 positions are summed from 0 in the order of the positions, the pieces
   * of an image by the tree, and the images of the batch by the tree. Overwrites `dW` and `db`, or adds to them if
   * `accumulate`.
   */
  function convBackwardWeights(
    dW: Elements, // [KY, KX, C / groups, O] out
    db: Elements, // [O] out
    x: Elements, // [B, H, V, C]
    dy: Elements, // [B, OH, OV, O]
    B: number,
    accumulate: boolean,
    geometry: ConvolutionGeometry,
  ): void {
    const { height, width, C, O, groups } = geometry;
    const [H, V, OH, OV] = imageSizes(geometry);
    const multiplyAdd = multiplyAddOf(dW);
    const round = roundingOf(dW);
    const [ins, outs] = [C / groups, O / groups];
    const weights = height.kernel * width.kernel * ins * O;
    const sumLength = weights + O; // dW, then db
    const pieces = pieceCount(OH, OV);
    const perRow = Math.floor((OV + PIECE - 1) / PIECE);
    const sums = reusedZeros(typeOf(dW), (treeLevels(pieces) + treeLevels(B)) * sumLength);

    /** Adds the terms of an output's pixel to the row of `sums` at `row`. */
    function addPixel(row: number, n: number, oy: number, ox: number): void {
      const dyPixel = ((n * OH + oy) * OV + ox) * O;
      for (let ky = 0; ky < height.kernel; ky++) {
        const iy = inputAt(height, oy, ky);
        if (iy < 0 || iy >= H) continue;
        for (let kx = 0; kx < width.kernel; kx++) {
          const ix = inputAt(width, ox, kx);
          if (ix < 0 || ix >= V) continue;
          const xPixel = ((n * H + iy) * V + ix) * C;
          for (let c = 0; c < C; c++) {
            const w = row + ((ky * width.kernel + kx) * ins + (c % ins)) * O;
            const first = Math.floor(c / ins) * outs;
            for (let o = first; o < first + outs; o++) {
              sums[w + o] = multiplyAdd(x[xPixel + c], dy[dyPixel + o], sums[w + o]);
            }
          }
        }
      }
      for (let o = 0; o < O; o++) sums[row + weights + o] += dy[dyPixel + o];
    }

    for (let n = 0, level = 0; n < B; n++) {
      for (let piece = 0, pieceLevel = level; piece < pieces; piece++) {
        const row = pieceLevel * sumLength;
        sums.fill(0, row, row + sumLength);
        const first = OV > PIECE ? Math.floor(piece / perRow) : piece * pieceRows(OV);
        const from = OV > PIECE ? (piece % perRow) * PIECE : 0;
        for (let oy = first; oy < Math.min(first + pieceRows(OV), OH); oy++) {
          for (let ox = from; ox < Math.min(from + PIECE, OV); ox++) addPixel(row, n, oy, ox);
        }
        pieceLevel = joinLevels(sums, sumLength, pieceLevel, piece, pieces, level);
      }
      level = joinLevels(sums, sumLength, level, n, B);
    }
    for (let i = 0; i < weights; i++) dW[i] = round(accumulate ? dW[i] + sums[i] : sums[i]) + 0;
    for (let o = 0; o < O; o++) db[o] = round(accumulate ? db[o] + sums[weights + o] : sums[weights + o]) + 0;
  }

  return { convForward, convBackwardInput, convBackwardWeights };
}

/** Convolutions that add each term with one rounding. */
export const { convForward, convBackwardInput, convBackwardWeights } = defineConvolutions(fmaOf);

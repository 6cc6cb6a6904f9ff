import type { ConvolutionGeometry, WindowAxis } from '../../../../../packages/core/src/math/windows.ts';
import type { Definition } from './definition.ts';
import { chain, dot, tree, upTo, write } from './sums.ts';

/** Most positions of a piece of dW. */
const PIECE = 64;

/** Of each window along one axis the taps that lie inside of the image, with the input that each reads. */
const tapsOf = ({ inputs, outputs, kernel, stride, before, dilation }: WindowAxis) =>
  upTo(outputs).map((j) =>
    upTo(kernel)
      .map((tap) => ({ tap, at: j * stride + tap * dilation - before }))
      .filter(({ at }) => at >= 0 && at < inputs),
  );

/** Sizes and taps of both axes. */
const along = ({ height, width }: ConvolutionGeometry) => ({
  H: height.inputs,
  V: width.inputs,
  OH: height.outputs,
  OV: width.outputs,
  KY: height.kernel,
  KX: width.kernel,
  rows: tapsOf(height),
  columns: tapsOf(width),
});

export const convForward: Definition<'convForward'> = (A, y, x, W, b, B, geometry) => {
  const { C, O, groups } = geometry;
  const { H, V, OH, OV, KX, rows, columns } = along(geometry);
  const ins = C / groups;
  write(y, B * OH * OV * O, (i) => {
    const [n, oy, ox, o] = placeOf(i, [OH, OV, O]);
    const group = Math.floor(o / (O / groups));
    const factors = rows[oy].flatMap((ky) =>
      columns[ox].flatMap((kx) =>
        upTo(ins).map(
          (c) =>
            [
              x[indexOf([n, ky.at, kx.at, group * ins + c], [H, V, C])],
              W[indexOf([ky.tap, kx.tap, c, o], [KX, ins, O])],
            ] as const,
        ),
      ),
    );
    return A.add(dot(A, factors, b[o]), 0);
  });
};

export const convBackwardInput: Definition<'convBackwardInput'> = (A, dx, dy, W, B, geometry) => {
  const { C, O, groups } = geometry;
  const { H, V, OH, OV, KX, rows, columns } = along(geometry);
  const [ins, outs] = [C / groups, O / groups];
  write(dx, B * H * V * C, (i) => {
    const [n, iy, ix, c] = placeOf(i, [H, V, C]);
    const group = Math.floor(c / ins);
    const factors = upTo(OH).flatMap((oy) =>
      upTo(OV).flatMap((ox) => {
        const ky = rows[oy].find(({ at }) => at === iy);
        const kx = columns[ox].find(({ at }) => at === ix);
        if (ky === undefined || kx === undefined) return [];
        return upTo(outs).map((k) => {
          const o = group * outs + k;
          return [
            dy[indexOf([n, oy, ox, o], [OH, OV, O])],
            W[indexOf([ky.tap, kx.tap, c % ins, o], [KX, ins, O])],
          ] as const;
        });
      }),
    );
    return A.add(dot(A, factors), 0);
  });
};

export const convBackwardWeights: Definition<'convBackwardWeights'> = (A, dW, db, x, dy, B, accumulate, geometry) => {
  const { C, O, groups } = geometry;
  const { H, V, OH, OV, KY, KX, rows, columns } = along(geometry);
  const ins = C / groups;
  const pieces = piecesOf(OH, OV);
  const overBatch = (sumOf: (n: number, piece: Piece) => number): number => {
    const sums = upTo(B).map((n) =>
      tree(
        A,
        pieces.map((piece) => sumOf(n, piece)),
      ),
    );
    return B === 0 ? 0 : tree(A, sums);
  };
  const joined = (old: number, sum: number): number => A.add(accumulate ? A.add(old, sum) : sum, 0);
  write(dW, KY * KX * ins * O, (i) => {
    const [ky, kx, c, o] = placeOf(i, [KX, ins, O]);
    const from = Math.floor(o / (O / groups)) * ins + c;
    const sum = overBatch((n, piece) => {
      const factors = piece.flatMap(([oy, ox]) => {
        const row = rows[oy].find(({ tap }) => tap === ky);
        const column = columns[ox].find(({ tap }) => tap === kx);
        if (row === undefined || column === undefined) return [];
        return [
          [x[indexOf([n, row.at, column.at, from], [H, V, C])], dy[indexOf([n, oy, ox, o], [OH, OV, O])]] as const,
        ];
      });
      return dot(A, factors);
    });
    return joined(dW[i], sum);
  });
  write(db, O, (o) =>
    joined(
      db[o],
      overBatch((n, piece) =>
        chain(
          A,
          piece.map(([oy, ox]) => dy[indexOf([n, oy, ox, o], [OH, OV, O])]),
        ),
      ),
    ),
  );
};

type Piece = readonly (readonly [oy: number, ox: number])[];

/** The positions of an image in pieces: as many whole rows as have at most 64 pixels, or parts of one row. */
function piecesOf(OH: number, OV: number): readonly Piece[] {
  const pieces: [number, number][][] = [];
  let rows = 0; // whole rows in the last piece
  for (const oy of upTo(OH)) {
    const fits = pieces.length > 0 && rows > 0 && (rows + 1) * OV <= PIECE;
    if (!fits) pieces.push([]);
    rows = fits ? rows + 1 : 1;
    for (const ox of upTo(OV)) {
      if (ox > 0 && ox % PIECE === 0) pieces.push([]);
      pieces[pieces.length - 1].push([oy, ox]);
    }
  }
  return pieces;
}

/** The place of number i of an array of four axes, of which the last three have these sizes. */
function placeOf(i: number, [b, c, d]: readonly [number, number, number]): readonly [number, number, number, number] {
  return [Math.floor(i / (b * c * d)), Math.floor(i / (c * d)) % b, Math.floor(i / d) % c, i % d];
}

const indexOf = (
  [n, i, j, k]: readonly [number, number, number, number],
  [b, c, d]: readonly [number, number, number],
): number => ((n * b + i) * c + j) * d + k;

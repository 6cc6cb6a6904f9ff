import { typeOf } from '../../../../../packages/core/src/math/element-type.ts';
import type { ConvolutionGeometry, WindowAxis } from '../../../../../packages/core/src/math/windows.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
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
  if (typeOf(y) === 'float32' && isTiled(geometry)) {
    const { height, width } = geometry;
    const outputs = tiledOutputs(A, C, [height.before, width.before], {
      input: (n, iy, ix, c) => x[indexOf([n, iy, ix, c], [H, V, C])],
      isInside: (iy, ix) => iy >= 0 && iy < H && ix >= 0 && ix < V,
      weight: (ky, kx, c, o) => W[indexOf([ky, kx, c, o], [3, C, O])],
    });
    write(y, B * OH * OV * O, (i) => {
      const [n, oy, ox, o] = placeOf(i, [OH, OV, O]);
      return A.add(outputs(n, oy, ox, o), b[o]);
    });
    return;
  }
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
  if (typeOf(dx) === 'float32' && isTiled(geometry)) {
    const { height, width } = geometry;
    const outputs = tiledOutputs(A, O, [2 - height.before, 2 - width.before], {
      input: (n, oy, ox, o) => dy[indexOf([n, oy, ox, o], [OH, OV, O])],
      isInside: (oy, ox) => oy >= 0 && oy < OH && ox >= 0 && ox < OV,
      weight: (ky, kx, o, c) => W[indexOf([2 - ky, 2 - kx, c, o], [3, C, O])],
    });
    write(dx, B * H * V * C, (i) => outputs(...placeOf(i, [H, V, C])));
    return;
  }
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

/** Whether floats are computed by Winograd's tiles. */
const isTiled = ({ height, width, C, O, groups }: ConvolutionGeometry): boolean =>
  groups === 1 &&
  Math.min(C, O) >= 16 &&
  [height, width].every((axis) => axis.kernel === 3 && axis.stride * axis.dilation === 1 && axis.outputs >= 4);

/** The numbers that tiles read: those of images, with 0 outside, and the weights. */
interface TileSource {
  input(n: number, y: number, x: number, channel: number): number;
  isInside(y: number, x: number): boolean;
  weight(ky: number, kx: number, from: number, to: number): number;
}

/** The outputs of Winograd's tiles without a bias, for `C` channels that are read. */
function tiledOutputs(A: Arithmetic, C: number, [top, left]: readonly number[], source: TileSource) {
  const inputLine = ([a, b, c, d]: readonly number[]) => [A.sub(a, c), A.add(b, c), A.sub(c, b), A.sub(b, d)];
  const weightLine = ([a, b, c]: readonly number[]) => {
    const ends = A.add(a, c);
    return [a, A.mul(A.add(ends, b), 0.5), A.mul(A.sub(ends, b), 0.5), c];
  };
  const outputLine = ([a, b, c, d]: readonly number[]) => [A.add(A.add(a, b), c), A.sub(A.sub(b, c), d)];
  const transposed = (rows: readonly (readonly number[])[]) => rows[0].map((_, j) => rows.map((row) => row[j]));
  /** Columns first, then rows. */
  const both = (rows: readonly (readonly number[])[], line: (numbers: readonly number[]) => number[]) =>
    transposed(transposed(rows).map(line)).map(line);
  const weights = cached((c, o) =>
    both(
      upTo(3).map((ky) => upTo(3).map((kx) => source.weight(ky, kx, c, o))),
      weightLine,
    ),
  );
  const inputs = cached((n, ty, tx, c) =>
    both(
      upTo(4).map((i) =>
        upTo(4).map((j) => {
          const [y, x] = [2 * ty + i - top, 2 * tx + j - left];
          return source.isInside(y, x) ? source.input(n, y, x, c) : 0;
        }),
      ),
      inputLine,
    ),
  );
  const outputs = cached((n, ty, tx, o) =>
    both(
      upTo(4).map((i) =>
        upTo(4).map((j) => {
          const factors = upTo(C).map((c) => [inputs(n, ty, tx, c)[i][j], weights(c, o)[i][j]] as const);
          return A.add(dot(A, factors), 0);
        }),
      ),
      outputLine,
    ),
  );
  return (n: number, y: number, x: number, o: number): number =>
    outputs(n, Math.floor(y / 2), Math.floor(x / 2), o)[y % 2][x % 2];
}

/** Remembers what `compute` returns. */
function cached<T>(compute: (...indices: number[]) => T): (...indices: number[]) => T {
  const results = new Map<string, T>();
  return (...indices) => {
    const key = indices.join();
    const result = results.get(key) ?? compute(...indices);
    results.set(key, result);
    return result;
  };
}

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

import { arithmetics } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { dot, lanes, leavesOf, overLeaves, tree, upTo, write } from './sums.ts';

export const affine: Definition<'affine'> = (A, y, x, W, b, B, I, O, row) =>
  write(y, B * O, (at) => {
    const [n, o] = [Math.floor(at / O), at % O];
    const factors = upTo(I).map((i) => [x[n * I + i], W[i * row + o]] as const);
    return A.add(dot(A, factors, b[o]), 0);
  });

export const affineBackwardInput: Definition<'affineBackwardInput'> = (A, dx, dy, W, B, I, O) =>
  write(dx, B * I, (at) => {
    const [n, i] = [Math.floor(at / I), at % I];
    const factors = upTo(O).map((o) => [dy[n * O + o], W[i * O + o]] as const);
    return A.add(dot(A, factors), 0);
  });

export const affineBackwardWeights: Definition<'affineBackwardWeights'> = (
  ...[A, dW, db, x, dy, B, leafRows, accumulate, I, O]
) => {
  const joined = (old: number, sum: number): number => A.add(accumulate ? A.add(old, sum) : sum, 0);
  write(dW, I * O, (at) => {
    const [i, o] = [Math.floor(at / O), at % O];
    const factorsOf = (n: number) => [x[n * I + i], dy[n * O + o]] as const;
    const sums = leavesOf(B, leafRows).map((rows) => dot(A, rows.map(factorsOf)));
    return joined(dW[at], tree(A, sums));
  });
  write(db, O, (o) =>
    joined(
      db[o],
      overLeaves(A, B, leafRows, (n) => dy[n * O + o]),
    ),
  );
};

export const averageRows: Definition<'averageRows'> = (A, square, g, first, S, row, n, share) => {
  const means = upTo(n).map((i) =>
    A.mul(
      tree(
        A,
        upTo(S).map((s) => first[s * row + i]),
      ),
      A.of(share[0]),
    ),
  );
  write(g, n, (i) => means[i]);
  square[0] = lanes(
    arithmetics.float64,
    means.map((mean) => mean * mean),
  );
};

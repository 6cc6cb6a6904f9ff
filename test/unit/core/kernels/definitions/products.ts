import { arithmetics } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { chain, lanes, overLeaves, tree, upTo, write } from './sums.ts';

export const affine: Definition<'affine'> = (A, y, x, W, b, B, I, O) =>
  write(y, B * O, (at) => {
    const [n, o] = [Math.floor(at / O), at % O];
    const terms = upTo(I).map((i) => A.mul(x[n * I + i], W[i * O + o]));
    return A.add(chain(A, terms, b[o]), 0);
  });

export const affineBackwardInput: Definition<'affineBackwardInput'> = (A, dx, dy, W, B, I, O) =>
  write(dx, B * I, (at) => {
    const [n, i] = [Math.floor(at / I), at % I];
    return chain(
      A,
      upTo(O).map((o) => A.mul(dy[n * O + o], W[i * O + o])),
    );
  });

export const affineBackwardWeights: Definition<'affineBackwardWeights'> = (
  ...[A, dW, db, x, dy, B, leaf, joins, I, O]
) => {
  const joined = (old: number, sum: number): number => A.add(joins ? A.add(old, sum) : sum, 0);
  write(dW, I * O, (at) => {
    const [i, o] = [Math.floor(at / O), at % O];
    return joined(
      dW[at],
      overLeaves(A, B, leaf, (n) => A.mul(x[n * I + i], dy[n * O + o])),
    );
  });
  write(db, O, (o) =>
    joined(
      db[o],
      overLeaves(A, B, leaf, (n) => dy[n * O + o]),
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

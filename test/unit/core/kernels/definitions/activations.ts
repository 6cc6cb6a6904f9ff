import type { ActivationName } from '../../../../../packages/core/src/families/activations/index.ts';
import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import { write } from './sums.ts';

/** f(z), and f′ by z or by a = f(z). */
interface Pair {
  f(A: Arithmetic, z: number, alpha: number): number;
  slope(A: Arithmetic, za: number, alpha: number): number;
}

const INV_SQRT_2PI = 0.3989422804014327;

/** 1 + erf(z · √½). */
const twicePhi = (A: Arithmetic, z: number): number => A.add(1, A.erf(A.mul(z, A.of(Math.SQRT1_2))));

/** k + c · min(z², 10⁴). */
const cubic = (A: Arithmetic, z: number, c: number): number => {
  const square = A.mul(z, z);
  return A.add(A.of(2 * Math.sqrt(2 / Math.PI)), A.mul(A.of(c), square < 1e4 ? square : 1e4));
};

/** The table of docs/numerics.md. */
const pairs: Record<ActivationName, Pair> = {
  identity: { f: (_A, z) => z, slope: () => 1 },
  sigmoid: { f: (A, z) => A.sigmoid(z), slope: (A, a) => A.mul(a, A.sub(1, a)) },
  tanh: { f: (A, z) => A.tanh(z), slope: (A, a) => A.sub(1, A.mul(a, a)) },
  relu: { f: (_A, z) => (z < 0 ? 0 : z), slope: (_A, a) => (a > 0 ? 1 : 0) },
  'leaky-relu': { f: (A, z, alpha) => (z > 0 ? z : A.mul(alpha, z)), slope: (_A, a, alpha) => (a > 0 ? 1 : alpha) },
  elu: {
    f: (A, z, alpha) => (z > 0 ? z : A.mul(alpha, A.expm1(z))),
    slope: (A, a, alpha) => (a > 0 ? 1 : A.add(a, alpha)),
  },
  gelu: {
    f: (A, z) => A.mul(A.mul(0.5, z), twicePhi(A, z)),
    slope(A, z) {
      const density = A.mul(A.exp(A.mul(A.mul(-0.5, z), z)), A.of(INV_SQRT_2PI));
      return A.add(A.mul(0.5, twicePhi(A, z)), A.mul(z, density));
    },
  },
  'gelu-tanh': {
    f: (A, z) => A.mul(z, A.sigmoid(A.mul(z, cubic(A, z, 0.07135481627260025)))),
    slope(A, z) {
      const s = A.sigmoid(A.mul(z, cubic(A, z, 0.07135481627260025)));
      return A.add(s, A.mul(A.mul(A.mul(z, s), A.sub(1, s)), cubic(A, z, 3 * 0.07135481627260025)));
    },
  },
  silu: {
    f: (A, z) => A.mul(z, A.sigmoid(z)),
    slope(A, z) {
      const s = A.sigmoid(z);
      return A.mul(s, A.add(1, A.mul(z, A.sub(1, s))));
    },
  },
  softplus: { f: (A, z) => A.add(Math.max(z, 0), A.log1p(A.exp(-Math.abs(z)))), slope: (A, a) => -A.expm1(-a) },
  softsign: {
    f: (A, z) => A.div(z, A.add(1, Math.abs(z))),
    slope(A, z) {
      const size = A.add(1, Math.abs(z));
      return A.div(1, A.mul(size, size));
    },
  },
  step: { f: (_A, z) => (Number.isNaN(z) ? z : z >= 0 ? 1 : 0), slope: () => 0 },
};

/** The definitions of both passes, by the names of the operations. */
export const activationDefinitions = Object.fromEntries(
  Object.entries(pairs).flatMap(([name, { f, slope }]) => {
    const op = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const forward = (A: Arithmetic, a: Elements, z: Elements, n: number, alpha = 0): void =>
      write(a, n, (i) => f(A, z[i], A.of(alpha)));
    const backward = (A: Arithmetic, dz: Elements, da: Elements, za: Elements, n: number, alpha = 0): void =>
      write(dz, n, (i) => A.flush(A.mul(da[i], slope(A, za[i], A.of(alpha)))));
    return [
      [`${op}Forward`, forward],
      [`${op}Backward`, backward],
    ];
  }),
);

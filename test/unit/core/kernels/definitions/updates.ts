import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import { upTo } from './sums.ts';

/** What a step makes of one parameter: its new value, and that of its state. */
type One = (A: Arithmetic, theta: number, g: number, state: readonly number[], h: readonly number[]) => number[];

/** d = g + λθ, or g where λ is 0. */
const decayed = (A: Arithmetic, theta: number, g: number, lambda: number): number =>
  lambda === 0 ? g : A.add(g, A.mul(lambda, theta));

/** β · old + (1 - β) · d. */
const moment = (A: Arithmetic, beta: number, rest: number, old: number, d: number): number =>
  A.flush(A.add(A.mul(beta, old), A.mul(rest, d)));

/** β · v + (1 - β) · d · d. */
const square = (A: Arithmetic, beta: number, rest: number, v: number, d: number): number =>
  A.flush(A.add(A.mul(beta, v), A.mul(A.mul(rest, d), d)));

const adamStep = (A: Arithmetic, m: number, v: number, [, , , , rate, root, epsilon]: readonly number[]): number =>
  A.div(A.mul(rate, m), A.add(A.mul(A.sqrt(v), root), epsilon));

const one: Record<string, One> = {
  sgd: (A, theta, g, _state, [lr, , , lambda]) => [A.sub(theta, A.mul(lr, decayed(A, theta, g, lambda)))],
  sgdMomentum(A, theta, g, [old], [lr, momentum, nesterov, lambda]) {
    const d = decayed(A, theta, g, lambda);
    const m = A.flush(A.add(A.mul(momentum, old), d));
    return [A.sub(theta, A.mul(lr, nesterov === 0 ? m : A.add(d, A.mul(momentum, m)))), m];
  },
  adam(A, theta, g, state, h) {
    const d = decayed(A, theta, g, h[7]);
    const [m, v] = [moment(A, h[0], h[1], state[0], d), square(A, h[2], h[3], state[1], d)];
    return [A.sub(theta, adamStep(A, m, v, h)), m, v];
  },
  adamw(A, theta, g, state, h) {
    const [m, v] = [moment(A, h[0], h[1], state[0], g), square(A, h[2], h[3], state[1], g)];
    return [A.sub(A.mul(theta, h[7]), adamStep(A, m, v, h)), m, v];
  },
  rmsprop(A, theta, g, [old], [lr, decay, rest, epsilon, , lambda]) {
    const d = decayed(A, theta, g, lambda);
    const v = square(A, decay, rest, old, d);
    return [A.sub(theta, A.mul(lr, A.div(d, A.add(A.sqrt(v), epsilon)))), v];
  },
  rmspropMomentum(A, theta, g, [oldV, oldM], [lr, decay, rest, epsilon, momentum, lambda]) {
    const d = decayed(A, theta, g, lambda);
    const v = square(A, decay, rest, oldV, d);
    const m = A.flush(A.add(A.mul(momentum, oldM), A.div(d, A.add(A.sqrt(v), epsilon))));
    return [A.sub(theta, A.mul(lr, m)), v, m];
  },
  adagrad(A, theta, g, [old], [lr, epsilon, lambda]) {
    const d = decayed(A, theta, g, lambda);
    const v = A.flush(A.add(old, A.mul(d, d)));
    return [A.sub(theta, A.div(A.mul(lr, d), A.add(A.sqrt(v), epsilon))), v];
  },
  lion(A, theta, g, [m], [lr, beta1, rest1, beta2, rest2, decay]) {
    const c = A.add(A.mul(beta1, m), A.mul(rest1, g));
    return [A.sub(A.mul(theta, decay), A.mul(lr, Math.sign(c))), moment(A, beta2, rest2, m, g)];
  },
  muon(A, theta, g, [old], [momentum, rest, decay]) {
    const m = moment(A, momentum, rest, old, g);
    return [A.mul(theta, decay), m, moment(A, momentum, rest, m, g)];
  },
};

/** The definitions by the names of the operations. Hyperparameters are rounded before anything else. */
export const updateDefinitions = Object.fromEntries(
  Object.entries(one).map(([name, step]) => {
    const update = (
      ...[A, theta, g, state, n, hyper]: [Arithmetic, Elements, Elements, readonly Elements[], number, Float64Array]
    ): void => {
      const h = [...hyper].map(A.of);
      for (const i of upTo(n)) {
        const before = state.map((slot) => slot[i]);
        const [next, ...after] = step(A, theta[i], g[i], before, h);
        theta[i] = next;
        for (const [k, value] of after.entries()) state[k][i] = value;
      }
    };
    return [name, update];
  }),
);

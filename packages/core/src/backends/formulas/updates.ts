import type { Arithmetic } from './arithmetic.ts';
import type { Value } from './formula.ts';

/** An elementwise update of arrays by the mean gradient g. */
export interface Update {
  /** The arrays, in the order of the operation. */
  readonly arrays: readonly string[];
  /** Numbers of a step, in the order in which the optimizer's `hyper` writes them. */
  readonly numbers: readonly string[];
  /** The new arrays, from g, the arrays and the numbers in this order. */
  apply: UpdateFormula;
  /** A faster formula for a last number of 0, if there is one. */
  readonly undecayed?: UpdateFormula;
}

type UpdateFormula = (m: Arithmetic, ...values: Value[]) => Value[];

type Values<Name extends string> = Readonly<Record<Name, Value>>;

/** The update of θ and an optimizer's state, with all values by name. */
function optimizer<const State extends string, const Number extends string>(
  state: readonly State[],
  numbers: readonly Number[],
  apply: Named<State, Number>,
  withoutDecay?: Named<State, Number>,
): Update {
  const arrays = ['theta', ...state] as const;
  const byPosition =
    (apply: Named<State, Number>): UpdateFormula =>
    (f, ...values) => {
      const namedValues = ['g', ...arrays, ...numbers].map((name, k) => [name, values[k]]);
      const results = apply(f, Object.fromEntries(namedValues) as Values<'g' | 'theta' | State | Number>);
      return arrays.map((name) => results[name]);
    };
  return { arrays, numbers, apply: byPosition(apply), ...(withoutDecay && { undecayed: byPosition(withoutDecay) }) };
}

type Named<State extends string, Number extends string> = (
  f: Arithmetic,
  x: Values<'g' | 'theta' | State | Number>,
) => Values<'theta' | State>;

const sgdNumbers = ['eta', 'mu', 'nesterov', 'lambda'] as const;
const momentNumbers = ['beta1', 'oneMinusBeta1', 'beta2', 'oneMinusBeta2', 'a', 'b', 'epsilon'] as const;
const rmspropNumbers = ['eta', 'rho', 'oneMinusRho', 'epsilon', 'mu', 'lambda'] as const;

/** The table of optimizers in docs/numerics.md, by the names of their operations, and the mean alone. */
export const updates: Readonly<Record<string, Update>> = {
  averageRows: { arrays: ['g'], numbers: [], apply: (_f, g) => [g] },
  sgd: optimizer([], sgdNumbers, (f, x) => ({ theta: f.subtract(x.theta, f.multiply(x.eta, decayedGradient(f, x))) })),
  sgdMomentum: optimizer(['m'], sgdNumbers, (f, x) => {
    const d = decayedGradient(f, x);
    const m = f.flush(f.add(f.multiply(x.mu, x.m), d));
    const isPlain = f.compare(x.nesterov, 'equal', f.constant(0));
    const step = f.choose(isPlain, m, f.add(d, f.multiply(x.mu, m)));
    return { theta: f.subtract(x.theta, f.multiply(x.eta, step)), m };
  }),
  adam: optimizer(
    ['m', 'v'],
    [...momentNumbers, 'lambda'],
    (f, x) => {
      const { m, v } = moments(f, x, decayedGradient(f, x));
      return { theta: f.subtract(x.theta, adamStep(f, x, m, v)), m, v };
    },
    // Takes 0.9 of the time with AVX2, which has few registers.
    (f, x) => {
      const { m, v } = moments(f, x, x.g);
      return { theta: f.subtract(x.theta, adamStep(f, x, m, v)), m, v };
    },
  ),
  adamw: optimizer(['m', 'v'], [...momentNumbers, 'decay'], (f, x) => {
    const { m, v } = moments(f, x, x.g);
    return { theta: f.subtract(f.multiply(x.theta, x.decay), adamStep(f, x, m, v)), m, v };
  }),
  rmsprop: optimizer(['v'], rmspropNumbers, (f, x) => {
    const d = decayedGradient(f, x);
    const v = meanSquare(f, x.v, x.rho, x.oneMinusRho, d);
    const u = f.divide(d, f.add(f.squareRoot(v), x.epsilon));
    return { theta: f.subtract(x.theta, f.multiply(x.eta, u)), v };
  }),
  rmspropMomentum: optimizer(['v', 'm'], rmspropNumbers, (f, x) => {
    const d = decayedGradient(f, x);
    const v = meanSquare(f, x.v, x.rho, x.oneMinusRho, d);
    const u = f.divide(d, f.add(f.squareRoot(v), x.epsilon));
    const m = f.flush(f.add(f.multiply(x.mu, x.m), u));
    return { theta: f.subtract(x.theta, f.multiply(x.eta, m)), v, m };
  }),
  adagrad: optimizer(['v'], ['eta', 'epsilon', 'lambda'], (f, x) => {
    const d = decayedGradient(f, x);
    const v = f.flush(f.add(x.v, f.multiply(d, d)));
    return { theta: f.subtract(x.theta, f.divide(f.multiply(x.eta, d), f.add(f.squareRoot(v), x.epsilon))), v };
  }),
  lion: optimizer(['m'], ['eta', 'beta1', 'oneMinusBeta1', 'beta2', 'oneMinusBeta2', 'decay'], (f, x) => {
    const c = weightedMean(f, x.beta1, x.m, x.oneMinusBeta1, x.g);
    const theta = f.subtract(f.multiply(x.theta, x.decay), f.multiply(x.eta, f.sign(c)));
    return { theta, m: f.flush(weightedMean(f, x.beta2, x.m, x.oneMinusBeta2, x.g)) };
  }),
  muon: optimizer(['m', 'u'], ['mu', 'oneMinusMu', 'decay'], (f, x) => {
    const m = f.flush(weightedMean(f, x.mu, x.m, x.oneMinusMu, x.g));
    return { theta: f.multiply(x.theta, x.decay), m, u: f.flush(weightedMean(f, x.mu, m, x.oneMinusMu, x.g)) };
  }),
};

/** The factor of a column with this sum of squares: limit / norm if its norm is finite and above the limit, else 1. */
export function maxNormFactor(f: Arithmetic, sum: Value, limit: Value): Value {
  const norm = f.squareRoot(sum);
  const isAbove = f.compare(norm, 'greater', limit);
  const isBelow = f.compare(norm, 'less', f.constant(Infinity));
  const one = f.constant(1);
  return f.choose(isAbove, f.choose(isBelow, f.divide(limit, norm), one), one);
}

/** d = g + λ · θ, or g where λ is 0. */
function decayedGradient(f: Arithmetic, { g, theta, lambda }: Values<'g' | 'theta' | 'lambda'>): Value {
  return f.choose(f.compare(lambda, 'equal', f.constant(0)), g, f.add(g, f.multiply(lambda, theta)));
}

/** β · m + (1 - β) · d. */
const weightedMean = (f: Arithmetic, beta: Value, m: Value, oneMinusBeta: Value, d: Value): Value =>
  f.add(f.multiply(beta, m), f.multiply(oneMinusBeta, d));

/** ρ · v + ((1 - ρ) · d) · d, flushed. */
const meanSquare = (f: Arithmetic, v: Value, rho: Value, oneMinusRho: Value, d: Value): Value =>
  f.flush(f.add(f.multiply(rho, v), f.multiply(f.multiply(oneMinusRho, d), d)));

/** The moments of adam and adamw. */
const moments = (
  f: Arithmetic,
  x: Values<'m' | 'v' | (typeof momentNumbers)[number]>,
  d: Value,
): Values<'m' | 'v'> => ({
  m: f.flush(weightedMean(f, x.beta1, x.m, x.oneMinusBeta1, d)),
  v: meanSquare(f, x.v, x.beta2, x.oneMinusBeta2, d),
});

/** (a · m) / (√v · b + ε). */
const adamStep = (f: Arithmetic, { a, b, epsilon }: Values<'a' | 'b' | 'epsilon'>, m: Value, v: Value): Value =>
  f.divide(f.multiply(a, m), f.add(f.multiply(f.squareRoot(v), b), epsilon));

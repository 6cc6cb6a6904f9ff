import { defineOptions, type OptionsOf, positive } from '../../checks/options/index.ts';
import { createElements, type Elements, typeOf } from '../../math/element-type.ts';
import { laneSum } from '../../math/lane-sum.ts';
import { mathOf, type ScalarMath } from '../../math/real-math.ts';
import { type NoOptions, noOptions } from '../family.ts';
import type { Loss, LossKernel } from './loss.ts';

/** A function of an output and its target, and of a loss's parameter: one text for plain code and all kernels. */
type OfOutput = <V, C>(m: ScalarMath<V, C>, y: V, t: V, parameter: V) => V;

/** A loss that is the mean or sum over outputs of a function ℓ of output and target. */
export interface ElementwiseLoss extends Pick<Loss, 'threshold' | 'degree'> {
  /** ℓ(y, t). */
  readonly value: OfOutput;
  /** ∂ℓ/∂y. */
  readonly slope: OfOutput;
  /** Whether a row's loss is the mean or the sum of ℓ over its outputs. */
  readonly over: 'mean' | 'sum';
}

/** ½d². */
const halfSquare = <V, C>({ constant, multiply }: ScalarMath<V, C>, d: V): V => multiply(multiply(constant(0.5), d), d);

/** The losses by name. Backends make their kernels from them. */
export const elementwiseLosses = {
  mse: {
    value(m, y, t) {
      const d = m.subtract(y, t);
      return m.multiply(d, d);
    },
    slope: (m, y, t) => m.multiply(m.constant(2), m.subtract(y, t)),
    over: 'mean',
    degree: 2,
  },
  quadratic: {
    value: (m, y, t) => halfSquare(m, m.subtract(y, t)),
    slope: (m, y, t) => m.subtract(y, t),
    over: 'sum',
    degree: 2,
  },
  mae: {
    value: (m, y, t) => m.absolute(m.subtract(y, t)),
    slope(m, y, t) {
      const d = m.subtract(y, t); // of equal numbers 0, or NaN, which must stay visible
      const below = m.choose(m.compare(y, 'less', t), m.constant(-1), d);
      return m.choose(m.compare(y, 'greater', t), m.constant(1), below);
    },
    over: 'mean',
    degree: 1,
  },
  output: { value: (_m, y) => y, slope: (m) => m.constant(1), over: 'mean' },
  huber: {
    value(m, y, t, delta) {
      const size = m.absolute(m.subtract(y, t));
      const linear = m.multiply(delta, m.subtract(size, m.multiply(m.constant(0.5), delta)));
      return m.choose(m.compare(size, 'greater', delta), linear, halfSquare(m, size));
    },
    slope: (m, y, t, delta) => m.greater(m.negative(delta), m.lesser(delta, m.subtract(y, t))),
    over: 'mean',
    degree: 2, // for errors in units of δ
  },
  'binary-cross-entropy': {
    value(m, y, t) {
      const { constant, add, subtract, multiply, negative, absolute, compare, choose, exp, log1p } = m;
      const isYes = choose(compare(y, 'greater', constant(0)), constant(1), constant(0));
      return add(multiply(y, subtract(isYes, t)), log1p(exp(negative(absolute(y)))));
    },
    slope: (m, y, t) => m.subtract(m.sigmoid(y), t),
    over: 'mean',
    threshold: 0,
  },
} satisfies Record<string, ElementwiseLoss>;

/** Whether each output has a loss of its own, which its target alone decides. */
export const isElementwise = ({ name, customName, formula }: Loss): boolean =>
  customName === undefined ? Object.hasOwn(elementwiseLosses, name) : formula !== undefined;

/** The loss of the table. */
function elementwiseLoss(name: keyof typeof elementwiseLosses, parameter?: number): Loss {
  const { value, slope, over, ...traits }: ElementwiseLoss = elementwiseLosses[name];
  const evaluate = lossOfTerms(over, (terms, dy, y, t, n, divisor) => {
    const math = mathOf(typeOf(dy));
    const roundedParameter = math.round(parameter ?? 0);
    for (let i = 0; i < n; i++) {
      const [output, target] = [y[i], t[i]];
      terms[i] = value(math, output, target, roundedParameter);
      dy[i] = math.flush(math.divide(slope(math, output, target, roundedParameter), divisor));
    }
  });
  return {
    name,
    targets: 'values',
    evaluate,
    ...traits,
    ...(parameter !== undefined && { variant: { name, parameter } }),
  };
}

/** Overwrites ℓ of n outputs, and dy, which is divided and flushed. `dy` may be `y`. */
type FillTerms = (terms: Elements, dy: Elements, y: Elements, t: Elements, n: number, divisor: number) => void;

/**
 * A leaf's L = Σₙ cₙ Σₒ ℓ(y[n,o], t[n,o]), and dy[n,o] = ℓ′ / O or ℓ′; c is 1/O for a mean and 1 for a sum. The sum of
 * a row has four lanes o mod 4, joined (l₀ + l₁) + (l₂ + l₃), in the run's type; rows are added ascending, in doubles.
 */
export function lossOfTerms(over: 'mean' | 'sum', fill: FillTerms): LossKernel {
  let terms: Elements = new Float64Array(0);
  return (lossSums, dy, y, t, B, leafRows, O) => {
    const type = typeOf(dy);
    if (terms.length < B * O || typeOf(terms) !== type) terms = createElements(type, B * O);
    const { round } = mathOf(type);
    const divisor = over === 'mean' ? round(O) : 1;
    fill(terms, dy, y, t, B * O, divisor);
    let sum = 0;
    for (let n = 0; n < B; n++) {
      if (n % leafRows === 0) sum = 0;
      sum += round(laneSum(round, terms, n * O, O) / divisor);
      lossSums[Math.floor(n / leafRows)] = sum;
    }
  };
}

/** The factory of a loss without options. */
const factoryOf =
  (name: keyof typeof elementwiseLosses) =>
  (options: NoOptions = {}): Loss => {
    noOptions(name, options);
    return elementwiseLoss(name);
  };

/** (y - t)², mean over outputs, as PyTorch's MSELoss. */
export const mse = factoryOf('mse');

/** ½(y - t)², summed over outputs. [Nielsen 2015, eq. 6](http://neuralnetworksanddeeplearning.com/chap1.html) */
export const quadratic = factoryOf('quadratic');

/** |y - t|, mean over outputs, as PyTorch's L1Loss. The derivative at y = t is taken as 0. */
export const mae = factoryOf('mae');

/**
 * -(t log σ(y) + (1 - t) log(1 - σ(y))) of logits y and targets t in [0, 1], mean over outputs, as PyTorch's
 * BCEWithLogitsLoss. Computed as y ([y > 0] - t) + log1p(e⁻|ʸ|): both terms are >= 0, so nothing overflows, no log of 0
 * is taken, and no digits cancel.
 */
export const binaryCrossEntropy = factoryOf('binary-cross-entropy');

/** y itself, mean over outputs: the network computes the loss, as of a variational autoencoder. It has no targets. */
export const output = (options: NoOptions = {}): Loss => ({ ...factoryOf('output')(options), targets: 'none' });

export const huberOptions = defineOptions('huber', {
  /** δ > 0: the error above which the loss grows linearly, in units of the targets. @default 1 */
  delta: positive(1),
});

/** Options of the Huber loss. */
export interface HuberOptions extends OptionsOf<typeof huberOptions.table> {}

/**
 * ½d² if |d| <= δ, else δ(|d| - ½δ), where d = y - t; mean over outputs, as PyTorch's HuberLoss. [Huber
 * 1964](https://doi.org/10.1214/aoms/1177703732)
 */
export const huber = (options: HuberOptions = {}): Loss => elementwiseLoss('huber', huberOptions.read(options).delta);

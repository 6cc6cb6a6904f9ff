import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, fraction, nonNegative, type OptionsOf } from '../../checks/options/index.ts';
import { typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';
import { type MomentOptions, momentOptimizer, momentTable } from './moments.ts';
import type { Optimizer, UpdateKernel } from './optimizer.ts';
import { type WeightDecayOptions, weightDecayTable, withGroups } from './parameter-groups.ts';

export const muonOptions = defineOptions('muon', {
  /** η >= 0: the learning rate of the matrices of hidden layers. @default 1e-3 */
  lr: nonNegative(1e-3, 'learning rate'),
  /** α >= 0: the learning rate of all other parameters. What scales `lr` scales it by the same factor. @default `lr` */
  adamLr: nonNegative(undefined, 'learning rate of all but hidden matrices in {}', '--lr'),
  /** μ in [0, 1): the momentum of the matrices. @default 0.95 */
  momentum: fraction(0.95, 'momentum of {}'),
  ...momentTable,
  ...weightDecayTable(0.1),
});

/** Options of Muon. */
export interface MuonOptions extends MomentOptions, WeightDecayOptions, OptionsOf<typeof muonOptions.table> {}

/**
 * For matrices of hidden layers m ← μm + (1 - μ)g; u = μm + (1 - μ)g; θ ← θ(1 - ηλ) - η · 0.2 √max(I, O) ·
 * orthogonalize(u), where W has the shape [I, O], and the filters of a convolution are the matrix [window · C, O].
 * `orthogonalize` takes five steps of Newton-Schulz, which bring all singular values of u near 1. The factor 0.2
 * √max(I, O) gives updates the root mean square of those of adamw (`match_rms_adamw` of PyTorch's Muon), so both parts
 * can have one learning rate. All other parameters are updated by adamw: embeddings, output layers, biases, norms.
 * [Jordan et al. 2024](https://kellerjordan.github.io/posts/muon/), [Liu et al. 2025,
 * §2.2](https://arxiv.org/abs/2502.16982)
 */
export function muon(options: MuonOptions = {}): Optimizer {
  const values = muonOptions.read(options);
  const { lr, adamLr = lr, momentum } = values;
  if (lr === 0 && adamLr > 0) {
    throw new OptionError('muon', ['lr', 'adamLr'], 'has 0, expected a number above 0 beside adamLr');
  }
  const others = momentOptimizer('adamw', 'weights', { ...values, lr: adamLr });
  const matrices = withGroups(values, ({ weightDecay }) => ({
    name: 'muon',
    lr,
    slots: others.slots,
    initialScalars: [],
    advance() {},
    hyperLength: others.groupLength,
    hyper(hyper, learningRate) {
      hyper.fill(0);
      hyper[0] = momentum;
      hyper[1] = 1 - momentum;
      hyper[2] = 1 - learningRate[0] * weightDecay;
      hyper[MATRIX_RATE] = learningRate[0];
    },
    update,
  }));
  const otherGroups = others.hyperLength / others.groupLength;
  const matrixHyper = new Float64Array(matrices.hyperLength);
  const adamFactor = lr === 0 ? 1 : adamLr / lr;
  const otherRate = new Float64Array(1);
  return {
    ...others,
    name: 'muon',
    kernel: 'adamw',
    lr,
    matrices: { ...matrices, firstGroup: otherGroups },
    hyperLength: others.hyperLength + matrices.hyperLength,
    hyper(hyper, learningRate, scalars) {
      otherRate[0] = learningRate[0] * adamFactor;
      others.hyper(hyper, otherRate, scalars);
      matrices.hyper(matrixHyper, learningRate, scalars);
      hyper.set(matrixHyper, others.hyperLength);
    },
    groupOf: (shape, matches, isHiddenMatrix) =>
      isHiddenMatrix ? otherGroups + matrices.groupOf(shape, matches, true) : others.groupOf(shape, matches, false),
  };
}

/** Index of η among the scalars of a group of matrices. The three after it are 0: together they are those of sgd. */
export const MATRIX_RATE = 3;

/** m ← μm + (1 - μ)g; u = μm + (1 - μ)g; θ ← kθ. The second vector of the state gets u. */
const update: UpdateKernel = (theta, g, state, n, hyper) => {
  const { round, flush } = mathOf(typeOf(theta));
  const [m, u] = state;
  const momentum = round(hyper[0]);
  const oneMinusMomentum = round(hyper[1]);
  const decay = round(hyper[2]);
  for (let i = 0; i < n; i++) {
    const part = round(oneMinusMomentum * g[i]);
    m[i] = flush(round(round(momentum * m[i]) + part));
    u[i] = flush(round(round(momentum * m[i]) + part));
    theta[i] *= decay;
  }
};

import { type NoOptions, noOptions } from '../family.ts';
import type { Initializer } from './initializer.ts';

/** Standard deviation of the weights, from the numbers of inputs and outputs. */
type Spread = (fanIn: number, fanOut: number) => number;

/**
 * σ = √(2 / (fanIn + fanOut)): keeps the variance in both directions. [Glorot & Bengio 2010, eq.
 * 12](https://proceedings.mlr.press/v9/glorot10a.html)
 */
const glorot: Spread = (fanIn, fanOut) => Math.sqrt(2 / (fanIn + fanOut));

/** σ = √(2 / fanIn): relu drops half of the variance. [He et al. 2015, eq. 10](https://arxiv.org/abs/1502.01852) */
const he: Spread = (fanIn) => Math.sqrt(2 / fanIn);

/** σ = √(1 / fanIn). [LeCun et al. 1998, §4.6](https://doi.org/10.1007/3-540-49430-8_2) */
const lecun: Spread = (fanIn) => Math.sqrt(1 / fanIn);

/**
 * Uniform over [-a, a) with a = √(6 / (fanIn + fanOut)): keeps the variance in both directions. [Glorot & Bengio 2010,
 * eq. 16](https://proceedings.mlr.press/v9/glorot10a.html)
 */
export const glorotUniform = uniformOf('glorot-uniform', glorot);
/**
 * Normal with σ = √(2 / (fanIn + fanOut)), not truncated (as in PyTorch; Keras truncates at 2σ). [Glorot & Bengio 2010,
 * eq. 12](https://proceedings.mlr.press/v9/glorot10a.html)
 */
export const glorotNormal = normalOf('glorot-normal', glorot);
/**
 * Uniform over [-a, a) with a = √(6 / fanIn): for relu, which drops half of the variance. [He et al. 2015, eq.
 * 10](https://arxiv.org/abs/1502.01852)
 */
export const heUniform = uniformOf('he-uniform', he);
/** Normal with σ = √(2 / fanIn), not truncated: for relu. [He et al. 2015, eq. 10](https://arxiv.org/abs/1502.01852) */
export const heNormal = normalOf('he-normal', he);
/** Uniform over [-a, a) with a = √(3 / fanIn). [LeCun et al. 1998, §4.6](https://doi.org/10.1007/3-540-49430-8_2) */
export const lecunUniform = uniformOf('lecun-uniform', lecun);
/** Normal with σ = √(1 / fanIn), not truncated. [LeCun et al. 1998, §4.6](https://doi.org/10.1007/3-540-49430-8_2) */
export const lecunNormal = normalOf('lecun-normal', lecun);

/** Uniform over [-√3 σ, √3 σ). */
function uniformOf(name: string, spread: Spread) {
  return (options: NoOptions = {}): Initializer => {
    noOptions(`initializer ${name}`, options);
    return (out, fanIn, fanOut, random) => {
      const limit = Math.sqrt(3) * spread(fanIn, fanOut);
      for (let i = 0; i < out.length; i++) out[i] = limit * (2 * random.uniform() - 1);
    };
  };
}

/** Normal with standard deviation σ, not truncated (as in PyTorch; Keras truncates at 2σ). */
function normalOf(name: string, spread: Spread) {
  return (options: NoOptions = {}): Initializer => {
    noOptions(`initializer ${name}`, options);
    return (out, fanIn, fanOut, random) => {
      const sigma = spread(fanIn, fanOut);
      for (let i = 0; i < out.length; i++) out[i] = sigma * random.normal();
    };
  };
}

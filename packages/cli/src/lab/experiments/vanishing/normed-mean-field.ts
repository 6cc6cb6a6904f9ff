import type { ActivationSpec } from '../../../options/activation.ts';
import { type MeanField, momentsOf, type RandomLayer } from './mean-field.ts';

/**
 * Wide layers at the start with batch-norm before the activation: a = f(u) and u normal with mean 0 and variance 1,
 * whatever the weights. The norm divides by σ_l, σ_l² = I Var(W_l) Var[f(u)] over rows, for the first layer the
 * variance of the inputs. So E[dz_l²] = E[f′(u)²] O Var(W) E[dz_{l+1}²] / σ_l², where W is that of the next layer. The
 * size of the weights cancels: from layer to layer remains √(E[f′²] / Var[f]), for relu √(π / (π - 1)). It is exact for
 * wide layers and large batches. [Yang et al. 2019](https://arxiv.org/abs/1902.08129)
 */
export function normedMeanField(
  activation: ActivationSpec,
  inputVariance: number, // over rows, averaged over inputs
  layers: readonly RandomLayer[], // starting at the input
): MeanField[] {
  const { mean, outputs, slopes } = momentsOf(activation, 1);
  const outputVariance = outputs.mean - mean ** 2;
  return layers.map(({ fanIn, fanOut, weightVariance }, l) => {
    const next = layers.at(l + 1);
    const zVariance = fanIn * weightVariance * (l === 0 ? inputVariance : outputVariance);
    return {
      zVariance,
      squareSlope: slopes.mean,
      factor: next === undefined ? null : Math.sqrt((next.fanOut * next.weightVariance * slopes.mean) / zVariance),
      gradientSpread: (3 * slopes.kurtosis - 1) / fanOut,
      squareSpread: (outputs.kurtosis - 1) / fanOut,
      slopeResponse: 0, // the norm takes out what the layers before have changed
      nextResponse: 0,
    };
  });
}

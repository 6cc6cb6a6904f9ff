import { type Call, type Item, isConstant } from '../call.ts';
import type { Rows } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import type { Operator } from './operator.ts';
import { imageOf } from './windows.ts';

const PARTS = ['scale', 'bias', 'mean', 'variance'];

/** The four vectors of a batch norm, by which channels are scaled. */
function partsOf(call: Call, xs: readonly (Item | undefined)[]): Tensor[] {
  if (call.int('training_mode', 0) !== 0) throw call.refuse('training_mode', 'the running mean and variance');
  return PARTS.map((part, k) => {
    const tensor = xs[k + 1];
    if (tensor === undefined || !isConstant(tensor))
      throw call.refuse(`a ${part} that depends on its inputs`, 'a constant');
    return tensor;
  });
}

const batchNormalization: Operator = {
  evaluate(call, xs) {
    const x = xs[0] as Tensor;
    const [scale, bias, mean, variance] = partsOf(call, xs).map(({ numbers }) => numbers);
    const epsilon = call.float('epsilon', 1e-5);
    const inner = stridesOf(x.dims)[1] ?? 1;
    return [
      tensorOf(x.type, x.dims, (y) => {
        for (let n = 0; n < y.length; n++) {
          const c = Math.floor(n / inner) % scale.length;
          y[n] = ((x.numbers[n] - mean[c]) / Math.sqrt(variance[c] + epsilon)) * scale[c] + bias[c];
        }
      }),
    ];
  },
  layers(call, xs) {
    const x = xs[0] as Rows;
    const [gamma, beta, runningMean, runningVariance] = partsOf(call, xs);
    const { value, from } = imageOf(call, x);
    const weights = {
      gamma: gamma.numbers,
      beta: beta.numbers,
      runningMean: runningMean.numbers,
      runningVariance: runningVariance.numbers,
    };
    // ONNX and PyTorch keep 1 - momentum of the new mean.
    const momentum = 1 - call.float('momentum', 0.9);
    const spec = { kind: 'batch-norm', epsilon: call.float('epsilon', 1e-5), momentum } as const;
    return [from(call.add(value, spec, weights, [gamma.weight], gamma.weight !== undefined))];
  },
};

export const normOperators = { BatchNormalization: batchNormalization } satisfies Record<string, Operator>;

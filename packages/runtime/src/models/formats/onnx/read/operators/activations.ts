import { mathOf } from '@gradloom/core';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import type { Operator } from './operator.ts';
import { composedOfOne, scalar, unary } from './scalars.ts';

const { erf, exp, expm1, log1p, tanh } = mathOf('float64');

/** Limits from attributes, or, since opset 11, from inputs. */
function limitsOf(call: Call, x: Item, inputs: readonly (Item | undefined)[]): readonly (Item | undefined)[] {
  if (call.opset >= 11) return inputs;
  return ['min', 'max'].map((name) => (call.has(name) ? scalar(x.type, call.float(name, 0)) : undefined));
}

/** The number of a limit that is a constant. */
const numberOf = (item: Item | undefined): number | undefined =>
  item !== undefined && isConstant(item) && Number.isFinite(item.numbers[0]) ? item.numbers[0] : undefined;

const clip = composedOfOne((call, [first, ...inputs]) => {
  const x = first as Item;
  const [low, high] = limitsOf(call, x, inputs);
  const [min, max] = [numberOf(low), numberOf(high)];
  if (!isConstant(x) && min !== undefined && max !== undefined && min <= max) {
    return { ...x, value: x.value.through({ kind: 'clip', min, max }) };
  }
  const [atLeast] = low === undefined ? [x] : call.apply('Max', [x, low]);
  return high === undefined ? atLeast : call.apply('Min', [atLeast, high])[0];
});

const prelu = composedOfOne((call, [first, second]) => {
  const [x, slope] = [first as Item, second as Item];
  // Before opset 7 a vector has a number for each channel, axis 1.
  const dims = extentsOf(slope);
  const isOfChannels = call.opset < 7 && isConstant(slope) && dims.length === 1 && slope.numbers.length > 1;
  const ones = isOfChannels
    ? extentsOf(x)
        .slice(2)
        .map(() => 1)
    : [];
  const spread = isConstant(slope) ? { ...slope, dims: [...dims, ...ones] } : slope;
  const [isBelow] = call.apply('Less', [x, scalar(x.type, 0)]);
  return call.apply('Where', [isBelow, call.apply('Mul', [x, spread])[0], x])[0];
});

/** x + bias below -lambd, x - bias above lambd, else 0. */
const shrink = composedOfOne((call, [first]) => {
  const x = first as Item;
  const [bias, lambda] = [call.float('bias', 0), call.float('lambd', 0.5)];
  const number = (value: number): Item => scalar(x.type, value);
  const [upper] = call.apply('Where', [
    call.apply('Greater', [x, number(lambda)])[0],
    call.apply('Sub', [x, number(bias)])[0],
    number(0),
  ]);
  const [isBelow] = call.apply('Less', [x, number(-lambda)]);
  return call.apply('Where', [isBelow, call.apply('Add', [x, number(bias)])[0], upper])[0];
});

const celu: Operator = unary(
  (x, call) => {
    const alpha = alphaOfCelu(call);
    return x < 0 ? alpha * expm1(x / alpha) : x;
  },
  (x, call) => {
    const alpha = alphaOfCelu(call);
    return x.over(alpha).through({ kind: 'activation', fn: 'elu' }).times(alpha);
  },
);

function alphaOfCelu(call: Call): number {
  const alpha = call.float('alpha', 1);
  if (alpha > 0) return alpha;
  throw call.fault(`alpha ${alpha}`, 'a number above 0');
}

/** α and γ of [Klambauer et al. 2017](https://arxiv.org/abs/1706.02515), as the standard has them. */
const [SELU_ALPHA, SELU_GAMMA] = [1.6732631921768188, 1.0507010221481323];

const isTanh = (call: Call): boolean => call.text('approximate', 'none') === 'tanh';

export const activationOperators = {
  Celu: celu,
  Clip: clip,
  Gelu: unary(
    (x, call) =>
      isTanh(call)
        ? 0.5 * x * (1 + tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)))
        : 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
    (x, call) => x.through({ kind: 'activation', fn: isTanh(call) ? 'gelu-tanh' : 'gelu' }),
  ),
  HardSigmoid: unary(
    (x, call) => Math.min(Math.max(call.float('alpha', 0.2) * x + call.float('beta', 0.5), 0), 1),
    (x, call) =>
      x.times(call.float('alpha', 0.2)).plus(call.float('beta', 0.5)).through({ kind: 'clip', min: 0, max: 1 }),
  ),
  HardSwish: unary(
    (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
    (x) =>
      x.times(
        x
          .times(1 / 6)
          .plus(0.5)
          .through({ kind: 'clip', min: 0, max: 1 }),
      ),
  ),
  Mish: unary(
    (x) => x * tanh(Math.max(x, 0) + log1p(exp(-Math.abs(x)))),
    (x) => x.times(x.through({ kind: 'activation', fn: 'softplus' }, { kind: 'activation', fn: 'tanh' })),
  ),
  PRelu: prelu,
  Selu: unary(
    (x, call) => call.float('gamma', SELU_GAMMA) * (x < 0 ? call.float('alpha', SELU_ALPHA) * expm1(x) : x),
    (x, call) =>
      x
        .through({ kind: 'activation', fn: 'elu', alpha: call.float('alpha', SELU_ALPHA) })
        .times(call.float('gamma', SELU_GAMMA)),
  ),
  Shrink: shrink,
  ThresholdedRelu: composedOfOne((call, [first]) => {
    const x = first as Item;
    const [isAbove] = call.apply('Greater', [x, scalar(x.type, call.float('alpha', 1))]);
    return call.apply('Where', [isAbove, x, scalar(x.type, 0)])[0];
  }),
} satisfies Record<string, Operator>;

import { type Call, extentsOf, type Item } from '../call.ts';
import { type Tensor, tensorOf } from '../tensor.ts';
import { composedOperator, inShape, masked, oneHot } from './elements.ts';
import type { Operator } from './operator.ts';
import { reduced } from './reductions.ts';

/**
 * The negative log-probability of each target's class, times its weight: x is [N, C, ...], targets are [N, ...] and
 * weights [C]. Their mean is over the sum of the weights. A target of no class, such as `ignore_index`, does not count.
 */
function negativeLogLikelihood(call: Call, x: Item, targets: Item, weights: Item | undefined): Item {
  const [rows, C, ...positions] = extentsOf(x);
  const vector = [1, C, ...positions.map(() => 1)];
  const isClass = oneHot(call, inShape(call, targets, [rows, 1, ...positions]), 1, C, false);
  const ignoredIndex = call.int('ignore_index', C);
  const counting: Tensor = tensorOf('float', vector, (to) => {
    to.fill(1);
    if (ignoredIndex >= 0) to.fill(0, ignoredIndex, ignoredIndex + 1);
  });
  const factors = weights === undefined ? counting : call.apply('Mul', [inShape(call, weights, vector), counting])[0];
  const weightedLosses = masked(call, isClass, call.apply('Mul', [x, factors])[0]);
  const [losses] = call.apply('Neg', [reduced(call, 'ReduceSum', weightedLosses, [1], false)]);
  const reduction = call.text('reduction', 'mean');
  if (reduction === 'none') return losses;
  const axes = Array.from({ length: positions.length + 1 }, (_, axis) => axis);
  const sum = reduced(call, 'ReduceSum', losses, axes, false);
  if (reduction === 'sum') return sum;
  const total = reduced(call, 'ReduceSum', masked(call, isClass, factors), [0, ...axes.map((axis) => axis + 1)], false);
  return call.apply('Div', [sum, total])[0];
}

/** Along axis 1, as LogSoftmax has been defined since opset 13. */
function logSoftmax(call: Call, x: Item): Item {
  const axes = extentsOf(x).map((_, axis) => axis);
  const order = [...axes.filter((axis) => axis !== 1), 1];
  const back = axes.map((axis) => order.indexOf(axis));
  const [last] = call.apply('LogSoftmax', call.apply('Transpose', [x], { perm: order }), { axis: axes.length - 1 });
  return call.apply('Transpose', [last], { perm: back })[0];
}

export const lossOperators = {
  NegativeLogLikelihoodLoss: composedOperator((call, [x, targets, weights]) => [
    negativeLogLikelihood(call, x as Item, targets as Item, weights),
  ]),
  SoftmaxCrossEntropyLoss: composedOperator((call, [x, targets, weights]) => {
    const logarithms = logSoftmax(call, x as Item);
    return [negativeLogLikelihood(call, logarithms, targets as Item, weights), logarithms];
  }),
} satisfies Record<string, Operator>;

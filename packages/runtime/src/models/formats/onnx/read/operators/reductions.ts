import { type LayerSpec, mathOf } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { mixed } from '../align.ts';
import { type Call, extentsOf, type Item } from '../call.ts';
import { type Rows, regrouped } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { alongAxis, axisOf } from './moves.ts';
import type { Operator } from './operator.ts';

const { exp, log } = mathOf('float64');

/** What `along` makes of the numbers along an axis of a tensor. */
export function evaluateAlong(x: Tensor, axis: number, along: (numbers: number[]) => readonly number[]): Tensor {
  const [extent, stride] = [x.dims[axis], stridesOf(x.dims)[axis]];
  return tensorOf(x.type, x.dims, (y) => {
    for (let n = 0; n < y.length; n++) {
      if (Math.floor(n / stride) % extent !== 0) continue;
      const numbers = Array.from({ length: extent }, (_, k) => x.numbers[n + k * stride]);
      for (const [k, value] of along(numbers).entries()) y[n + k * stride] = value;
    }
  });
}

/** A function of the numbers along `axis`; before opset 13 along all axes from it on together. */
const softmaxLike = (along: (numbers: number[]) => readonly number[], layer: (axis: number) => LayerSpec): Operator => {
  const axisFor = (call: Call, rank: number) => axisOf(call, call.int('axis', call.opset < 13 ? 1 : -1), rank);
  return {
    evaluate(call, [first]) {
      const x = first as Tensor;
      const axis = axisFor(call, x.dims.length);
      const dims = call.opset < 13 ? [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))] : x.dims;
      return [{ ...evaluateAlong({ ...x, dims }, call.opset < 13 ? 1 : axis, along), dims: x.dims }];
    },
    layers(call, [first]) {
      const x = first as Rows;
      const dims = extentsOf(x as Item);
      const axis = axisFor(call, dims.length);
      const isTogether = call.opset < 13 && axis < dims.length - 1;
      const rows = isTogether ? regrouped(x, [...dims.slice(0, axis), sizeOf(dims.slice(axis))]) : x;
      if (rows === null) throw mixed(call);
      const y = alongAxis(call, rows, axis, (value, at) =>
        value.shape.length === 0 ? value : value.through(layer(at)),
      );
      const result = isTogether ? regrouped(y, dims) : y;
      if (result === null) throw mixed(call);
      return [result];
    },
  };
};

function softmax(numbers: readonly number[]): number[] {
  const largest = Math.max(...numbers);
  const powers = numbers.map((x) => exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export const reductionOperators = {
  LogSoftmax: softmaxLike(
    (numbers) => softmax(numbers).map(log),
    (axis) => ({ kind: 'log-softmax', axis }),
  ),
  Softmax: softmaxLike(softmax, (axis) => ({ kind: 'softmax', axis })),
} satisfies Record<string, Operator>;

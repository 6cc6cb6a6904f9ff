import { type LayerSpec, parameter } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import type { Rows } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { composedOperator, fixedExtents } from './elements.ts';
import { alongAxis, axisOf, constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';
import { takeOf, takeRows } from './take.ts';

// Linear functions of the numbers along one axis, of constant factors.

/** One output along an axis is a weighted sum: these are the indices of its inputs, and the weight of each. */
export type Terms = readonly (readonly [from: number, factor: number])[];

/** The linear function along an axis whose outputs have these terms. */
export function linearAlong(call: Call, x: Item, axis: number, outputs: readonly Terms[]): Item {
  const isChoice = outputs.every((terms) => terms.length === 1 && terms[0][1] === 1);
  const choice = isChoice ? outputs.map(([[from]]) => from) : [];
  if (isConstant(x)) {
    if (isChoice) return takeOf(x, axis, choice);
    const [n, stride] = [x.dims[axis], stridesOf(x.dims)[axis]];
    const dims = x.dims.with(axis, outputs.length);
    return tensorOf(x.type, dims, (y) => {
      for (let at = 0; at < y.length; at++) {
        const [outer, inner] = [Math.floor(at / (stride * outputs.length)), at % stride];
        const terms = outputs[Math.floor(at / stride) % outputs.length];
        y[at] = terms.reduce((sum, [from, factor]) => sum + factor * x.numbers[(outer * n + from) * stride + inner], 0);
      }
    });
  }
  if (isChoice) return takeRows(call, x, axis, choice);
  return alongAxis(call, x, axis, (value, at, n) => {
    const [before, after] = [value.shape.slice(0, at), value.shape.slice(at + 1)];
    // Along the innermost axis one product makes all outputs, else one for each place before the axis.
    const isInnermost = sizeOf(after) === 1;
    const W = new Float64Array(outputs.length * n);
    for (const [o, terms] of outputs.entries()) {
      for (const [from, factor] of terms) W[isInnermost ? from * outputs.length + o : o * n + from] += factor;
    }
    const shape = isInnermost ? [n, outputs.length] : [outputs.length, n];
    const factors = call.add(call.anyRows(), parameter(shape), { W }, [], false);
    const matrices: LayerSpec = {
      kind: 'reshape',
      shape: isInnermost ? [sizeOf(before), n] : [sizeOf(before), n, sizeOf(after)],
    };
    const x = value.through(matrices);
    const y = isInnermost ? x.matmul(factors) : factors.matmul(x);
    return y.through({ kind: 'reshape', shape: [...before, outputs.length, ...after] });
  });
}

/** The sums of the numbers up to each. */
const cumulativeSum = composedOperator((call, [first, second]) => {
  const x = first as Item;
  const dims = extentsOf(x);
  const axis = axisOf(call, constantNumbers(call, second, 'an axis')[0], dims.length);
  const [isExclusive, isReverse] = [call.int('exclusive', 0) !== 0, call.int('reverse', 0) !== 0];
  const places = Array.from({ length: fixedExtents(call, [dims[axis]])[0] }, (_, k) => k);
  const isRead = (from: number, to: number): boolean => from < to || (from === to && !isExclusive);
  const outputs = places.map((o): Terms => {
    return places.filter((i) => (isReverse ? isRead(o, i) : isRead(i, o))).map((i) => [i, 1]);
  });
  return [linearAlong(call, x, axis, outputs)];
});

/** x / (bias + α / size · Σ x²)^β, with the sum over the channels around each. */
const localResponse = composedOperator((call, [first]) => {
  const x = first as Item;
  const dims = extentsOf(x);
  const size = call.int('size', 1);
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const factor = call.float('alpha', 1e-4) / size;
  const outputs = Array.from({ length: fixedExtents(call, dims.slice(1, 2))[0] }, (_, c): Terms => {
    const [from, to] = [Math.max(0, c - before), Math.min(dims[1] - 1, c + after)];
    return Array.from({ length: to - from + 1 }, (_, k) => [from + k, factor]);
  });
  const sums = linearAlong(call, call.apply('Mul', [x, x])[0], 1, outputs);
  const number = (value: number): Tensor => ({ type: x.type, dims: [], numbers: Float64Array.of(value) });
  const base = call.apply('Add', [sums, number(call.float('bias', 1))])[0];
  return call.apply('Div', [x, powerOf(base, call.float('beta', 0.75))]);
});

/** xᵖ of numbers above 0. */
export function powerOf(x: Item, exponent: number): Item {
  if (!isConstant(x)) return { ...x, value: (x as Rows).value.through({ kind: 'power', exponent }) };
  const { type, dims } = x;
  return tensorOf(type, dims, (y) => y.set(x.numbers.map((value) => value ** exponent)));
}

export const linearOperators = { CumSum: cumulativeSum, LRN: localResponse } satisfies Record<string, Operator>;

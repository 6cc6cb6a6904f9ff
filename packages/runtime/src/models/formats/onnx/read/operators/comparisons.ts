import type { Value } from '@gradloom/core';
import { align } from '../align.ts';
import type { Item } from '../call.ts';
import type { Tensor } from '../tensor.ts';
import type { Operator } from './operator.ts';
import { binary, spread, unary } from './scalars.ts';

// Functions whose results are true or false, which are 1 and 0, and what chooses by them.

const comparison = (evaluatePair: (a: number, b: number) => boolean, layer: (a: Value, b: Value | number) => Value) =>
  binary((a, b) => Number(evaluatePair(a, b)), layer, 'bool');

/** 1 where x is a number, 0 where it is NaN. */
const isNumber = (x: Value): Value => x.equal(x);

const where: Operator = {
  evaluate(call, xs) {
    const [condition, a, b] = xs as readonly Tensor[];
    return [spread(call, [condition, a, b], (flag, x, y) => (flag === 0 ? y : x), a.type)];
  },
  layers(call, xs) {
    const [condition, a, b] = xs as readonly Item[];
    const { values, axes, stored } = align(call, [condition, a, b]);
    return [{ type: a.type, axes, stored, value: values[0].where(values[1], values[2]) }];
  },
};

export const comparisonOperators = {
  And: comparison(
    (a, b) => a !== 0 && b !== 0,
    (a, b) => a.times(b),
  ),
  Equal: comparison(
    (a, b) => a === b,
    (a, b) => a.equal(b),
  ),
  Greater: comparison(
    (a, b) => a > b,
    (a, b) => a.above(b),
  ),
  GreaterOrEqual: comparison(
    (a, b) => a >= b,
    (a, b) => a.above(b).plus(a.equal(b)),
  ),
  IsInf: unary(
    (x, call) => {
      if (x === Number.POSITIVE_INFINITY) return Number(call.int('detect_positive', 1) !== 0);
      return Number(x === Number.NEGATIVE_INFINITY && call.int('detect_negative', 1) !== 0);
    },
    (x, call) => {
      const isInfinite = isNumber(x).minus(isNumber(x.times(0))); // ∞ · 0 is NaN
      const isPositive = call.int('detect_positive', 1) !== 0;
      const isNegative = call.int('detect_negative', 1) !== 0;
      if (isPositive && isNegative) return isInfinite;
      const hasSign = isPositive ? x.above(0) : isNegative ? x.below(0) : x.times(0);
      return isInfinite.times(hasSign);
    },
    'bool',
  ),
  IsNaN: unary(
    (x) => Number(Number.isNaN(x)),
    (x) => isNumber(x).equal(0),
    'bool',
  ),
  Less: comparison(
    (a, b) => a < b,
    (a, b) => a.below(b),
  ),
  LessOrEqual: comparison(
    (a, b) => a <= b,
    (a, b) => a.below(b).plus(a.equal(b)),
  ),
  Not: unary(
    (x) => Number(x === 0),
    (x) => x.equal(0),
    'bool',
  ),
  Or: comparison(
    (a, b) => a !== 0 || b !== 0,
    (a, b) => a.maximum(b),
  ),
  Where: where,
  Xor: comparison(
    (a, b) => (a !== 0) !== (b !== 0),
    (a, b) => a.minus(b).abs(),
  ),
} satisfies Record<string, Operator>;

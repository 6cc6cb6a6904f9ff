import type { Value } from '@gradloom/core';
import { align } from '../align.ts';
import { type Call, type Item, isConstant } from '../call.ts';
import type { Rows } from '../rows.ts';
import { isFloating, type Tensor } from '../tensor.ts';
import type { Operator } from './operator.ts';
import { floor, layersOfTwo, scalar, spread, withoutFraction } from './scalars.ts';

/** Different constant exponents, each of which is a layer, at most. */
const MAX_EXPONENTS = 32;

/** xᵖ of two values, as |x|ᵖ = e^(p ln |x|) with the sign that a whole exponent gives it, and NaN with another. */
function powerOf(x: Value, p: Value): Value {
  const size = x.abs().log().times(p).exp();
  const isEven = p.times(0.5).equal(floor(p.times(0.5)));
  const isWhole = p.equal(floor(p));
  const signed = size.times(isEven.times(2).minus(1)).times(isWhole.over(isWhole));
  const isZero = p.equal(0); // and 0 · ln 0 would be NaN
  return isZero.where(isZero, x.below(0).where(signed, size));
}

/** xᵖ, in the type of x. */
const power: Operator = {
  evaluate(call, xs) {
    const [x, p] = xs as readonly Tensor[];
    const cut = isFloating(x.type) ? (y: number) => y : Math.trunc;
    return [spread(call, [x, p], (base, exponent) => cut(base ** exponent), x.type)];
  },
  layers(call, xs) {
    const [x, p] = xs as readonly Item[];
    if (!isConstant(p) || isConstant(x)) {
      const { values, axes, stored } = align(call, [x, p]);
      const value = powerOf(values[0], values[1]);
      const isExact = isFloating(x.type);
      const toWhole = (y: Value): Value => (isFloating(p.type) ? withoutFraction(y) : y.through({ kind: 'round' }));
      return [{ type: x.type, axes, stored, value: isExact ? value : toWhole(value) }];
    }
    return [powerOfConstants(call, x, p)];
  },
};

/** Powers by constants: a layer for each different exponent, exact for whole ones up to 32. */
function powerOfConstants(call: Call, x: Rows, p: Tensor): Item {
  const exponents = [...new Set(p.numbers)];
  if (exponents.length > MAX_EXPONENTS) throw call.fault(`${exponents.length} exponents`, `at most ${MAX_EXPONENTS}`);
  const powers = exponents.map((exponent): Item => {
    const value = x.value.through({ kind: 'power', exponent });
    const isWhole = isFloating(x.type) || (Number.isInteger(exponent) && exponent >= 0);
    return { ...x, value: isWhole ? value : withoutFraction(value) };
  });
  if (p.numbers.length === 1 && p.dims.length <= x.axes.length) return powers[0];
  return powers.reduce((others, y, k) => {
    const [isExponent] = call.apply('Equal', [p, scalar(p.type, exponents[k])]);
    return call.apply('Where', [isExponent, y, others])[0];
  }, powers[0]);
}

/** The rest of a / b, with the sign of b, or, with `fmod`, of a. */
const rest: Operator = {
  evaluate(call, xs) {
    const isOfFirst = call.int('fmod', 0) !== 0;
    const [a, b] = xs as readonly Tensor[];
    return [
      spread(call, [a, b], (x, y) => {
        const remainder = x % y;
        return isOfFirst || remainder === 0 || remainder < 0 === y < 0 ? remainder : remainder + y;
      }),
    ];
  },
  layers: (call, xs) => [
    layersOfTwo(call, xs[0] as Item, xs[1] as Item, (a, b) => {
      const quotient = a.over(b);
      const wholeQuotient = call.int('fmod', 0) === 0 ? floor(quotient) : withoutFraction(quotient);
      return a.minus(wholeQuotient.times(b));
    }),
  ],
};

/** Bits of an integer type. */
const bitsOf = (type: string): number => Number(/^[a-z]+(\d+)$/.exec(type)?.[1] ?? 0);

/** a · 2ᵇ without the bits that the type has no room for, or the whole part of a / 2ᵇ. */
const bitShift: Operator = {
  evaluate(call, xs) {
    const [a, b] = xs as readonly Tensor[];
    const bits = 2 ** bitsOf(a.type);
    return [spread(call, [a, b], isLeft(call) ? (x, n) => (x * 2 ** n) % bits : (x, n) => Math.floor(x / 2 ** n))];
  },
  layers(call, xs) {
    const [a, b] = xs as readonly Item[];
    if (!isConstant(b)) throw call.fault('a number of bits that depends on its inputs', 'a constant');
    const factor = spread(call, [b], (n) => 2 ** n);
    if (!isLeft(call)) return call.apply('Div', [a, { ...factor, type: a.type }]);
    const [shiftedNumber] = call.apply('Mul', [a, { ...factor, type: a.type }]);
    return call.apply('Mod', [shiftedNumber, scalar(a.type, 2 ** bitsOf(a.type))]);
  },
};

const isLeft = (call: Call): boolean => call.text('direction', '') === 'LEFT';

/** -1 - x, and of a type without signs 2ⁿ - 1 - x. */
const bitwiseNot: Operator = {
  evaluate: (call, [x]) => [spread(call, [x as Tensor], (value) => highestOf(x as Item) - value)],
  layers(_call, [x]) {
    const rows = x as Rows;
    return [{ ...rows, value: rows.value.negate().plus(highestOf(rows)) }];
  },
};

const highestOf = ({ type }: Item): number => (type.startsWith('u') ? 2 ** bitsOf(type) - 1 : -1);

export const powerOperators = { BitShift: bitShift, BitwiseNot: bitwiseNot, Mod: rest, Pow: power } satisfies Record<
  string,
  Operator
>;

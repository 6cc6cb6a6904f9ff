import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, finite, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import type { ScalarName } from '../../families/scalars/index.ts';
import { shapeText } from '../shape.ts';
import { formulaLayer } from './formula.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { sumOf } from './plus.ts';

const functionOptions = defineOptions('function', {});

/** Options of a function of one value, or of three: none. */
export interface FunctionOptions extends OptionsOf<typeof functionOptions.table>, Named {}

const operationOptions = defineOptions('operation', {
  /** A number in place of the second value. @default none: two values are read */
  value: finite(),
});

/** Options of an operation on two values, which are spread over each other's axes as in NumPy. */
export interface OperationOptions extends OptionsOf<typeof operationOptions.table>, Named {}

const powerOptions = defineOptions('power', {
  /** Exponent. A negative number has powers by whole exponents from -32 to 32 alone; others are NaN. */
  exponent: required(() => finite()),
});

/** Options of a power. */
export interface PowerOptions extends OptionsOf<typeof powerOptions.table>, Named {}

const clipOptions = defineOptions('clip', {
  /** Lower limit. @default none */
  min: finite(),
  /** Upper limit. @default none */
  max: finite(),
});

/** Options of a clip: a limit or two. */
export interface ClipOptions extends OptionsOf<typeof clipOptions.table>, Named {}

type Context = Pick<LayerContext, 'inputs'>;

/** The shapes of so many values. The builder refuses a layer that is given other numbers of them. */
const shapesOf = ({ inputs }: Context, count: number) =>
  Array.from({ length: count }, (_, k) => inputs[k] ?? inputs[0]);

/** The layer of a function of `count` values. */
const functionOf =
  (kind: ScalarName, count = 1) =>
  (options: FunctionOptions, context: Context): Layer => {
    defineOptions(kind, functionOptions.table).read(options);
    return formulaLayer(kind, shapesOf(context, count), (terms, values) => terms[kind](...values));
  };

/** The layer of an operation on two values, or on a value and a number. */
const operationOf =
  (kind: ScalarName) =>
  (options: OperationOptions, context: Context): Layer => {
    const { value } = defineOptions(kind, operationOptions.table).read(options);
    return formulaLayer(kind, shapesOf(context, value === undefined ? 2 : 1), (terms, [a, b]) =>
      terms[kind](a, value === undefined ? b : terms.constant(value)),
    );
  };

/** Operations on two values, or on a value and a number. */
const operations = {
  /** y = a - b. */
  minus: operationOf('minus'),
  /** y = a · b. */
  times: operationOf('times'),
  /** y = a / b. */
  over: operationOf('over'),
  /** y = the lesser of a and b, NaN if one is NaN. Of equal numbers a takes the gradient. */
  minimum: operationOf('minimum'),
  /** y = the greater of a and b, NaN if one is NaN. Of equal numbers a takes the gradient. */
  maximum: operationOf('maximum'),
  /** y = 1 where a > b, else 0. It has no gradient. */
  above: operationOf('above'),
  /** y = 1 where a < b, else 0. It has no gradient. */
  below: operationOf('below'),
  /** y = 1 where a = b, else 0. It has no gradient. */
  equal: operationOf('equal'),
};

/** Functions of one value, and `where` of three. */
const functions = {
  /** y = -x. */
  negate: functionOf('negate'),
  /** y = |x|. The slope at 0 is taken as 0. */
  abs: functionOf('abs'),
  /** y = eˣ. */
  exp: functionOf('exp'),
  /** y = ln x. */
  log: functionOf('log'),
  /** y = √x. */
  sqrt: functionOf('sqrt'),
  /** y = x². */
  square: functionOf('square'),
  /** y = 1 or -1; x itself if it is a zero or NaN. It has no gradient. */
  sign: functionOf('sign'),
  /** y = the largest whole number up to x. It has no gradient. */
  floor: functionOf('floor'),
  /** y = the smallest whole number from x on. It has no gradient. */
  ceil: functionOf('ceil'),
  /** y = the whole number nearest to x, of two the even one. It has no gradient. */
  round: functionOf('round'),
  /** y = sin x, x in radians. */
  sin: functionOf('sin'),
  /** y = cos x, x in radians. */
  cos: functionOf('cos'),
  /** y = the error function of x. */
  erf: functionOf('erf'),
  /** y = b where a is not 0, else c, of three values a, b and c. a has no gradient. */
  where: functionOf('where', 3),
};

const spreadSum = operationOf('plus');

/** y = a + b. Values of two shapes are spread over each other's axes as in NumPy, here as in the operations below. */
function plus(options: OperationOptions, context: Context): Layer {
  const { value } = defineOptions('plus', operationOptions.table).read(options);
  const [a, b] = shapesOf(context, 2);
  if (value !== undefined || String(a) !== String(b)) return spreadSum(options, context);
  return { ...sumOf(a), label: `plus(${shapeText(a)})` };
}

/** y = xᵖ for a number p. */
function power(options: PowerOptions, context: Context): Layer {
  const { exponent } = powerOptions.read(options);
  return formulaLayer('power', shapesOf(context, 1), (terms, [x]) => terms.power(x, exponent));
}

/** y = x, but at least `min` and at most `max`. The slope is 1 within the limits and at them, and 0 outside. */
function clip(options: ClipOptions, context: Context): Layer {
  const { min, max } = clipOptions.read(options);
  if (min === undefined && max === undefined)
    throw new OptionError('clip', 'min', 'is missing, as is max, expected one');
  if (min !== undefined && max !== undefined && min > max) {
    throw new OptionError('clip', ['min', 'max'], `has ${min}, expected at most max, which is ${max}`);
  }
  return formulaLayer('clip', shapesOf(context, 1), (terms, [x]) => {
    if (min === undefined) return terms.minimum(x, terms.constant(max as number));
    return max === undefined ? terms.maximum(x, terms.constant(min)) : terms.clip(x, min, max);
  });
}

/** Layers that are functions of numbers, by kind. */
export const formulaLayers = { ...functions, ...operations, clip, plus, power };

/** A table with the keys of `object`, each of which has `value`. */
export const sameForAll = <Key extends string, Value>(object: Readonly<Record<Key, unknown>>, value: Value) =>
  Object.fromEntries(Object.keys(object).map((key) => [key, value])) as Readonly<Record<Key, Value>>;

/** The options of each of these layers. */
export const formulaLayerOptions = {
  ...sameForAll(functions, functionOptions.table),
  ...sameForAll(operations, operationOptions.table),
  clip: clipOptions.table,
  plus: operationOptions.table,
  power: powerOptions.table,
};

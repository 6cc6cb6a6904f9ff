import { checkObject } from '../checks/check.ts';
import type { OptionsBeside, SpecOfKind } from './builders.ts';

/** The values of `of` one after the other along the last axis, or along `axis`: `concat(['a', 'b'])`. */
export const concat = (of: readonly string[], options: OptionsBeside<'concat', 'of'> = {}): SpecOfKind<'concat'> => ({
  kind: 'concat',
  of,
  ...options,
});

/** Several outputs of a network by name, as its last layer: `heads({ digit: 'd', angle: 'a' })`. */
export function heads(of: Readonly<Record<string, string>>): SpecOfKind<'heads'> {
  checkObject('heads', 'of', of, 'names of layers by those of the outputs');
  return { kind: 'heads', names: Object.keys(of), of: Object.values(of) };
}

/** x[start:end] along the last axis, or `axis`: `slice(0, 10)`; lists are of the first axes: `slice([2], [-2])`. */
export const slice = (
  start: number | readonly number[],
  end?: number | readonly number[],
  options: OptionsBeside<'slice', 'start' | 'end'> = {},
): SpecOfKind<'slice'> => ({ kind: 'slice', start, ...(end === undefined ? {} : { end }), ...options });

/** The numbers of a row in another shape, in which one axis may be -1: `reshape([4, -1])`. */
export const reshape = (
  shape: readonly number[],
  options: OptionsBeside<'reshape', 'shape'> = {},
): SpecOfKind<'reshape'> => ({ kind: 'reshape', shape, ...options });

/** The axes of a row in reverse order, or in that of `axes`: `transpose({ axes: [1, 0, 2] })`. */
export const transpose = (options: OptionsBeside<'transpose'> = {}): SpecOfKind<'transpose'> => ({
  kind: 'transpose',
  ...options,
});

/** Further numbers before and after each axis of a row: `pad([[1, 1], 2, 0], { mode: 'reflect' })`. */
export const pad = (
  padding: SpecOfKind<'pad'>['padding'],
  options: OptionsBeside<'pad', 'padding'> = {},
): SpecOfKind<'pad'> => ({ kind: 'pad', padding, ...options });

/** x repeated along axes of length 1 to a shape: `expand([14, 14, -1])`. */
export const expand = (
  shape: readonly number[],
  options: OptionsBeside<'expand', 'shape'> = {},
): SpecOfKind<'expand'> => ({ kind: 'expand', shape, ...options });

/** x at these indices of the last axis, or of `axis`: `take([2, 0, 0])`. */
export const take = (
  indices: readonly number[],
  options: OptionsBeside<'take', 'indices'> = {},
): SpecOfKind<'take'> => ({ kind: 'take', indices, ...options });

/** Positions of a sequence or image resized to a size: `resize([14, 20], { mode: 'linear' })`. */
export const resize = (
  size: number | readonly number[],
  options: OptionsBeside<'resize', 'size'> = {},
): SpecOfKind<'resize'> => ({ kind: 'resize', size, ...options });

/** The sum over chosen axes of a row, or over all: `sum({ axis: -1 })`. */
export const sum = (options: OptionsBeside<'sum'> = {}): SpecOfKind<'sum'> => ({ kind: 'sum', ...options });

/** The mean over chosen axes of a row, or over all. */
export const mean = (options: OptionsBeside<'mean'> = {}): SpecOfKind<'mean'> => ({ kind: 'mean', ...options });

/** The largest number over chosen axes of a row, or over all. */
export const max = (options: OptionsBeside<'max'> = {}): SpecOfKind<'max'> => ({ kind: 'max', ...options });

/** log Σ exp(x) over chosen axes of a row, or over all. */
export const logSumExp = (options: OptionsBeside<'log-sum-exp'> = {}): SpecOfKind<'log-sum-exp'> => ({
  kind: 'log-sum-exp',
  ...options,
});

/** The index of the largest number along an axis, the last by default. It has no gradient. */
export const argmax = (options: OptionsBeside<'argmax'> = {}): SpecOfKind<'argmax'> => ({ kind: 'argmax', ...options });

/** exp(x) / Σ exp(x) along an axis, the last by default. */
export const softmax = (options: OptionsBeside<'softmax'> = {}): SpecOfKind<'softmax'> => ({
  kind: 'softmax',
  ...options,
});

/** The logarithm of softmax along an axis, the last by default. */
export const logSoftmax = (options: OptionsBeside<'log-softmax'> = {}): SpecOfKind<'log-softmax'> => ({
  kind: 'log-softmax',
  ...options,
});

/**
 * The product of the matrices of two values, the last two axes of each: `matmul(['q', 'k'], { transposeB: true })`. The
 * axes before them are broadcast as in NumPy.
 */
export const matmul = (
  of: readonly [string, string],
  options: OptionsBeside<'matmul', 'of'> = {},
): SpecOfKind<'matmul'> => ({ kind: 'matmul', of, ...options });

/** The positions of one value read those of another, by attention of H heads: `crossAttention(['x', 'memory'], 4)`. */
export const crossAttention = (
  of: readonly [string, string],
  heads: number,
  options: OptionsBeside<'cross-attention', 'of' | 'heads'> = {},
): SpecOfKind<'cross-attention'> => ({ kind: 'cross-attention', of, heads, ...options });

/** Values by their names, or the number that stands for the second of them; then the first is the layer before. */
export type Operands = readonly [string, string] | number;

/** The builder of an operation: `minus(['a', 'b'])`, or `minus(1)` for the layer before. */
export type OperationBuilder<K extends OperationKind> = (
  operands: Operands,
  options?: OptionsBeside<K, 'value'>,
) => SpecOfKind<K>;
/** Kinds of operations on two values. */
export type OperationKind = 'plus' | 'minus' | 'times' | 'over' | 'minimum' | 'maximum' | 'above' | 'below' | 'equal';

const operationBuilder =
  <K extends OperationKind>(kind: K): OperationBuilder<K> =>
  (operands, options) =>
    // The cast is safe: all these kinds have the same options.
    ({ kind, ...(typeof operands === 'number' ? { value: operands } : { of: operands }), ...options }) as SpecOfKind<K>;

/** y = a + b, values that are spread over each other's axes as in NumPy: `plus(['a', 'b'])`, or `plus(1)`. */
export const plus: OperationBuilder<'plus'> = operationBuilder('plus');
/** y = a - b. */
export const minus: OperationBuilder<'minus'> = operationBuilder('minus');
/** y = a · b. */
export const times: OperationBuilder<'times'> = operationBuilder('times');
/** y = a / b. */
export const over: OperationBuilder<'over'> = operationBuilder('over');
/** The lesser of two values. */
export const minimum: OperationBuilder<'minimum'> = operationBuilder('minimum');
/** The greater of two values. */
export const maximum: OperationBuilder<'maximum'> = operationBuilder('maximum');
/** 1 where a > b, else 0. */
export const above: OperationBuilder<'above'> = operationBuilder('above');
/** 1 where a < b, else 0. */
export const below: OperationBuilder<'below'> = operationBuilder('below');
/** 1 where a = b, else 0. */
export const equal: OperationBuilder<'equal'> = operationBuilder('equal');

/** The builder of a function of the layer before: `exp()`. */
export type FunctionBuilder<K extends FunctionKind> = (options?: OptionsBeside<K>) => SpecOfKind<K>;
/** Kinds of functions of one value. */
export type FunctionKind =
  | ('negate' | 'abs' | 'exp' | 'log' | 'sqrt' | 'square')
  | ('sign' | 'floor' | 'ceil' | 'round' | 'sin' | 'cos' | 'erf');

const functionBuilder =
  <K extends FunctionKind>(kind: K): FunctionBuilder<K> =>
  (options) =>
    // The cast is safe: these kinds have no options but those of all layers.
    ({ kind, ...options }) as SpecOfKind<K>;

/** -x. */
export const negate: FunctionBuilder<'negate'> = functionBuilder('negate');
/** |x|. */
export const abs: FunctionBuilder<'abs'> = functionBuilder('abs');
/** eˣ. */
export const exp: FunctionBuilder<'exp'> = functionBuilder('exp');
/** ln x. */
export const log: FunctionBuilder<'log'> = functionBuilder('log');
/** √x. */
export const sqrt: FunctionBuilder<'sqrt'> = functionBuilder('sqrt');
/** x². */
export const square: FunctionBuilder<'square'> = functionBuilder('square');
/** 1 or -1; 0 for 0. */
export const sign: FunctionBuilder<'sign'> = functionBuilder('sign');
/** The largest whole number up to x. */
export const floor: FunctionBuilder<'floor'> = functionBuilder('floor');
/** The smallest whole number from x on. */
export const ceil: FunctionBuilder<'ceil'> = functionBuilder('ceil');
/** The whole number nearest to x, of two the even one. */
export const round: FunctionBuilder<'round'> = functionBuilder('round');
/** sin x, x in radians. */
export const sin: FunctionBuilder<'sin'> = functionBuilder('sin');
/** cos x, x in radians. */
export const cos: FunctionBuilder<'cos'> = functionBuilder('cos');
/** The error function of x. */
export const erf: FunctionBuilder<'erf'> = functionBuilder('erf');

/** b where a is not 0, else c, of three values by their names: `where(['a', 'b', 'c'])`. */
export const where = (
  of: readonly [string, string, string],
  options: OptionsBeside<'where', 'of'> = {},
): SpecOfKind<'where'> => ({ kind: 'where', of, ...options });

/** xᵖ for a number p. */
export const power = (exponent: number, options: OptionsBeside<'power', 'exponent'> = {}): SpecOfKind<'power'> => ({
  kind: 'power',
  exponent,
  ...options,
});

/** x, but at least `min` and at most `max`: `clip({ min: 0, max: 6 })`. */
export const clip = (options: OptionsBeside<'clip'>): SpecOfKind<'clip'> => ({ kind: 'clip', ...options });

import { type ElementType, roundings } from './element-type.ts';
import * as float32 from './float32/index.ts';
import { FLUSH_BELOW } from './flush.ts';
import * as float64 from './index.ts';

/**
 * The operations that functions of numbers are written with, once for all that run them. In plain code V is a number
 * and C a boolean; a kernel's formula has values and conditions of its own, with the same bits.
 */
export interface ScalarMath<V, C> {
  /** Type of the numbers. */
  readonly type: ElementType;
  /** A number, rounded to the element type. */
  constant(x: number): V;
  /** x + y. */
  add(x: V, y: V): V;
  /** x - y. */
  subtract(x: V, y: V): V;
  /** x · y. */
  multiply(x: V, y: V): V;
  /** x / y. */
  divide(x: V, y: V): V;
  /** √x. */
  squareRoot(x: V): V;
  /** -x. */
  negative(x: V): V;
  /** |x|. */
  absolute(x: V): V;
  /** 1 or -1; x itself if it is a zero or NaN. */
  sign(x: V): V;
  /** x where x < y, else y. */
  lesser(x: V, y: V): V;
  /** x where x > y, else y. */
  greater(x: V, y: V): V;
  /** Whether x is less than y, and so on; false where one of them is NaN, but for 'notLess'. */
  compare(x: V, relation: 'less' | 'notLess' | 'atMost' | 'equal' | 'atLeast' | 'greater', y: V): C;
  /** x where the condition holds, else y. */
  choose(condition: C, x: V, y: V): V;
  /** x, or +0 if |x| is below the type's `FLUSH_BELOW`. NaN stays NaN. */
  flush(x: V): V;
  /** eˣ. */
  exp(x: V): V;
  /** eˣ for x ≤ 0, or NaN: takes less time in kernels. */
  expBelow(x: V): V;
  /** eˣ - 1. */
  expm1(x: V): V;
  /** eˣ - 1 for x ≤ 0, or NaN. */
  expm1Below(x: V): V;
  /** ln x. */
  log(x: V): V;
  /** ln(1 + x). */
  log1p(x: V): V;
  /** ln(1 + x) for 0 ≤ x ≤ 1, or NaN. */
  log1pWithin(x: V): V;
  /** tanh x. */
  tanh(x: V): V;
  /** erf x. */
  erf(x: V): V;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(x: V): V;
  /** sin x, x in radians; absent in kernels, as is cos. */
  sin?(x: V): V;
  /** cos x. */
  cos?(x: V): V;
}

/**
 * Arithmetic of one element type. Each function takes and returns numbers of the type, so plain code is written once
 * for all types, with `round` around every + - * / and square root.
 */
export interface RealMath extends ScalarMath<number, boolean> {
  /** The number of the type nearest to x. */
  round(x: number): number;
}

/**
 * One function literal makes the functions of both types: V8 identifies the target of a call by it, and so still
 * inlines it after a thread has run both types. Otherwise plain code would then take 20 times as long.
 */
function mathBy(type: ElementType, isFloat: boolean, below: number): RealMath {
  const round = roundings[type];
  const exp = (x: number): number => (isFloat ? float32.exp(x) : float64.exp(x));
  const expm1 = (x: number): number => (isFloat ? float32.expm1(x) : float64.expm1(x));
  const log1p = (x: number): number => (isFloat ? float32.log1p(x) : float64.log1p(x));
  return {
    type,
    round,
    constant: round,
    add: (x, y) => round(x + y),
    subtract: (x, y) => round(x - y),
    multiply: (x, y) => round(x * y),
    divide: (x, y) => round(x / y),
    squareRoot: (x) => round(Math.sqrt(x)),
    negative: (x) => -x,
    absolute: Math.abs,
    sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
    lesser: (x, y) => (x < y ? x : y),
    greater: (x, y) => (x > y ? x : y),
    compare(x, relation, y) {
      if (relation === 'less') return x < y;
      if (relation === 'notLess') return !(x < y);
      if (relation === 'greater') return x > y;
      if (relation === 'atLeast') return x >= y;
      return relation === 'atMost' ? x <= y : x === y;
    },
    choose: (condition, x, y) => (condition ? x : y),
    flush: (x) => (Math.abs(x) < below ? 0 : x),
    exp,
    expBelow: exp,
    expm1,
    expm1Below: expm1,
    log: (x) => (isFloat ? float32.log(x) : float64.log(x)),
    log1p,
    log1pWithin: log1p,
    tanh: (x) => (isFloat ? float32.tanh(x) : float64.tanh(x)),
    erf: (x) => (isFloat ? float32.erf(x) : float64.erf(x)),
    sigmoid: (x) => (isFloat ? float32.sigmoid(x) : float64.sigmoid(x)),
    sin: (x) => round(float64.sin(x)),
    cos: (x) => round(float64.cos(x)),
  };
}

const table: Readonly<Record<ElementType, RealMath>> = {
  float64: mathBy('float64', false /* isFloat */, FLUSH_BELOW.float64),
  float32: mathBy('float32', true /* isFloat */, FLUSH_BELOW.float32),
};

/** The functions of a type of elements. */
export const mathOf = (type: ElementType): RealMath => table[type];

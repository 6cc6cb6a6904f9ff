import { type ElementType, elementTypes } from '../../math/element-type.ts';
import { cos, sin } from '../../math/index.ts';
import { mathOf } from '../../math/real-math.ts';

/**
 * The operations that scalar functions are written with. In plain code V is a number and C a boolean; a kernel's
 * formula has values and conditions of its own, with the same bits.
 */
export interface ScalarMath<V, C> {
  /** Type of the numbers. */
  readonly type: ElementType;
  /** A number, rounded to the element type. */
  constant(x: number): V;
  add(x: V, y: V): V;
  subtract(x: V, y: V): V;
  multiply(x: V, y: V): V;
  divide(x: V, y: V): V;
  squareRoot(x: V): V;
  negative(x: V): V;
  absolute(x: V): V;
  /** 1 or -1; x itself if it is a zero or NaN. */
  sign(x: V): V;
  /** x where x > y, else y. */
  greater(x: V, y: V): V;
  /** Whether x is less than y, and so on; false where one of them is NaN. */
  compare(x: V, relation: 'less' | 'atMost' | 'equal' | 'atLeast' | 'greater', y: V): C;
  /** x where the condition holds, else y. */
  choose(condition: C, x: V, y: V): V;
  flush(x: V): V;
  exp(x: V): V;
  expm1(x: V): V;
  log(x: V): V;
  log1p(x: V): V;
  tanh(x: V): V;
  erf(x: V): V;
  sigmoid(x: V): V;
  /** Absent in kernels. */
  sin?(x: V): V;
  cos?(x: V): V;
}

/** One function literal for both types, as in `mathOf`. */
function plainMathBy(type: ElementType): ScalarMath<number, boolean> {
  const math = mathOf(type);
  const { round } = math;
  return {
    ...math,
    type,
    constant: round,
    add: (x, y) => round(x + y),
    subtract: (x, y) => round(x - y),
    multiply: (x, y) => round(x * y),
    divide: (x, y) => round(x / y),
    squareRoot: (x) => round(Math.sqrt(x)),
    negative: (x) => -x,
    absolute: Math.abs,
    sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
    greater: (x, y) => (x > y ? x : y),
    compare(x, relation, y) {
      if (relation === 'less') return x < y;
      if (relation === 'greater') return x > y;
      if (relation === 'atLeast') return x >= y;
      return relation === 'atMost' ? x <= y : x === y;
    },
    choose: (condition, x, y) => (condition ? x : y),
    sin: (x) => round(sin(x)),
    cos: (x) => round(cos(x)),
  };
}

const table = Object.fromEntries(elementTypes.map((type) => [type, plainMathBy(type)])) as Readonly<
  Record<ElementType, ScalarMath<number, boolean>>
>;

/** The operations in plain code, which define the bits. */
export const plainMathOf = (type: ElementType): ScalarMath<number, boolean> => table[type];

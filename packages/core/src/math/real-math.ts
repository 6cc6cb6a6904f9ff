import { type ElementType, roundings } from './element-type.ts';
import * as float32 from './float32/index.ts';
import { FLUSH_BELOW } from './flush.ts';
import * as float64 from './index.ts';

/**
 * What the arithmetic of one type of elements is made of. Each function takes numbers of the type and gives one, so
 * that plain code is written once for all types: with `round` around every + - * / and square root.
 */
export interface RealMath {
  /** The number of the type that is nearest to x. */
  round(x: number): number;
  /** x, or +0 where |x| is below `FLUSH_BELOW` of the type. NaN stays NaN. */
  flush(x: number): number;
  /** eˣ. */
  exp(x: number): number;
  /** eˣ - 1. */
  expm1(x: number): number;
  /** ln x. */
  log(x: number): number;
  /** ln(1 + x). */
  log1p(x: number): number;
  /** tanh x. */
  tanh(x: number): number;
  /** erf x. */
  erf(x: number): number;
  /** 1 / (1 + e⁻ˣ). */
  sigmoid(x: number): number;
}

/**
 * One literal of each function makes those of both types: V8 knows the target of a call by it, and so inlines it also
 * where a thread has run both types, in which plain code would else take 20 times as long.
 */
const mathBy = (type: ElementType, isFloat: boolean, below: number): RealMath => ({
  round: roundings[type],
  flush: (x) => (Math.abs(x) < below ? 0 : x),
  exp: (x) => (isFloat ? float32.exp(x) : float64.exp(x)),
  expm1: (x) => (isFloat ? float32.expm1(x) : float64.expm1(x)),
  log: (x) => (isFloat ? float32.log(x) : float64.log(x)),
  log1p: (x) => (isFloat ? float32.log1p(x) : float64.log1p(x)),
  tanh: (x) => (isFloat ? float32.tanh(x) : float64.tanh(x)),
  erf: (x) => (isFloat ? float32.erf(x) : float64.erf(x)),
  sigmoid: (x) => (isFloat ? float32.sigmoid(x) : float64.sigmoid(x)),
});

const table: Readonly<Record<ElementType, RealMath>> = {
  float64: mathBy('float64', false, FLUSH_BELOW.float64),
  float32: mathBy('float32', true, FLUSH_BELOW.float32),
};

/** The functions of a type of elements. */
export const mathOf = (type: ElementType): RealMath => table[type];

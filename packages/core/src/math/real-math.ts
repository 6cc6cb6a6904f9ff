import { type ElementType, roundings } from './element-type.ts';
import * as float32 from './float32/index.ts';
import { FLUSH_BELOW } from './flush.ts';
import * as float64 from './index.ts';

/**
 * Arithmetic of one element type. Each function takes and returns numbers of the type, so plain code is written once
 * for all types, with `round` around every + - * / and square root.
 */
export interface RealMath {
  /** The number of the type nearest to x. */
  round(x: number): number;
  /** x, or +0 if |x| is below the type's `FLUSH_BELOW`. NaN stays NaN. */
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
 * One function literal makes the functions of both types: V8 identifies the target of a call by it, and so still
 * inlines it after a thread has run both types. Otherwise plain code would then take 20 times as long.
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
  float64: mathBy('float64', false /* isFloat */, FLUSH_BELOW.float64),
  float32: mathBy('float32', true /* isFloat */, FLUSH_BELOW.float32),
};

/** The functions of a type of elements. */
export const mathOf = (type: ElementType): RealMath => table[type];

import type { ElementType } from '../element-type.ts';
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

const { exp, expm1, log, log1p, tanh, erf, sigmoid, flush } = float64;

const table = {
  float64: { round: (x) => x, flush, exp, expm1, log, log1p, tanh, erf, sigmoid },
  float32: {
    round: Math.fround,
    flush: (x) => (Math.abs(x) < FLUSH_BELOW.float32 ? 0 : x),
    exp: float32.exp,
    expm1: float32.expm1,
    log: float32.log,
    log1p: float32.log1p,
    tanh: float32.tanh,
    erf: float32.erf,
    sigmoid: float32.sigmoid,
  },
} satisfies Record<ElementType, RealMath>;

/** The functions of a type of elements. */
export const mathOf = (type: ElementType): RealMath => table[type];

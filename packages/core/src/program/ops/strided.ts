import { defineOps, geometry, inout, input, number, operation } from '../op.ts';
import { stridedAdd, stridedCopy, stridedFill, stridedScale } from '../reference/strided.ts';

/** Operations on numbers at equal distances along axes. */
export const stridedOps = defineOps({
  /** y = x. */
  stridedCopy: operation(stridedCopy, { y: inout('Y'), x: input('X'), geometry }),
  /** y = 0 + factor · x. */
  stridedScale: operation(stridedScale, { y: inout('Y'), x: input('X'), geometry, factor: number }),
  /** y += factor · x. */
  stridedAdd: operation(stridedAdd, { y: inout('Y'), x: input('X'), geometry, factor: number }),
  /** y = value. */
  stridedFill: operation(stridedFill, { y: inout('Y'), value: number, geometry }),
});

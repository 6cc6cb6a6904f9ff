import type { Elements } from '../../math/element-type.ts';
import { viewOf } from '../../math/scratch.ts';
import { addressOf } from '../../program/address.ts';
import type { FixedCall } from '../../program/kernels.ts';
import type { channelDropout, dropout } from '../../program/reference/dropout.ts';
import type { CodeLayout } from '../code.ts';
import { CHUNK, WORD } from '../kernels/dropout.ts';
import { type BindCall, bindByName } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Makes calls of dropout and channel-dropout; null for others. */
export function createDropout(
  layout: CodeLayout,
  { maskOf, bytes }: PanelMemory,
  scratch: Float64Array, // [DROPOUT_SCRATCH]
): BindCall {
  const { width } = layout;

  /** y[B,R,C] = x · m[B,C]. */
  function bindDropout(
    y: Elements,
    x: Elements,
    stepAndRow: Float64Array,
    B: number,
    R: number,
    C: number,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): FixedCall[] {
    if (B === 0) return [];
    const columns = C % CHUNK;
    const rest = columns % width;
    return [
      // In the order of `dropoutArguments`.
      [
        layout.dropout,
        addressOf(y),
        addressOf(x),
        addressOf(scratch),
        maskOf(rest),
        B,
        R,
        (C - columns) / CHUNK,
        columns,
        (columns - rest) / width,
        rest,
        bytes * C,
        bytes * R * C,
        WORD + (key0 >>> 0),
        WORD + (key1 >>> 0),
        WORD + threshold,
        WORD + 0, // block
        factor,
        viewOf(stepAndRow, 1, 1),
        viewOf(stepAndRow, 0, 1),
      ],
    ];
  }

  return bindByName({
    dropout: (...[y, x, stepAndRow, B, size, ...others]: Parameters<typeof dropout>) =>
      bindDropout(y, x, stepAndRow, B, 1 /* position */, size, ...others),
    channelDropout: (...[y, x, , stepAndRow, ...others]: Parameters<typeof channelDropout>) =>
      bindDropout(y, x, stepAndRow, ...others),
  });
}

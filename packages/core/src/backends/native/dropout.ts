import type { Elements } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { channelDropout, dropout } from '../../program/reference/dropout.ts';
import type { BindCall, CallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { CHUNK, dropoutArguments, WORD } from './kernels/dropout.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Numbers of y below which WebAssembly computes as fast. */
const MIN_NUMBERS = 64;

/** Makes calls of dropout and channel-dropout; null for others, and for short ones. */
export function createDropout(
  layout: CodeLayout,
  tape: CallTape,
  { maskOf, bytes }: Pick<PanelMemory, 'maskOf' | 'bytes'>,
  scratch: Float64Array, // [DROPOUT_SCRATCH]
): BindCall {
  const { width } = layout;
  const scratchAt = addressOf(scratch);

  /** y[B,R,C] = x · m[B,C]. */
  function bindDropout(
    y: Elements,
    x: Elements,
    place: Float64Array,
    B: number,
    R: number,
    C: number,
    key0: number,
    key1: number,
    threshold: number,
    factor: number,
  ): (() => void) | null {
    if (B * R * C < MIN_NUMBERS) return null;
    const [yAt, xAt] = [addressOf(y), addressOf(x)];
    const columns = C % CHUNK;
    const rest = columns % width;
    const [mask, chunks, vectors] = [maskOf(rest), (C - columns) / CHUNK, (columns - rest) / width];
    const [position, row] = [bytes * C, bytes * R * C];
    return () => {
      const step = place[0];
      const first = place[1];
      tape.write(
        dropoutArguments,
        layout.dropout,
        yAt,
        xAt,
        scratchAt,
        mask,
        B,
        R,
        chunks,
        columns,
        vectors,
        rest,
        position,
        row,
        WORD + (key0 >>> 0),
        WORD + (key1 >>> 0),
        WORD + (first >>> 0),
        WORD + (step >>> 0),
        WORD + ((step / 4294967296) >>> 0),
        WORD + threshold,
        factor,
        WORD,
      );
      tape.run();
    };
  }

  return ({ op, args }) => {
    if (op.name === 'dropout') {
      const [y, x, place, B, size, ...others] = args as Parameters<typeof dropout>;
      return bindDropout(y, x, place, B, 1, size, ...others);
    }
    if (op.name === 'channelDropout') {
      const [y, x, , place, ...others] = args as Parameters<typeof channelDropout>;
      return bindDropout(y, x, place, ...others);
    }
    return null;
  };
}

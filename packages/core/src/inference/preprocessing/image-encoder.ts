import type { Elements } from '../../math/element-type.ts';
import type { ChannelScale, ImageEncoding } from './preprocessing.ts';

/** Number of inputs of an image. */
export const widthOfImage = ({ height, width, channels }: ImageEncoding): number => height * width * channels;

/**
 * x = (x - mean) / deviation for the numbers of x from `from` to `to`, whose channels alternate. The difference and the
 * quotient are rounded by `round`, as mean and deviation are. Overwrites x.
 */
export function standardizeChannels(
  x: Elements, // in and out
  from: number,
  to: number,
  { mean, deviation }: ChannelScale, // [C]
  round: (value: number) => number,
): void {
  const C = mean.length;
  for (let c = 0; c < C; c++) {
    const center = round(mean[c]);
    const scale = round(deviation[c]);
    for (let i = from + c; i < to; i += C) x[i] = round(round(x[i] - center) / scale);
  }
}

/** Encodes the bytes of an image [height, width, channels] as inputs from `offset` on, in the type that `round` gives. */
export function encodeImage(
  x: Float64Array, // out
  offset: number,
  pixels: ArrayLike<number>,
  { divisor, scale }: ImageEncoding,
  round: (value: number) => number,
): void {
  const over = round(divisor);
  for (let i = 0; i < pixels.length; i++) x[offset + i] = round(pixels[i] / over);
  if (scale !== undefined) standardizeChannels(x, offset, offset + pixels.length, scale, round);
}

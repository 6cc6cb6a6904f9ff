import type { Elements, ElementType } from '../../math/element-type.ts';
import type { ChannelScale, ImageEncoding } from './preprocessing.ts';

/** Number of inputs of an image. */
export const widthOfImage = ({ height, width, channels }: Omit<ImageEncoding, 'divisor'>): number =>
  height * width * channels;

/**
 * x = (x - mean) / deviation for the numbers of x from `from` to `to`, whose channels alternate. Mean, deviation,
 * difference and quotient are rounded to `type`. Overwrites x.
 */
export function standardizeChannels(
  x: Elements, // in and out
  from: number,
  to: number,
  { mean, deviation }: ChannelScale, // [C]
  type: ElementType,
): void {
  const C = mean.length;
  for (let c = 0; c < C; c++) {
    const [center, scale] = [mean[c], deviation[c]];
    if (type === 'float64') for (let i = from + c; i < to; i += C) x[i] = (x[i] - center) / scale;
    else standardizeFloats(x, from + c, to, C, Math.fround(center), Math.fround(scale));
  }
}

function standardizeFloats(x: Elements, from: number, to: number, C: number, center: number, scale: number): void {
  for (let i = from; i < to; i += C) x[i] = Math.fround(Math.fround(x[i] - center) / scale);
}

/** Encodes the bytes of an image [height, width, channels] as inputs of `type` from `offset` on. */
export function encodeImage(
  x: Elements, // out
  offset: number,
  pixels: ArrayLike<number>,
  { divisor, scale }: Pick<ImageEncoding, 'divisor' | 'scale'>,
  type: ElementType,
): void {
  const round = type === 'float32' ? Math.fround : Number;
  const roundedDivisor = round(divisor);
  for (let i = 0; i < pixels.length; i++) x[offset + i] = round(pixels[i] / roundedDivisor);
  if (scale !== undefined) standardizeChannels(x, offset, offset + pixels.length, scale, type);
}

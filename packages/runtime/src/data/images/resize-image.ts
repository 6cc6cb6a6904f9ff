import { option } from '@gradloom/core/internal';
import { checkImage, type Image, withChannels } from './image.ts';
import type { ImageSize } from './image-options.ts';

/** The pixels of an image in another size and number of channels [height, width, channels]. */
export const fitImage = (image: Image, { width, height, channels }: ImageSize & Pick<Image, 'channels'>): Uint8Array =>
  withChannels(resizeImage(image, width, height), channels).pixels;

/** Fractional bits of a fixed-point weight: a sum of weighted bytes fits into 32 bits. */
const BITS = 22;

/**
 * Resizes by bilinear interpolation. When shrinking, the triangle filter widens so that every pixel counts. Columns
 * first, then rows, each rounded to bytes: bit-identical to Pillow's `resize` with `BILINEAR`.
 */
export function resizeImage(image: Image, width: number, height: number): Image {
  checkImage('resizeImage', image);
  for (const [name, side] of Object.entries({ width, height })) option.positiveInteger.check('resizeImage', name, side);
  const { channels } = image;
  let { pixels } = image;
  if (image.width !== width) {
    pixels = resample(pixels, image.height, image.width, width, channels);
  }
  if (image.height !== height) {
    pixels = resample(pixels, 1, image.height, height, width * channels);
  }
  return { width, height, channels, pixels };
}

/** Resamples the middle axis: [outer, from, inner] to [outer, to, inner]. */
function resample(pixels: Uint8Array, outer: number, from: number, to: number, inner: number): Uint8Array {
  const out = new Uint8Array(outer * to * inner);
  for (let o = 0; o < to; o++) {
    const { first, weights } = triangle(from, to, o);
    for (let row = 0; row < outer; row++) {
      for (let i = 0; i < inner; i++) {
        let sum = 1 << (BITS - 1); // one half, to round
        for (let k = 0; k < weights.length; k++) sum += weights[k] * pixels[(row * from + first + k) * inner + i];
        out[(row * to + o) * inner + i] = sum >> BITS;
      }
    }
  }
  return out;
}

/** The weights of the source pixels around output position `o`, in fixed point. */
function triangle(from: number, to: number, o: number): { first: number; weights: readonly number[] } {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const center = (o + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - support + 0.5));
  const end = Math.min(from, Math.trunc(center + support + 0.5));
  const weights = Array.from({ length: end - first }, (_, k) => {
    return Math.max(0, 1 - Math.abs((k + first - center + 0.5) * (1 / support)));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { first, weights: weights.map((weight) => Math.trunc(0.5 + (weight / sum) * 2 ** BITS)) };
}

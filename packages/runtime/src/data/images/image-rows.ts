import { showPath } from '@gradloom/core/internal';
import { sharedArrays } from '../number-types.ts';
import { type Image, withChannels } from './image.ts';
import type { ImageSize } from './image-options.ts';

/** Collects the images of a set into rows. */
export interface ImageRows {
  add(path: string, image: Image): void;
  finished(): ImageShape & { readonly array: Uint8Array<SharedArrayBuffer> };
}

/** Size and channels, equal for all images of a set. */
export interface ImageShape extends ImageSize {
  readonly channels: 1 | 3;
  readonly of: string; // path of the first image, for messages
}

/**
 * Allocates room for `count` images. Unless `channels` is given, grey images keep one channel until the first coloured
 * image.
 */
export function createImageRows(
  where: string,
  count: number,
  size: ImageSize | undefined, // size to resize to
  channels: 1 | 3 | undefined,
  like?: ImageShape, // shape of another set; default: that of the first image
): ImageRows {
  let shape = like;
  let array: Uint8Array<SharedArrayBuffer> | undefined;
  let added = 0;

  /** Sets the shape from this image and allocates the rows. */
  function begin(path: string, image: Image): ImageShape {
    shape ??= { ...(size ?? image), channels: channels ?? image.channels, of: path };
    const { width, height } = shape;
    const wanted = channels ?? like?.channels ?? (image.channels === 3 ? 3 : shape.channels);
    if (array === undefined || wanted !== shape.channels) {
      const wider = sharedArrays.uint8(count * width * height * wanted);
      if (array !== undefined) wider.set(withChannels(stored(array, shape), wanted).pixels);
      array = wider;
    }
    return { width, height, channels: wanted, of: shape.of };
  }

  const stored = (pixels: Uint8Array, { width, height }: ImageSize): Image => {
    const used = added * width * height;
    return { width, height: height * added, channels: 1, pixels: pixels.subarray(0, used) };
  };

  return {
    add(path, image) {
      const resized = size === undefined ? image : resizeImage(image, size.width, size.height);
      shape = begin(path, resized);
      const { width, height, channels: wanted } = shape;
      if (resized.width !== width || resized.height !== height) {
        const has = `${image.width} x ${image.height} pixels`;
        const advice = `those of ${showPath(shape.of)}; size=${width}x${height} resizes all`;
        throw new Error(`${where}: ${showPath(path)} has ${has}, expected ${width} x ${height} (${advice})`);
      }
      array?.set(withChannels(resized, wanted).pixels, added * width * height * wanted);
      added++;
    },
    finished() {
      if (shape === undefined || array === undefined) throw new Error(`${where}: no images, expected at least one`);
      return { ...shape, array };
    },
  };
}

/** Fractional bits of a fixed-point weight: a sum of weighted bytes fits into 32 bits. */
const BITS = 22;

/**
 * Resizes by bilinear interpolation. When shrinking, the triangle filter widens so that every pixel counts. Columns
 * first, then rows, each rounded to bytes: bit-identical to Pillow's `resize` with `BILINEAR`.
 */
export function resizeImage(image: Image, width: number, height: number): Image {
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
        let sum = 1 << (BITS - 1);
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

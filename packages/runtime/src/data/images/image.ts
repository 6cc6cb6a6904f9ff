import { OptionError } from '@gradloom/core';
import { checkObject, option, show } from '@gradloom/core/internal';

/** An image with 8 bits per value: [height, width, channels], grey or RGB. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
  /** Bits that values of a 16-bit file take, 8 to 16. @default the file has 8 bits or fewer per value */
  readonly bits?: number;
}

/** Maximum number of pixels of an image: 100 megapixels, more than cameras take. */
export const MAX_PIXELS = 1e8;

/** @throws Error unless the pixels are as many as the size says. */
export function checkImage(where: string, image: Omit<Image, 'channels'> & { readonly channels: number }): void {
  const { width, height, channels, pixels } = checkObject(where, 'image', image, '{ width, height, channels, pixels }');
  for (const [name, side] of Object.entries({ width, height })) option.positiveInteger.check(where, name, side);
  option.wholeNumber(1, 4).check(where, 'channels', channels);
  const numbers = width * height * channels;
  if (pixels instanceof Uint8Array && pixels.length === numbers) return;
  throw new OptionError(where, 'pixels', `has ${show(pixels)}, expected ${numbers} bytes (width · height · channels)`);
}

/** @throws Error if the size in an image's header is not possible. */
export function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width > 0 && height > 0 && width * height <= maxPixels) return;
  throw new Error(`${width} x ${height} pixels, expected 1 to ${maxPixels}`);
}

/** Converts the image to grey or RGB. Grey is 0.299 R + 0.587 G + 0.114 B, rounded as Pillow rounds it. */
export function withChannels(image: Image, channels: 1 | 3): Image {
  if (image.channels === channels) return image;
  const count = image.width * image.height;
  const pixels = new Uint8Array(count * channels);
  const from = image.pixels;
  for (let i = 0; i < count; i++) {
    if (channels === 3) pixels.fill(from[i], 3 * i, 3 * i + 3);
    // The factors in units of 2^-16, and one half to round.
    else pixels[i] = (from[3 * i] * 19595 + from[3 * i + 1] * 38470 + from[3 * i + 2] * 7471 + 0x8000) >> 16;
  }
  return { ...image, channels, pixels };
}

import { OptionError } from '@gradloom/core';
import { checkKeys, option, show } from '@gradloom/core/internal';
import type { Image } from './image.ts';

/** Options of `loadImageFolder`. */
export interface ImageOptions {
  /** Name of the dataset in messages. @default the name of the folder */
  name?: string;
  /** The allowed class names, in the order of their indices. @default the names of the folders, sorted */
  classNames?: readonly string[];
  /** Resizes all images to this size: '28x28', width by height, or 28. @default their size, or the median of several */
  size?: string | number;
  /** 1 for grey, 3 for red, green and blue. @default 1 if all images are grey, else 3 */
  channels?: 1 | 3;
  /**
   * Bits of 16-bit values, 8 to 16: a byte has the upper 8 of these, and is 255 for larger values.
   * @default those that the largest value of all images takes
   */
  bits?: number;
  /** Divisor of the bytes. @default 255 */
  divisor?: number;
}

/** The size of all images. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Size, channels and bits of 16-bit values, equal for all images of a set. */
export type ImageShape = ImageSize & Pick<Image, 'channels' | 'bits'>;

const IMAGE_OPTIONS: (keyof ImageOptions)[] = ['name', 'classNames', 'size', 'channels', 'bits', 'divisor'];

/** Larger than any image for a network. */
const MAX_SIDE = 10_000;

/** The requested size. @throws OptionError for an unknown option or an invalid value. */
export function checkImageOptions(where: string, options: ImageOptions): ImageSize | undefined {
  checkKeys(where, options, IMAGE_OPTIONS);
  const { size, channels, bits, divisor } = options;
  if (channels !== undefined && channels !== 1 && channels !== 3) {
    throw new OptionError(where, 'channels', `has ${show(channels)}, expected 1 (grey) or 3 (red, green and blue)`);
  }
  if (bits !== undefined) option.wholeNumber(8, 16).check(where, 'bits', bits);
  if (divisor !== undefined) option.notZero.check(where, 'divisor', divisor);
  return size === undefined ? undefined : checkSize(where, size);
}

/** The decision on values of 16 bits, unless the option `bits` of `name` makes it. */
export function decisionOnBits(name: string, options: Pick<ImageOptions, 'bits'>, bits: number | undefined): string[] {
  if (bits === undefined || options.bits !== undefined) return [];
  const division = `values are divided by ${2 ** (bits - 8)}, to bytes (${name}bits=${bits === 16 ? 12 : 16} otherwise)`;
  return [`images of 16 bits a value use ${bits} of them: ${division}`];
}

/** The sides of a size such as '28x28', width by height, or 28. @throws OptionError for anything else. */
export function checkSize(where: string, size: unknown): ImageSize {
  const [, width, height = width] = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(String(size)) ?? [];
  const sides = { width: Number(width), height: Number(height) };
  if (Object.values(sides).every((side) => side >= 1 && side <= MAX_SIDE)) return sides;
  const expected = `a width and height of 1 to ${MAX_SIDE} pixels, such as 28x28`;
  throw new OptionError(where, 'size', `has ${show(size)}, expected ${expected}`);
}

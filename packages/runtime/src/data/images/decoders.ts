import type { Image } from './image.ts';
import type { ImageSize } from './image-options.ts';
import { decodeJpeg, JPEG_START, sizeOfJpeg } from './jpeg.ts';
import { decodePng, PNG_START, sizeOfPng } from './png.ts';

export { fitImage } from './resize-image.ts';

export interface ImageFormat {
  readonly name: string;
  /** The first bytes of its files, in hexadecimal. */
  readonly start: string;
  /** Decodes an image of at most `maxPixels`, and 16-bit values of `bits`. @throws Error saying what is wrong. */
  decode(bytes: Uint8Array, maxPixels?: number, bits?: number): Image;
  sizeOf(bytes: Uint8Array): ImageSize;
}

export const imageFormats: readonly ImageFormat[] = [
  { name: 'PNG', start: PNG_START, decode: decodePng, sizeOf: sizeOfPng },
  { name: 'JPEG', start: JPEG_START, decode: decodeJpeg, sizeOf: sizeOfJpeg },
];

import type { Image } from './image.ts';
import type { ImageSize } from './image-options.ts';
import { decodeJpeg, JPEG_START, sizeOfJpeg } from './jpeg.ts';
import { decodePng, PNG_START, sizeOfPng } from './png.ts';

export { fitImage } from './resize-image.ts';

/**
 * A format of image files: the first bytes in hexadecimal, its name, a decoder of images of at most `maxPixels`, and
 * the size in the header.
 */
export type Decoder = readonly [
  start: string,
  name: string,
  decode: (bytes: Uint8Array, maxPixels?: number) => Image,
  sizeOf: (bytes: Uint8Array) => ImageSize,
];

export const decoders: readonly Decoder[] = [
  [PNG_START, 'PNG', decodePng, sizeOfPng],
  [JPEG_START, 'JPEG', decodeJpeg, sizeOfJpeg],
];

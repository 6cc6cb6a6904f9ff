import type { Image } from './image.ts';
import { decodeJpeg, JPEG_START } from './jpeg.ts';
import { decodePng, PNG_START } from './png.ts';

export { fitImage } from './resize-image.ts';

/**
 * A format of image files: the first bytes in hexadecimal, its name, and a decoder of images of at most `mostPixels`.
 */
export type Decoder = readonly [start: string, name: string, decode: (bytes: Uint8Array, mostPixels?: number) => Image];

export const decoders: readonly Decoder[] = [
  [PNG_START, 'PNG', decodePng],
  [JPEG_START, 'JPEG', decodeJpeg],
];

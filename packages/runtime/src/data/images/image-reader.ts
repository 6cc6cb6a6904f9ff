import { reasonOf } from '@gradloom/core/internal';
import type { ImageFormat } from './decoders.ts';
import type { Image } from './image.ts';
import type { ImageShape, ImageSize } from './image-options.ts';

/** Pixels that further images may have in all. Reading an image subtracts its pixels. */
export interface PixelBudget {
  pixels: number;
}

/** Reads the bytes of an image file as a row of bytes. @throws Error that begins with `subject`. */
export type ImageReader = (subject: string, bytes: Uint8Array, budget?: PixelBudget) => Uint8Array;

/** Creates a reader of images in the size, colours and bits of a model. */
export async function createImageReader(encoding: ImageShape): Promise<ImageReader> {
  // Imported when needed: most processes read no images, and the decoders take a while to load. The module shares no
  // imports with others, so that the bundle of a thread is one file besides it.
  const { imageFormats, fitImage } = await import('./decoders.ts');
  return (subject, bytes, budget) => {
    const image = decodeImage(imageFormats, subject, bytes, encoding.bits, budget?.pixels);
    if (budget !== undefined) budget.pixels -= image.width * image.height;
    return fitImage(image, encoding);
  };
}

/** Expected contents, in errors about a file that is not an image. */
export const IMAGE_FILE = 'a PNG or JPEG image';

/** An error of an image file, which `subject` names. */
export class ImageFileError extends Error {
  /** Predicate of the sentence, such as 'has no bytes'. */
  readonly problem: string;

  constructor(subject: string, problem: string, expected = IMAGE_FILE, cause?: unknown) {
    super(`${subject} ${problem}, expected ${expected}`, { cause });
    this.problem = problem;
  }
}

/** Decodes the bytes of an image file, 16-bit values of `bits`. @throws ImageFileError that begins with `subject`. */
export const decodeImage = (
  formats: readonly ImageFormat[],
  subject: string,
  bytes: Uint8Array,
  bits?: number,
  maxPixels?: number,
): Image => withFormat(formats, subject, bytes, (format) => format.decode(bytes, maxPixels, bits));

/** The size in the header of an image file. @throws Error as `decodeImage` does. */
export const sizeOfImage = (formats: readonly ImageFormat[], subject: string, bytes: Uint8Array): ImageSize =>
  withFormat(formats, subject, bytes, (format) => format.sizeOf(bytes));

/** Calls `read` with the format that the first bytes have. */
function withFormat<T>(
  formats: readonly ImageFormat[],
  subject: string,
  bytes: Uint8Array,
  read: (format: ImageFormat) => T,
): T {
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const format = formats.find((candidate) => start.startsWith(candidate.start));
  if (format === undefined) {
    throw new ImageFileError(subject, bytes.length === 0 ? 'has no bytes' : `has the first bytes ${start}`);
  }
  try {
    return read(format);
  } catch (error) {
    const reason = reasonOf(error).replace(/\.$/, '');
    throw new ImageFileError(subject, `has damaged contents (${reason})`, `a whole ${format.name} image`, error);
  }
}

import { readFile } from 'node:fs/promises';
import { showPath } from '@gradloom/core/internal';
import { findFile } from '../../system/files/file-system.ts';
import { systemReason } from '../../system/files/system-reason.ts';
import { type ImageFormat, imageFormats } from './decoders.ts';
import type { Image } from './image.ts';
import type { ImageSize } from './image-options.ts';
import { decodeImage, IMAGE_FILE, ImageFileError, sizeOfImage } from './image-reader.ts';

/** Size of an uncompressed image of 100 megapixels. */
const MAX_BYTES = 3e8;

/**
 * Reads an image; its first bytes tell the format, and values of 16 bits are read as `bits`, 16 by default.
 * @throws Error naming the file and what is wrong with it.
 */
export const readImage = (where: string, path: string, bits?: number): Promise<Image> =>
  readWith((formats, subject, bytes) => decodeImage(formats, subject, bytes, bits), where, path);

/** The size in the header of an image. @throws Error as `readImage` does. */
export const readImageSize = (where: string, path: string): Promise<ImageSize> => readWith(sizeOfImage, where, path);

type Read<T> = (formats: readonly ImageFormat[], subject: string, bytes: Uint8Array) => T;

async function readWith<T>(read: Read<T>, where: string, path: string): Promise<T> {
  const subject = `${where}: ${showPath(path)}`;
  const size = findFile(where, path, IMAGE_FILE);
  if (size === null) throw new ImageFileError(subject, 'does not exist');
  if (size > MAX_BYTES) throw new ImageFileError(subject, `has ${size} bytes`, `an image of at most ${MAX_BYTES}`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new ImageFileError(subject, `cannot be read: ${systemReason(error)}`, IMAGE_FILE, error);
  });
  return read(imageFormats, subject, bytes);
}

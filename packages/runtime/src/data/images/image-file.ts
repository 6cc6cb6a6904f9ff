import { readFile } from 'node:fs/promises';
import { showPath } from '@gradloom/core/internal';
import { fileSize } from '../../system/files/file-system.ts';
import { systemReason } from '../../system/files/system-reason.ts';
import { decoders } from './decoders.ts';
import type { Image } from './image.ts';
import { decodeImage, WANTED } from './image-reader.ts';

/** Size of an uncompressed image of 100 megapixels. */
const MOST_BYTES = 3e8;

/** Reads an image; its first bytes tell the format. @throws Error naming the file and what is wrong with it. */
export async function readImage(where: string, path: string): Promise<Image> {
  const subject = `${where}: ${showPath(path)}`;
  const size = fileSize(where, path, WANTED);
  if (size > MOST_BYTES) throw new Error(`${subject} has ${size} bytes, expected an image of at most ${MOST_BYTES}`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`${subject} cannot be read: ${systemReason(error)}, expected ${WANTED}`, { cause: error });
  });
  return decodeImage(decoders, subject, bytes);
}

import { readFile } from 'node:fs/promises';
import { reasonOf, showPath } from '@gradloom/core/internal';
import { fileSize } from '../../system/files/file-system.ts';
import { systemReason } from '../../system/files/system-reason.ts';
import type { Image } from './image.ts';
import { decodeJpeg, JPEG_START } from './jpeg.ts';
import { decodePng, PNG_START } from './png.ts';

const WANTED = 'a PNG or JPEG image';

/** Size of an uncompressed image of 100 megapixels. */
const MOST_BYTES = 3e8;

const decoders: readonly (readonly [start: string, name: string, decode: (bytes: Uint8Array) => Image])[] = [
  [PNG_START, 'PNG', decodePng],
  [JPEG_START, 'JPEG', decodeJpeg],
];

/** Reads an image; its first bytes tell the format. @throws Error naming the file and what is wrong with it. */
export async function readImage(where: string, path: string): Promise<Image> {
  const fault = (has: string, expected = WANTED, cause?: unknown) =>
    new Error(`${where}: ${showPath(path)} has ${has}, expected ${expected}`, { cause });
  const size = fileSize(where, path, WANTED);
  if (size > MOST_BYTES) throw fault(`${size} bytes`, `an image of at most ${MOST_BYTES}`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`${where}: ${showPath(path)} cannot be read: ${systemReason(error)}, expected ${WANTED}`, {
      cause: error,
    });
  });
  const start = bytes.toString('hex', 0, 8);
  const decoder = decoders.find(([own]) => start.startsWith(own));
  if (decoder === undefined) throw fault(bytes.length === 0 ? 'no bytes' : `the first bytes ${start}`);
  const [, name, decode] = decoder;
  try {
    return decode(bytes);
  } catch (error) {
    const reason = reasonOf(error).replace(/\.$/, '');
    throw fault(`damaged contents (${reason})`, `a whole ${name} image`, error);
  }
}

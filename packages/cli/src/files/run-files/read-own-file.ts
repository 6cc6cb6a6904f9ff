import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { openOwnFile } from '@gradloom/runtime/internal';

/**
 * The bytes of a file of a run. A link is refused, since it may lead to any file of the reader. Null if there is no
 * such file. @throws Error naming the path if something else is there, or it has more than `most` bytes.
 */
export function readOwnFile(where: string, path: string, wanted: string, most: number): Buffer | null {
  const file = openOwnFile(where, path, wanted);
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    if (size > most) throw new Error(`${where}: ${path} has ${size} bytes, expected at most ${most}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { showPath } from '@gradloom/core/internal';
import { IMAGE } from '../images/image-folder.ts';
import type { CollectedColumn } from './columns/column-collector.ts';

/** Endings of the files that a cell without one may name. */
const ENDINGS = ['.png', '.jpg', '.jpeg'];

/**
 * Creates a function that finds the image that a cell of the table in the file `source` names, perhaps without its
 * ending: in the folder of the file, else in a folder there. An image that does not exist gets a path in the folder of
 * the file. The function throws an Error that begins with `subject` if several folders have the image.
 */
export function imageFinder(source: string): (cell: string, subject: string) => string {
  const folder = dirname(source);
  let folders: readonly string[] | undefined;
  return (cell, subject) => {
    const [fileBeside, ...others] = filesIn(folder, cell);
    if (fileBeside !== undefined && others.length === 0) return fileBeside;
    folders ??= foldersIn(folder);
    const paths =
      fileBeside === undefined ? folders.flatMap((name) => filesIn(join(folder, name), cell)) : [fileBeside, ...others];
    if (paths.length < 2) return paths[0] ?? (isAbsolute(cell) ? cell : join(folder, cell));
    const expected = 'one (write the path from the folder of the table, and its ending)';
    throw new Error(`${subject}: ${paths.slice(0, 2).map(showPath).join(' and ')} exist, expected ${expected}`);
  };
}

/** Whether one of the first 1,000 images exists that a column names; undefined if its cells do not look like names. */
export function imagesNamedIn(
  { kind, words }: Pick<CollectedColumn, 'kind' | 'words'>,
  source: string,
): { readonly exist: boolean; readonly reason: string } | undefined {
  if (words.length === 0 || (kind !== 'words' && kind !== 'text')) return undefined;
  const folder = dirname(source);
  const folders = [folder, ...foldersIn(folder).map((name) => join(folder, name))];
  const haveEndings = words.every((word) => IMAGE.test(word));
  let imageFolder: string | undefined;
  for (const word of words.slice(0, haveEndings ? 1000 : 1))
    imageFolder ??= folders.find((candidate) => filesIn(candidate, word).length > 0);
  if (!haveEndings && imageFolder === undefined) return undefined;
  const reason = `its cells name images in ${showPath(imageFolder === folder ? folder : `${basename(imageFolder ?? '')}/`)}`;
  return { exist: imageFolder !== undefined, reason };
}

/** The files in a folder that a cell may name. */
function filesIn(folder: string, cell: string): string[] {
  const path = isAbsolute(cell) ? cell : join(folder, cell);
  return (IMAGE.test(cell) ? [path] : ENDINGS.map((ending) => path + ending)).filter((file) => existsSync(file));
}

/** The folders in a folder; none if it cannot be read. */
function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  } catch {
    return [];
  }
}

import { show } from '@gradloom/core/internal';
import type { Dataset, Table } from '@gradloom/runtime';
import type { DatasetSource } from './dataset-source.ts';
import { formatOf } from './read-dataset.ts';

/** @throws Error that begins with `path` for a table to learn from, of which a target has one class. */
export function refuseOneClass({ rows, targets }: Table, path: string): void {
  for (const { name, data } of targets) {
    if (data.kind !== 'words' || data.words.length !== 1) continue;
    const has = `has the class ${show(data.words[0])} in ${rows === 1 ? 'its only row' : `all ${rows} rows`}`;
    const expected = 'two classes or more (--target names another column)';
    throw new Error(`${path}: column ${show(name)}, the target, ${has}, expected ${expected}`);
  }
}

/** @throws Error that begins with `flag` for images to learn from, all of which are in one folder. */
export function refuseOneFolder({ classes, labels }: Dataset, source: DatasetSource, flag: string): void {
  if (classes !== 1 || !('path' in source) || formatOf(source.path) !== 'image-folder') return;
  const expected =
    'a folder for each of two classes or more, or a table beside it (--targets inputs learns images alone)';
  throw new Error(`${flag} ${source.path} has one folder of images, ${show(labels?.[0])}, expected ${expected}`);
}

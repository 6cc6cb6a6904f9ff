import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { DataSplits } from './dataset.ts';
import { type IdxOptions, loadIdx } from './idx-dataset.ts';
import { isIdxFolder, loadIdxFolder } from './idx-folder.ts';
import { findIdxLabels } from './idx-labels.ts';

/** A layout of files that a dataset can be read from. */
interface DatasetFormat {
  /** As an error lists it. */
  readonly title: string;
  matches(path: string): boolean;
  load(path: string, options: IdxOptions): Promise<DataSplits>;
}

/** Every format; the first that matches reads. */
export const datasetFormats = {
  'idx-folder': {
    title: 'a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte',
    matches: isIdxFolder,
    load: loadIdxFolder,
  },
  idx: {
    title: 'an IDX file of images with its labels beside it',
    matches: (path) => /[-.]idx\d+-[a-z]+(\.gz)?$/.test(basename(path)),
    load: async (path, options) => ({ train: await loadIdx(path, findIdxLabels(path), options) }),
  },
} satisfies Record<string, DatasetFormat>;

/** Reads the sets at `path` in the format that is found there. @throws Error naming the path and the known formats. */
export async function loadDataset(path: string, options: IdxOptions = {}): Promise<DataSplits> {
  const formats: readonly DatasetFormat[] = Object.values(datasetFormats);
  const format = formats.find((candidate) => candidate.matches(path));
  if (format !== undefined) return format.load(path, options);
  const has = existsSync(path) ? 'nothing of a known format' : 'nothing';
  throw new Error(`loadDataset: ${path} has ${has}, expected ${formats.map(({ title }) => title).join(' or ')}`);
}

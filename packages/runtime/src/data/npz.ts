import { basename } from 'node:path';
import { checkObject, counted, listed, showName, showPath } from '@gradloom/core/internal';
import { faultAbout } from '../system/files/file-fault.ts';
import type { ZipArchive } from '../system/files/zip-archive.ts';
import type { NamedArray } from './array-dataset.ts';
import type { DataSplits } from './dataset.ts';
import { loadNamedArrays, type NamedArrays, type NamedArraysOptions } from './named-arrays.ts';
import { readNpyFrom } from './npy.ts';
import { datasetOfNpy } from './npy-dataset.ts';

/**
 * Loads the sets of an archive that numpy.savez or numpy.savez_compressed wrote: its arrays `x` and `y`, or `x_train`
 * and `y_train`, for training; `x_validation` (also `x_val`, `x_valid`) and `x_test`, each with its `y`. The options
 * `x` and `y` name other arrays. A single array has the target in its last column. `lengths`, `lengths_train` and so on
 * are the real positions of rows that are padded on the right.
 * @throws Error naming the file and array, what it has and what it should have.
 */
export async function loadNpz(path: string, options: NamedArraysOptions = {}): Promise<DataSplits> {
  checkObject('loadNpz', 'options', options, 'an object');
  if (options.stream) throw new Error(`loadNpz: ${showPath(path)} is an archive, expected .npy files to stream`);
  // Imported when needed: most processes read no archive.
  const { openZip } = await import('../system/files/zip-archive.ts');
  const archive = await openZip('loadNpz', path, 'an npz file, as numpy.savez writes it');
  try {
    return await loadNamedArrays('loadNpz', arraysIn(path, archive), { name: basename(path), ...options });
  } finally {
    archive.close();
  }
}

const ENDING = /\.npy$/i;

function arraysIn(path: string, archive: ZipArchive): NamedArrays {
  const names = archive.names.filter((name) => ENDING.test(name)).map((name) => name.replace(ENDING, ''));
  const fileOf = (name: string) => archive.names.find((file) => file.replace(ENDING, '') === name) ?? name;
  const describe = (name: string) => `${showPath(path)}: ${showName(name)}`;

  async function read(name: string): Promise<NamedArray> {
    const source = await archive.open(fileOf(name));
    try {
      return { path: describe(name), ...(await readNpyFrom(source, faultAbout(`loadNpz: ${describe(name)}`))) };
    } finally {
      await source.close();
    }
  }

  return {
    path,
    names,
    describe,
    describeMissing: (name) => `an array ${showName(name)}`,
    describeNone(x, y) {
      const nameList = listed(names, 10);
      const has = names.length === 0 ? 'has no arrays' : `has ${counted(names.length, 'array')} (${nameList})`;
      const noneText = names.length === 0 ? '' : ` and none named ${x}`;
      return `${has}${noneText}, expected ${x} and ${y} (x=name,y=name reads others)`;
    },
    load: async ({ inputs, targets, lengths }, options) => {
      const x = await read(inputs);
      const t = targets === null ? null : await read(targets);
      const lengthArray = lengths === null ? null : await read(lengths);
      return datasetOfNpy('loadNpz', { inputs: x, targets: t, lengths: lengthArray }, options);
    },
  };
}

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkKeys, checkObject, showPath } from '@gradloom/core/internal';
import { type ByteSource, openBytes } from '../system/files/byte-source.ts';
import { checkPath } from '../system/files/check-path.ts';
import { type FileFault, faultOf } from '../system/files/file-fault.ts';
import { namesIn } from '../system/files/file-system.ts';
import { ARRAY_OPTIONS, type ArrayOptions, datasetOfArrays, isFloating } from './array-dataset.ts';
import type { DataSplits, Dataset } from './dataset.ts';
import { leaveNumbers, type NumberFile, type NumberHeader, readNumbers } from './number-file.ts';
import { idxTypes } from './number-types.ts';
import { pairedSet } from './paired-set.ts';

/**
 * A dataset of two IDX files: inputs [N, ...shape of a row], grey images if they have three dimensions [N, height,
 * width], and targets, which are labels (whole numbers in one dimension) or floating-point values.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdx(
  images: string, // path of the inputs
  labels: string, // path of the labels
  options: ArrayOptions = {},
): Promise<Dataset> {
  checkKeys('loadIdx', options, ARRAY_OPTIONS);
  const { shape, ...numbers } = await readIdx(images, { stream: options.stream ?? false });
  // Three dimensions are grey images [N, height, width].
  const inputs = { path: images, ...numbers, shape: shape.length === 3 ? [...shape, 1] : shape };
  const targets = { path: labels, ...(await readIdx(labels)) };
  const hasValues = isFloating(targets.array);
  return datasetOfArrays('loadIdx', inputs, targets, null, hasValues, options); // null: no lengths
}

/**
 * Reads an IDX file, plain or gzipped, into shared memory. The sizes in its header are checked against the size of the
 * file before memory is allocated. @throws Error naming the file, what it has and what it should have.
 */
export async function readIdx(path: string, { stream = false } = {}): Promise<NumberFile> {
  const source = await openBytes('readIdx', path, 'an IDX file');
  const fault = faultOf('readIdx', path);
  try {
    const header = await readHeader(source, fault);
    const { name: type } = header.type;
    const { shape } = header;
    if (stream) return { type, shape, ...leaveNumbers(source, header, path, 'idx', fault) };
    const array = await readNumbers(source, header, fault);
    return { type, shape, array };
  } finally {
    await source.close();
  }
}

async function readHeader(source: ByteSource, fault: FileFault): Promise<NumberHeader> {
  const magicBytes = new Uint8Array(4);
  if ((await source.read(magicBytes)) < 4) throw fault(`${source.fileBytes} bytes`, 'an IDX file of 9 or more');
  const [zero, alsoZero, code, dimensions] = magicBytes;
  const type = idxTypes.get(code);
  if (zero !== 0 || alsoZero !== 0 || type === undefined || dimensions === 0) {
    const codes = [...idxTypes.keys()].map(hex).join(', ');
    const expected = `an IDX file, which begins with 00 00, a type (${codes}) and a number of dimensions`;
    throw fault(`the first bytes ${[...magicBytes].map(hex).join(' ')}`, expected);
  }
  const extents = new DataView(new ArrayBuffer(4 * dimensions));
  const bytesRead = await source.read(new Uint8Array(extents.buffer));
  if (bytesRead < extents.byteLength) {
    throw fault(`a header of ${4 + bytesRead} bytes`, `${4 + extents.byteLength} (${dimensions} dimensions)`);
  }
  const shape = Array.from({ length: dimensions }, (_, axis) => extents.getUint32(4 * axis));
  return { type, shape, bytes: 4 + extents.byteLength };
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

/**
 * Loads the sets of a folder with MNIST's file names: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and for
 * the test set the same with `t10k` or `test`. A dot may replace the hyphen before `idx`, and names may end in `.gz`.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadIdxFolder(folder: string, options: ArrayOptions = {}): Promise<DataSplits> {
  checkObject('loadIdxFolder', 'options', options, 'an object');
  const images = findImages(checkPath('loadIdxFolder', folder), ['train']);
  if (images === undefined) {
    const problem = existsSync(folder) ? 'has no training images' : 'does not exist';
    const expected = 'a folder with train-images-idx3-ubyte or train-images-idx3-ubyte.gz';
    throw new Error(`loadIdxFolder: ${showPath(folder)} ${problem}, expected ${expected}`);
  }
  const namedOptions = { name: basename(resolve(folder)), ...options };
  const labels = findIdxLabels(images);
  const testImages = findImages(folder, ['t10k', 'test']);
  if (testImages === undefined) return { train: await loadIdx(images, labels, namedOptions) };
  const testLabels = findIdxLabels(testImages);
  const [train, set] = await Promise.all([
    loadIdx(images, labels, namedOptions),
    loadIdx(testImages, testLabels, namedOptions),
  ]);
  const trainSet = { set: train, inputs: images, targets: labels };
  return { train, test: pairedSet('loadIdxFolder', trainSet, { set, inputs: testImages, targets: testLabels }) };
}

/** Whether a folder has a training set under MNIST's names. */
export const isIdxFolder = (folder: string): boolean => findImages(folder, ['train']) !== undefined;

/** The first image file by name. An unpacked file is preferred to its .gz, which takes longer to read. */
function findImages(folder: string, setNames: readonly string[]): string | undefined {
  const pattern = new RegExp(`^(${setNames.join('|')})-images[-.]idx\\d+-[a-z]+(\\.gz)?$`);
  const name = namesIn('loadIdxFolder', folder)
    .sort()
    .find((entry) => pattern.test(entry));
  return name && join(folder, name);
}

/**
 * The label file of an image file, by MNIST's names: `t10k-labels-idx1-ubyte` for `t10k-images-idx3-ubyte`, either with
 * or without `.gz`. @throws Error naming the missing file.
 */
export function findIdxLabels(images: string): string {
  const name = basename(images).replace(/\.gz$/, '');
  const labels = name.replace('images', 'labels').replace(/([-.])idx\d+/, '$1idx1');
  const fault = faultOf('loadIdx', images);
  if (labels === name) throw fault("a name without 'images'", 'one such as train-images-idx3-ubyte');
  const plainPath = join(dirname(images), labels);
  const path = [plainPath, `${plainPath}.gz`].find((path) => existsSync(path));
  if (path === undefined) throw fault('no labels beside it', `${plainPath} or ${plainPath}.gz`);
  return path;
}

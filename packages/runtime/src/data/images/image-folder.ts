import { basename, join, resolve } from 'node:path';
import { checkObject, complete, listed, show, showPath } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { faultOf } from '../../system/files/file-fault.ts';
import { namesIn, statsOf } from '../../system/files/file-system.ts';
import { checkDataset } from '../check-dataset.ts';
import { type DataSplits, type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import { pairedSet } from '../paired-set.ts';
import { sortedNames } from '../tables/fit-preprocessing.ts';
import { tableFormatOf } from '../tables/formats/index.ts';
import { chooseSize, sizesOf } from './choose-size.ts';
import { imagePreprocessing } from './image-dataset.ts';
import {
  checkImageOptions,
  decisionOnBits,
  type ImageOptions,
  type ImageShape,
  type ImageSize,
} from './image-options.ts';
import { ImageFileError } from './image-reader.ts';
import { type ImageRows, readImageRows } from './image-rows.ts';

const WHERE = 'loadImageFolder';

/**
 * Loads the sets of a folder of images that has a folder for each class: `cats/1.png`, `dogs/2.jpg`. If it has folders
 * `train`, `validation` (also `val`, `valid`) and `test`, each of these is a set. A row is [height, width, channels]
 * bytes.
 * @throws Error naming the file, what it has and what it should have.
 */
export async function loadImageFolder(folder: string, options: ImageOptions = {}): Promise<DataSplits> {
  checkObject(WHERE, 'options', options, 'an object');
  checkImageOptions(WHERE, options);
  const namedOptions = { name: basename(resolve(checkPath(WHERE, folder))), ...options };
  const inputs = setFolder(folder, 'train') ?? folder;
  const { set, shape } = await loadSet(inputs, namedOptions);
  if (inputs === folder) return { train: set };
  const others: { validation?: Dataset; test?: Dataset } = {};
  for (const part of ['validation', 'test'] as const) {
    const path = setFolder(folder, part);
    if (path === undefined) continue;
    const other = await loadSet(path, { ...namedOptions, ...(set.labels && { classNames: set.labels }) }, shape);
    const train = { set, inputs, targets: inputs };
    others[part] = pairedSet(WHERE, train, { set: other.set, inputs: path, targets: path });
  }
  return { train: set, ...others };
}

/** Whether a folder has folders of images, which are no classes beside a table that says more of them. */
export const isImageFolder = (folder: string): boolean => {
  const trainFolder = setFolder(folder, 'train') ?? folder;
  const classFolders = foldersIn(trainFolder).filter((name) =>
    entriesOf(join(trainFolder, name)).some((entry) => IMAGE.test(entry)),
  );
  if (classFolders.length === 0) return false;
  const areClasses = classFolders.length > 1 && !classFolders.every((name) => setNames.has(name));
  return areClasses || tablesIn(folder).length === 0;
};

const tablesIn = (folder: string): string[] => entriesOf(folder).filter((name) => tableFormatOf(name) !== undefined);

/** The names of image files. */
export const IMAGE = /\.(png|jpe?g)$/i;

/** Hidden files, and files that operating systems add to folders. */
const IGNORED = /^(\..*|Thumbs\.db|desktop\.ini)$/i;

const setFolders = { train: ['train'], validation: ['validation', 'val', 'valid'], test: ['test'] };
const setNames = new Set(Object.values(setFolders).flat());

/** The folder of a set, if it exists. A class may have the name of a set, but then it has images and no folders. */
const setFolder = (folder: string, set: keyof typeof setFolders): string | undefined =>
  foldersIn(folder)
    .filter((name) => setFolders[set].includes(name))
    .map((name) => join(folder, name))
    .find((path) => foldersIn(path).length > 0);

async function loadSet(
  folder: string,
  options: ImageOptions & { readonly name: string },
  trainShape?: ImageShape, // for another set
): Promise<{ set: Dataset; shape: ImageShape }> {
  const { name, classNames, channels, bits, divisor = 255 } = options;
  const files = foldersIn(folder).flatMap((label) => imagesIn(join(folder, label)).map((path) => ({ label, path })));
  if (files.length === 0) throw faultOf(WHERE, folder)('no images', 'a folder for each class, with PNG or JPEG files');
  const { labels, indices } = classesOf(
    folder,
    files.map(({ label }) => label),
    classNames,
  );
  const paths = files.map(({ path }) => path);
  const readAll = (size: ImageSize | undefined) => readImageRows(WHERE, paths, { size, channels, bits }, trainShape);
  const size = checkImageOptions(WHERE, options);
  const { rows, sizeChoice } = await readInOneSize(paths, readAll, size, trainShape).catch(async (error: unknown) => {
    throw (await errorOfUnreadable(paths)) ?? error;
  });
  if (rows === null) throw faultOf(WHERE, folder)('changed', 'the same images');
  const { array, ...shape } = rows;
  const { height, width, channels: C } = shape;
  const inputs = { ...valueMatrix(array, height * width * C), shape: [height, width, C], divisor };
  const targets = valueMatrix(indices, 1);
  const preprocessing = imagePreprocessing(inputs, labels, shape.bits);
  const set = complete(
    checkDataset(`${WHERE}: ${showPath(folder)}`, {
      name,
      rows: files.length,
      inputs,
      targets,
      classes: labels.length,
      labels,
      ...(preprocessing === undefined ? {} : { preprocessing }),
      decisions: [
        ...tablesIn(folder).map((table) => {
          const advice = `--dataset ${showPath(join(folder, table))} reads it`;
          return `the folders of images are the classes, and ${table} is not read (${advice})`;
        }),
        ...(sizeChoice === undefined ? [] : [`${sizeChoice.decision} (${name}:size=32x32 chooses another)`]),
        ...decisionOnBits(`${name}:`, trainShape ?? options, shape.bits),
      ],
    }),
  );
  return { set, shape };
}

/** Reads all images, and chooses a size for them if they have several and none is given. */
async function readInOneSize(
  paths: readonly string[],
  readAll: (size: ImageSize | undefined) => Promise<ImageRows | null>,
  size: ImageSize | undefined,
  trainShape: ImageShape | undefined,
) {
  const rows = (size ?? trainShape) !== undefined || (await seemAlike(paths)) ? await readAll(size) : null;
  const sizeChoice = rows === null ? await chooseSize(WHERE, paths) : undefined;
  return { rows: rows ?? (await readAll(sizeChoice?.size)), sizeChoice };
}

const MAX_NAMED = 5;

/** The error of several images that cannot be read; undefined if there are not several. */
async function errorOfUnreadable(paths: readonly string[]): Promise<Error | undefined> {
  const { readImage } = await import('./image-file.ts');
  const problems: string[] = [];
  let cause: Error | undefined;
  for (const path of paths) {
    await readImage(WHERE, path).catch((error: Error) => {
      cause ??= error;
      problems.push(`${showPath(path)} ${error instanceof ImageFileError ? error.problem : error.message}`);
    });
  }
  if (problems.length < 2) return undefined;
  const omission = problems.length > MAX_NAMED ? [`${problems.length - MAX_NAMED} more`] : [];
  const has = `${problems.length} of ${paths.length} images cannot be read`;
  const expected = 'whole PNG or JPEG images (mend these, or take them out of the folder)';
  const list = [...problems.slice(0, MAX_NAMED), ...omission].join('; ');
  return new Error(`${WHERE}: ${has}, expected ${expected}: ${list}`, { cause });
}

/** Images whose sizes are compared before the first one is read, which takes the memory of all in its size. */
const SAMPLED_IMAGES = 100;

/** Whether a sample of the images has one size. */
async function seemAlike(paths: readonly string[]): Promise<boolean> {
  const sampleSize = Math.min(SAMPLED_IMAGES, paths.length);
  const sizes = await sizesOf(
    WHERE,
    Array.from({ length: sampleSize }, (_, k) => paths[Math.floor((k * paths.length) / sampleSize)]),
  );
  return sizes.every(({ width, height }) => width === sizes[0].width && height === sizes[0].height);
}

/**
 * Paths of the images in a folder, with `deep` also of those in its folders. @throws Error for a file that is not an
 * image: no file is skipped silently.
 */
export function imagesIn(folder: string, deep = false): string[] {
  const entries = entriesOf(checkPath(WHERE, folder)).map((name) => join(folder, name));
  const isUnexpected = (path: string): boolean => !IMAGE.test(path) && !(deep && isFolder(path));
  const [entry, ...others] = entries.filter(isUnexpected);
  if (entry !== undefined) {
    const has = isFolder(entry) ? 'is a folder' : 'has another ending';
    const omission = others.length === 0 ? '' : ` (so do ${others.length} more entries of the folder)`;
    throw new Error(`${WHERE}: ${showPath(entry)} ${has}, expected images that end in .png, .jpg or .jpeg${omission}`);
  }
  return entries.flatMap((path) => (IMAGE.test(path) ? [path] : imagesIn(path, deep)));
}

const entriesOf = (folder: string): string[] =>
  namesIn(WHERE, folder)
    .filter((name) => !IGNORED.test(name))
    .sort();

const foldersIn = (folder: string): string[] => entriesOf(folder).filter((name) => isFolder(join(folder, name)));

const isFolder = (path: string): boolean => statsOf(WHERE, path)?.isDirectory() ?? false;

/** Far more than any dataset has. */
const MAX_CLASSES = 1_000_000;

/** The names of the classes, by default those of the folders in order, and the class index of each image. */
function classesOf(folder: string, imageLabels: readonly string[], classNames: readonly string[] | undefined) {
  const distinct = [...new Set(imageLabels)];
  const labels = classNames ?? sortedNames(distinct);
  const indexOf = new Map(labels.map((label, index) => [label, index]));
  const unknown = classNames === undefined ? distinct[MAX_CLASSES] : distinct.find((label) => !indexOf.has(label));
  if (unknown !== undefined) {
    const expected = classNames === undefined ? `at most ${MAX_CLASSES} classes` : listed(classNames);
    throw faultOf(WHERE, folder)(`the class ${show(unknown)}`, `one of ${expected}`);
  }
  const indices = sharedArrays.int32(imageLabels.length);
  for (const [n, label] of imageLabels.entries()) indices[n] = indexOf.get(label) ?? 0;
  return { labels, indices };
}

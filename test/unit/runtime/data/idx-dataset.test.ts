import { gzipSync } from 'node:zlib';
import { loadDataset, loadIdx, loadIdxFolder } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { encodeIdx } from '../../../support/encode-idx.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

const pixels = encodeIdx('unsigned byte', [3, 2, 2], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
const digits = encodeIdx('unsigned byte', [3], [2, 0, 1]);
const images = folder.write('images', pixels);
const labels = folder.write('labels', digits);

describe('a pair of files', () => {
  test('becomes rows of pixels and the classes of the labels', async () => {
    const dataset = await loadIdx(images, labels, { name: 'tiny' });
    expect(dataset).toMatchObject({ name: 'tiny', rows: 3, classes: 3 });
    expect(dataset.inputs).toMatchObject({ columns: 4, divisor: 255 });
    expect(dataset.inputs.array).toBeInstanceOf(Uint8Array);
    expect([...dataset.targets.array]).toEqual([2, 0, 1]);
  });

  test('has values as targets where the labels are of floating point, and no divisor where the inputs are', async () => {
    const floats = folder.write('floats', encodeIdx('float', [3, 2], [1, 2, 3, 4, 5, 6]));
    const dataset = await loadIdx(floats, floats);
    expect(dataset).toMatchObject({ classes: null, inputs: { columns: 2, divisor: 1 }, targets: { columns: 2 } });
  });

  test('takes classes, their names and the divisor as they are given', async () => {
    expect(await loadIdx(images, labels, { classes: 5, divisor: 1 })).toMatchObject({
      classes: 5,
      inputs: { divisor: 1 },
    });
    expect(await loadIdx(images, labels, { classNames: ['a', 'b', 'c'] })).toMatchObject({ labels: ['a', 'b', 'c'] });
  });

  test('is refused where the files do not fit', async () => {
    const two = folder.write('two', encodeIdx('unsigned byte', [2], [0, 1]));
    const negative = folder.write('negative', encodeIdx('signed byte', [3], [0, -1, 1]));
    const cube = folder.write('cube', encodeIdx('int', [3, 1, 1], [0, 1, 2]));
    await expect(loadIdx(images, two)).rejects.toThrow(
      `loadIdx: ${two} has 2 labels, expected 3 (the rows of ${images})`,
    );
    await expect(loadIdx(images, negative)).rejects.toThrow(
      `loadIdx: ${negative}: label of row 1 has -1, expected at least 0 (classes count from 0)`,
    );
    const stray = folder.write('stray', encodeIdx('int', [3], [0, 2 ** 31 - 1, 1]));
    await expect(loadIdx(images, stray)).rejects.toThrow(
      `loadIdx: ${stray}: label of row 1 has 2147483647, expected at most 999999`,
    );
    await expect(loadIdx(images, cube)).rejects.toThrow(
      `loadIdx: ${cube} has 3 dimensions, expected 1 (a label per row) or 2 (a label per position)`,
    );
    await expect(loadIdx(images, labels, { classes: 2 })).rejects.toThrow(
      `loadIdx: ${labels}: label of row 0 has 2, expected a whole number from 0 to 1 (2 classes)`,
    );
    const strange = folder.write('strange', encodeIdx('float', [3, 1], [0, Number.NaN, 1]));
    await expect(loadIdx(strange, labels)).rejects.toThrow(
      `loadIdx: ${strange} has NaN in row 1, expected finite numbers`,
    );
    await expect(loadIdx(images, labels, { divisor: 0 })).rejects.toThrow('inputs.divisor has 0');
  });
});

const test2 = {
  images: encodeIdx('unsigned byte', [1, 2, 2], [9, 9, 9, 9]),
  labels: encodeIdx('unsigned byte', [1], [1]),
};

describe("a folder laid out as MNIST's", () => {
  test.each([
    [
      'plain',
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
      false,
    ],
    [
      'dotted',
      ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte', 't10k-images.idx3-ubyte', 't10k-labels.idx1-ubyte'],
      false,
    ],
    [
      'packed',
      [
        'train-images-idx3-ubyte.gz',
        'train-labels-idx1-ubyte.gz',
        'test-images-idx3-ubyte.gz',
        'test-labels-idx1-ubyte.gz',
      ],
      true,
    ],
  ])('%s, gives a training set and a test that agree on the classes', async (name, names, packed) => {
    const contents = [pixels, digits, test2.images, test2.labels].map((bytes) => (packed ? gzipSync(bytes) : bytes));
    const path = folder.writeFolder(name, Object.fromEntries(names.map((file, i) => [file, contents[i]])));
    const { train, test: held, validation } = await loadIdxFolder(path);
    expect(train).toMatchObject({ name, rows: 3, classes: 3 });
    expect(held).toMatchObject({ name, rows: 1, classes: 3 });
    expect(validation).toBeUndefined();
    expect(await loadDataset(path)).toEqual({ train, test: held });
  });

  test('needs no test, and labels may be packed where images are not', async () => {
    const path = folder.writeFolder('mixed', {
      'train-images-idx3-ubyte': pixels,
      'train-labels-idx1-ubyte.gz': gzipSync(digits),
    });
    expect(Object.keys(await loadIdxFolder(path, { name: 'mine' }))).toEqual(['train']);
  });

  test('is refused where a file is missing or does not fit', async () => {
    const empty = folder.writeFolder('empty', { readme: Buffer.of(1) });
    await expect(loadIdxFolder(empty)).rejects.toThrow(
      `loadIdxFolder: ${empty} has no training images, expected a folder with train-images-idx3-ubyte or train-images-idx3-ubyte.gz`,
    );
    await expect(loadIdxFolder(`${empty}/missing`)).rejects.toThrow(
      `${empty}/missing does not exist, expected a folder with train-images`,
    );
    const lone = folder.writeFolder('lone', { 'train-images-idx3-ubyte': pixels });
    await expect(loadIdxFolder(lone)).rejects.toThrow(
      `loadIdx: ${lone}/train-images-idx3-ubyte has no labels beside it, expected ${lone}/train-labels-idx1-ubyte or`,
    );
    const wide = folder.writeFolder('wide', {
      'train-images-idx3-ubyte': pixels,
      'train-labels-idx1-ubyte': digits,
      't10k-images-idx2-ubyte': encodeIdx('unsigned byte', [1, 5], [1, 2, 3, 4, 5]),
      't10k-labels-idx1-ubyte': test2.labels,
    });
    await expect(loadIdxFolder(wide)).rejects.toThrow('has 5 numbers a row, expected 4 or [2, 2, 1] (');
    const files = {
      'train-images-idx3-ubyte': pixels,
      'train-labels-idx1-ubyte': digits,
      't10k-images-idx3-ubyte': test2.images,
    };
    const beyond = folder.writeFolder('beyond', {
      ...files,
      't10k-labels-idx1-ubyte': encodeIdx('unsigned byte', [1], [3]),
    });
    await expect(loadIdxFolder(beyond)).rejects.toThrow(
      `loadIdxFolder: ${beyond}/t10k-labels-idx1-ubyte: label of row 0 has 3, expected a whole number from 0 to 2 (the classes of ${beyond}/train-labels-idx1-ubyte)`,
    );
    const floating = folder.writeFolder('floating', {
      ...files,
      't10k-labels-idx1-ubyte': encodeIdx('float', [1, 1], [0.5]),
    });
    await expect(loadIdxFolder(floating)).rejects.toThrow(
      `${floating}/t10k-labels-idx1-ubyte has values, expected class indices (those of`,
    );
  });
});

describe('any path', () => {
  test('to a file of images finds the labels beside it', async () => {
    const path = folder.writeFolder('pair', {
      'letters-images-idx3-ubyte': pixels,
      'letters-labels-idx1-ubyte.gz': gzipSync(digits),
    });
    const { train } = await loadDataset(`${path}/letters-images-idx3-ubyte`, { name: 'letters' });
    expect(train).toMatchObject({ name: 'letters', rows: 3, classes: 3 });
  });

  test('without a known format is refused, with the formats', async () => {
    await expect(loadDataset(images)).rejects.toThrow(
      `loadDataset: ${images} has no known format, expected an IDX file of images such as train-images-idx3-ubyte`,
    );
    await expect(loadDataset(`${images}-missing`)).rejects.toThrow(
      `${images}-missing does not exist, expected a file or folder with data`,
    );
    const labelsAlone = `${folder.writeFolder('pair2', { 'train-labels-idx1-ubyte': digits })}/train-labels-idx1-ubyte`;
    await expect(loadDataset(labelsAlone)).rejects.toThrow("has a name without 'images'");
  });
});

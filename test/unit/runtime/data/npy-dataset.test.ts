import { loadDataset, loadNpy } from '@gradloom/runtime';
import { inputRows } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { messageOf } from '../../../support/message-of.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

const images = encodeNpy('u1', [3, 2, 2], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
const labels = encodeNpy('i8', [3], [2, 0, 1]);
const values = encodeNpy('f4', [3], [0.5, 1.5, -1]);

describe('a folder of arrays', () => {
  test('has whole numbers as classes, and keeps bytes as bytes over 255', async () => {
    const { train } = await loadDataset(folder.writeFolder('classes', { 'x.npy': images, 'y.npy': labels }));
    expect(train).toMatchObject({ name: 'classes', rows: 3, classes: 3, inputs: { columns: 4, divisor: 255 } });
    expect(train.inputs.array).toBeInstanceOf(Uint8Array);
    expect([...train.targets.array]).toEqual([2, 0, 1]);
  });

  test('has a class for each position where whole numbers have two dimensions, and -1 for none', async () => {
    const y = encodeNpy('i8', [3, 2], [0, 1, -1, 3, 1, -1]);
    const { train } = await loadDataset(folder.writeFolder('positions', { 'x.npy': images, 'y.npy': y }));
    expect(train).toMatchObject({ classes: 4, targets: { columns: 2 } });
    expect([...train.targets.array]).toEqual([0, 1, -1, 3, 1, -1]);
  });

  test('has floating point as values, of any number a row; `targets` says otherwise', async () => {
    const path = folder.writeFolder('values', {
      'X_train.npy': images,
      'y-train.npy': encodeNpy('f8', [3, 2], [1, 2, 3, 0, 1, 2]),
    });
    expect((await loadDataset(path)).train).toMatchObject({ classes: null, targets: { columns: 2 } });
    const whole = folder.writeFolder('whole', { 'x.npy': images, 'y.npy': encodeNpy('f8', [3, 1], [2, 0, 1]) });
    expect((await loadDataset(whole, { targets: 'classes' })).train).toMatchObject({ classes: 3 });
    const counts = folder.writeFolder('counts', { 'x.npy': images, 'y.npy': labels });
    expect((await loadDataset(counts, { targets: 'values' })).train).toMatchObject({ classes: null });
  });

  test('gives the same inputs of a network whether rows are in memory or stay in the file', async () => {
    const path = folder.writeFolder('stored', { 'x.npy': images, 'y.npy': labels });
    const [kept, stored] = [await loadDataset(path), await loadDataset(path, { stream: true })];
    expect(stored.train.inputs.file).toBeDefined();
    const x = inputRows(kept.train, 1, 2, 'float32');
    expect([...x]).toEqual([204, 255, 1, 2, 3, 4, 5, 6].map((byte) => Math.fround(byte / 255)));
    expect(inputRows(stored.train, 1, 2, 'float32')).toEqual(x);
  });

  test('may have a test, whose classes are those of the training', async () => {
    const held = { 'x_test.npy': encodeNpy('u1', [1, 4], [1, 2, 3, 4]), 'y_test.npy': encodeNpy('i8', [1], [1]) };
    const sets = await loadDataset(
      folder.writeFolder('both', { 'x_train.npy': images, 'y_train.npy': labels, ...held }),
    );
    expect(sets.test).toMatchObject({ rows: 1, classes: 3 });
    const beyond = folder.writeFolder('beyond', {
      'x.npy': images,
      'y.npy': labels,
      ...held,
      'y_test.npy': encodeNpy('i8', [1], [3]),
    });
    await expect(loadDataset(beyond)).rejects.toThrow(
      `loadNpy: ${beyond}/y_test.npy: label of row 0 has 3, expected a whole number from 0 to 2 (3 classes)`,
    );
    const wide = folder.writeFolder('wide', {
      'x.npy': images,
      'y.npy': labels,
      ...held,
      'x_test.npy': encodeNpy('u1', [1, 5], [1, 2, 3, 4, 5]),
    });
    await expect(loadDataset(wide)).rejects.toThrow(
      `loadNpyFolder: ${wide}/x_test.npy has 5 numbers a row, expected 4 or [2, 2] (those of ${wide}/x.npy)`,
    );
  });

  test.each(['x_validation.npy', 'X-val.npy', 'x_valid.npy'])(
    'may have a validation set, %s, whose classes are those of the training',
    async (inputs) => {
      const targets = inputs.replace(/^x/i, 'y');
      const files: Record<string, Uint8Array> = {
        'x_train.npy': images,
        'y_train.npy': labels,
        [inputs]: encodeNpy('u1', [1, 4], [1, 2, 3, 4]),
        [targets]: encodeNpy('i8', [1], [1]),
      };
      const sets = await loadDataset(folder.writeFolder(`validation-${inputs}`, files));
      expect(Object.keys(sets)).toEqual(['train', 'validation']);
      expect(sets.validation).toMatchObject({ rows: 1, classes: 3 });
      expect([...(sets.validation?.inputs.array ?? [])]).toEqual([1, 2, 3, 4]);
      const { [targets]: _, ...lone } = files;
      const path = folder.writeFolder(`lone-${inputs}`, lone);
      await expect(loadDataset(path)).rejects.toThrow(
        `loadNpyFolder: ${path}/${inputs} has no targets beside it, expected the file ${path}/${targets}`,
      );
    },
  );

  test('may hold one array alone, whose last column is the target', async () => {
    const array = encodeNpy('f8', [2, 3], [1, 2, 0.5, 3, 4, 1]);
    const { train } = await loadDataset(folder.writeFolder('single', { 'rows.npy': array }));
    expect(train).toMatchObject({ rows: 2, classes: null, inputs: { columns: 2, divisor: 1 } });
    expect([[...train.inputs.array], [...train.targets.array]]).toEqual([
      [1, 2, 3, 4],
      [0.5, 1],
    ]);
    expect((await loadDataset(`${folder.path}/single/rows.npy`)).train.targets).toEqual(train.targets);
  });
});

describe('is refused with the file, what it has and what it should have', () => {
  test.each<[string, Record<string, Uint8Array>]>([
    ['/x.npy has no targets beside it, expected ', { 'x.npy': images }],
    [' has 2 .npy files and none named x.npy, expected x.npy and y.npy', { 'a.npy': images, 'b.npy': labels }],
    ['/y.npy has 2 labels, expected 3 (the rows of ', { 'x.npy': images, 'y.npy': encodeNpy('i8', [2], [0, 1]) }],
    [
      '/y.npy: label of row 1 has -1, expected at least 0',
      { 'x.npy': images, 'y.npy': encodeNpy('i8', [3], [0, -1, 1]) },
    ],
    [
      '/y.npy has 3 dimensions, expected 1 (a label per row) or 2',
      { 'x.npy': images, 'y.npy': encodeNpy('i8', [3, 2, 1], [0, 1, 1, 0, 1, 0]) },
    ],
    [
      '/y.npy: label of row 2 has -2, expected at least -1 (classes count from 0, and -1 is a position that does not',
      { 'x.npy': images, 'y.npy': encodeNpy('i8', [3, 2], [0, 1, -1, 0, 1, -2]) },
    ],
    ['/a.npy has the shape (3), expected rows of 2 columns or more', { 'a.npy': values }],
    [
      '/y.npy has NaN in row 1, expected finite numbers',
      { 'x.npy': images, 'y.npy': encodeNpy('f4', [3], [0, Number.NaN, 1]) },
    ],
    [
      '/x.npy has -Infinity in row 1, column 1, expected finite numbers',
      { 'x.npy': encodeNpy('f8', [2, 2], [0, 0, 0, Number.NEGATIVE_INFINITY]), 'y.npy': encodeNpy('f4', [2], [0, 1]) },
    ],
  ])('%s', async (sentence, files) => {
    const path = folder.writeFolder(`refused-${sentence.replace(/\W+/g, '-')}`, files);
    const message = await messageOf(loadDataset(path));
    expect(message).toContain(`${path}${sentence}`);
    expect(message).toMatch(/^loadNpy\w*: [^\n]*, expected [^\n]*$/);
  });

  test('so are labels that are not whole, where classes are asked for', async () => {
    const [x, y] = [folder.write('x1.npy', images), folder.write('y1.npy', values)];
    await expect(loadNpy(x, y, { targets: 'classes' })).rejects.toThrow(
      `loadNpy: ${y}: label of row 0 has 0.5, expected a whole number`,
    );
  });

  test('and options that the format does not take', async () => {
    const path = folder.writeFolder('options', { 'x.npy': images, 'y.npy': labels });
    await expect(loadDataset(path, { header: true })).rejects.toThrow(
      'loadDataset: option "header" is unknown, expected classes, divisor, targets',
    );
    await expect(loadDataset(path, { divisor: 0 })).rejects.toThrow('loadDataset: divisor has 0, expected a number');
    await expect(loadDataset(path, { classNames: ['a', 'a'] })).rejects.toThrow(
      'classNames has ["a","a"], expected each',
    );
  });
});

import { join } from 'node:path';
import { loadDataset, loadNpz } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { encodeZip } from '../../../support/encode-zip.ts';
import { messageOf } from '../../../support/message-of.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const images = encodeNpy('u1', [3, 2, 2], [0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6]);
const labels = encodeNpy('i8', [3], [2, 0, 1]);
const packed = (members: Record<string, Uint8Array>): Buffer =>
  encodeZip(Object.entries(members).map(([name, bytes], n) => ({ name, bytes, isStored: n % 2 === 0 })));

/** The sentence with which a file is refused. */
const refusal = (path: string, options = {}): Promise<string> => messageOf(loadDataset(path, options));

describe('an npz file', () => {
  // test/fixtures/arrays.py
  test.each(['arrays.npz', 'arrays-packed.npz'])('that NumPy wrote (%s) has its sets', async (name) => {
    const { train, test: held, validation } = await loadDataset(join(import.meta.dirname, '../../../fixtures', name));
    expect(train).toMatchObject({ name, rows: 6, classes: 3, inputs: { columns: 4, divisor: 255 } });
    expect([...train.inputs.array]).toEqual([
      ...[255, 228, 34, 121, 243, 189, 6, 131, 102, 168, 82, 193],
      ...[187, 150, 81, 243, 205, 24, 236, 8, 246, 164, 231, 36],
    ]);
    expect([...train.targets.array]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...(held?.inputs.array ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...(held?.targets.array ?? [])]).toEqual([1, 0]);
    expect(validation).toBeUndefined();
  });

  test('has the rows of a folder with the same arrays', async () => {
    const files = { 'x.npy': images, 'y.npy': labels, 'x_val.npy': images, 'y_val.npy': labels };
    folder.writeFolder('same', files);
    const options = { name: 'same' };
    const path = folder.write('same.npz', packed(files));
    expect(await loadDataset(path, options)).toEqual(await loadDataset(`${folder.path}/same`, options));
  });

  test('has the lengths of padded rows, by the same names', async () => {
    const ofVal = encodeNpy('i8', [3, 1], [1, 1, 2]);
    const files = {
      'x.npy': images,
      'y.npy': labels,
      'x_val.npy': images,
      'y_val.npy': labels,
      'lengths_val.npy': ofVal,
    };
    const named = { ...files, 'lengths.npy': encodeNpy('u1', [3], [2, 1, 2]) };
    folder.writeFolder('padded', named);
    const path = folder.write('padded.npz', packed(named));
    for (const sets of [await loadDataset(path), await loadDataset(`${folder.path}/padded`)]) {
      expect([...(sets.train.lengths?.array ?? [])]).toEqual([2, 1, 2]);
      expect([...(sets.validation?.lengths?.array ?? [])]).toEqual([1, 1, 2]);
    }
    const ofParts = { ...files, 'lengths.npy': encodeNpy('u1', [3, 2], [1, 2, 2, 2, 1, 1]) };
    const { train } = await loadDataset(folder.write('parts.npz', packed(ofParts)));
    expect([train.lengths?.columns, ...(train.lengths?.array ?? [])]).toEqual([2, 1, 2, 2, 2, 1, 1]);
    const other = folder.write('own.npz', packed({ ...files, 'real.npy': encodeNpy('u1', [2], [2, 1]) }));
    expect((await loadDataset(other)).train.lengths).toBeUndefined();
    const problem = `${other}: x has no lengths beside it, expected an array l`;
    expect(await refusal(other, { lengths: 'l' })).toBe(`loadNpz: ${problem}`);
    const few = `${other}: real has 2 numbers, expected 3 (the rows of ${other}: x)`;
    expect(await refusal(other, { lengths: 'real' })).toBe(`loadNpz: ${few}`);
    const long = folder.write('long.npz', packed({ ...files, 'lengths.npy': encodeNpy('u1', [3], [2, 3, 1]) }));
    expect(await refusal(long)).toContain('length of row 1 has 3, expected a whole number from 1 to 2');
  });

  test('has arrays of other names where `x` and `y` say so', async () => {
    const path = folder.write('named.npz', packed({ 'a.npy': images, 'b.npy': labels, 'note.txt': Buffer.from('…') }));
    const { train } = await loadDataset(path, { x: 'a', y: 'b' });
    expect(train).toMatchObject({ rows: 3, classes: 3, inputs: { columns: 4 } });
    expect(await refusal(path)).toBe(
      `loadNpz: ${path} has 2 arrays (a, b) and none named x, expected x and y (x=name,y=name reads others)`,
    );
    expect(await refusal(path, { x: 'a' })).toBe(`loadNpz: ${path}: a has no targets beside it, expected an array y`);
  });

  test('may hold one array alone, whose last column is the target', async () => {
    const path = folder.write('one.npz', packed({ 'arr_0.npy': encodeNpy('f8', [2, 3], [1, 2, 0.5, 3, 4, 1]) }));
    const { train } = await loadNpz(path);
    expect([[...train.inputs.array], [...train.targets.array]]).toEqual([
      [1, 2, 3, 4],
      [0.5, 1],
    ]);
  });
});

describe('is refused in one sentence', () => {
  const x = { name: 'x.npy', bytes: images };
  const y = { name: 'y.npy', bytes: labels };
  test.each<[string, Uint8Array]>([
    [' has no arrays, expected x and y', encodeZip([])],
    [' has "x.npy" twice, expected each name once', encodeZip([x, x, y])],
    [' has "x.npy" with a wrong checksum', encodeZip([{ ...x, claims: { sum: 1 } }, y])],
    [' has "x.npy" encrypted, expected an archive without', encodeZip([{ ...x, claims: { flags: 1 } }, y])],
    [' has "x.npy" packed by method 93, expected', encodeZip([{ ...x, claims: { method: 93 } }, y])],
    [' has "x.npy" of 88 bytes that unpack to 4000000000, ', encodeZip([{ ...x, claims: { size: 4e9 } }, y])],
    [' has damaged zip contents', Buffer.from('x,y\n1,2\n')],
    [
      ': x has the first bytes 782c790a312c, expected an npy',
      packed({ 'x.npy': Buffer.from('x,y\n1,2\n'), 'y.npy': y.bytes }),
    ],
    [': y has 2 labels, expected 3 (the rows of ', packed({ 'x.npy': images, 'y.npy': encodeNpy('i8', [2], [0, 1]) })],
  ])('%s', async (sentence, bytes) => {
    const path = folder.write(`${sentence.replace(/\W+/g, '-')}.npz`, bytes);
    const message = await refusal(path);
    expect(message).toContain(`${path}${sentence}`);
    expect(message).toMatch(/^loadNpz: [^\n]*, expected [^\n]*$/);
  });

  const whole = packed({ 'x.npy': images, 'y.npy': labels });

  test('cut at any length', async () => {
    for (let length = 0; length < whole.length; length++) {
      const path = folder.write('cut.npz', whole.subarray(0, length));
      expect(await refusal(path)).toMatch(/^loadNpz: [^\n]*, expected [^\n]*$/);
    }
  });

  test('or else read, with any byte changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] ^= change;
        const path = folder.write('changed.npz', bytes);
        const message = await loadDataset(path).then(
          () => 'loadNpz: read, expected to be',
          (error: Error) => error.message,
        );
        expect(message).toMatch(/^loadNpz: [^\n]*, expected [^\n]*$/);
      }),
    );
  });
});

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { loadDataset, loadImageFolder } from '@gradloom/runtime';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { withChannels } from '../../../../packages/runtime/src/data/images/image.ts';
import { readImage } from '../../../../packages/runtime/src/data/images/image-file.ts';
import { resizeImage } from '../../../../packages/runtime/src/data/images/resize-image.ts';
import { damageOf } from '../../../support/damage.ts';
import { messageOf } from '../../../support/message-of.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly pixels: string; // base64
}

/** What Pillow read. test/fixtures/images.py */
const oracle: {
  files: (Pixels & { name: string; file: string; channels: number })[];
  resized: (Pixels & { of: string })[];
  grey: { of: string; pixels: string };
} = JSON.parse(readFileSync(new URL('../../../fixtures/images.json', import.meta.url), 'utf8'));

const folder = temporaryFolder();
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64');
const fileOf = (name: string): Buffer => bytesOf(oracle.files.find((file) => file.name === name)?.file ?? '');
const read = (name: string) => readImage('test', folder.write(name, fileOf(name)));

/** A PNG file of `width` x 1 grey pixels. */
const greyPng = (...pixels: number[]): Uint8Array =>
  encode({ width: pixels.length, height: 1, channels: 1, data: Uint8Array.from(pixels) });
const colourPng = (...pixels: number[]): Uint8Array =>
  encode({ width: pixels.length / 3, height: 1, channels: 3, data: Uint8Array.from(pixels) });

const refusal = (path: string, options = {}): Promise<string> => messageOf(loadDataset(path, options));

describe('an image', () => {
  test.each(oracle.files)(
    '$name has the pixels that Pillow reads',
    async ({ name, width, height, channels, pixels }) => {
      const image = await read(name);
      expect(image).toMatchObject({ width, height, channels });
      const expected = bytesOf(pixels);
      expect(image.pixels.length).toBe(expected.length);
      // Decoders of JPEG may round differently.
      const off = Math.max(...image.pixels.map((value, i) => Math.abs(value - expected[i])));
      expect(off).toBeLessThanOrEqual(name.endsWith('.png') ? 0 : 2);
    },
  );

  test('interlaced has the pixels of a plain one', async () => {
    const plain = await read('colour.png');
    const data = plain.pixels;
    const file = encode({ width: 13, height: 9, channels: 3, data }, { interlace: 'Adam7' });
    expect(file.length).not.toBe(fileOf('colour.png').length);
    expect((await readImage('test', folder.write('adam.png', file))).pixels).toEqual(data);
  });

  test.each(oracle.resized)('$of resized to $width x $height has the pixels of Pillow', async (resized) => {
    const { width, height } = resized;
    const { pixels } = resizeImage(await read(resized.of), width, height);
    expect(Buffer.from(pixels).equals(bytesOf(resized.pixels))).toBe(true);
  });

  test('in grey has the pixels of Pillow; grey in colour has them three times', async () => {
    const grey = withChannels(await read(oracle.grey.of), 1);
    expect(Buffer.from(grey.pixels).equals(bytesOf(oracle.grey.pixels))).toBe(true);
    const back = withChannels(grey, 3);
    expect([...back.pixels]).toEqual([...grey.pixels].flatMap((value) => [value, value, value]));
  });
});

describe('a folder of images', () => {
  test('has a class for each folder, and bytes over 255', async () => {
    const path = folder.writeFolder('classes', {
      'dogs/b.png': greyPng(7, 8, 9),
      'cats/2.png': greyPng(4, 5, 6),
      'cats/1.png': greyPng(1, 2, 3),
      'cats/.hidden': Buffer.from('…'),
      'dogs/Thumbs.db': Buffer.from('…'),
    });
    const { train } = await loadDataset(path);
    expect(train).toMatchObject({ name: 'classes', rows: 3, classes: 2, labels: ['cats', 'dogs'] });
    expect(train.inputs).toMatchObject({ columns: 3, divisor: 255 });
    expect([...train.inputs.array]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...train.targets.array]).toEqual([0, 0, 1]);
    expect((await loadDataset(path, { divisor: 1 })).train.inputs.divisor).toBe(1);
    const known = await loadDataset(path, { classNames: ['dogs', 'birds', 'cats'] });
    expect(known.train).toMatchObject({ classes: 3, labels: ['dogs', 'birds', 'cats'] });
    expect([...known.train.targets.array]).toEqual([2, 2, 0]);
  });

  test('has three channels as soon as one of them has, wherever it stands; `channels` says otherwise', async () => {
    const files = { '0/a.png': greyPng(1, 2), '0/b.png': greyPng(3, 4), '1/c.png': colourPng(5, 6, 7, 8, 9, 10) };
    const path = folder.writeFolder('mixed', { ...files, '1/d.png': greyPng(11, 12) });
    const { train } = await loadImageFolder(path);
    expect([...train.inputs.array]).toEqual([
      ...[1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
      ...[5, 6, 7, 8, 9, 10, 11, 11, 11, 12, 12, 12],
    ]);
    const grey = await loadImageFolder(path, { channels: 1 });
    expect(grey.train.inputs.columns).toBe(2);
    expect([...grey.train.inputs.array.slice(0, 4), ...grey.train.inputs.array.slice(6)]).toEqual([1, 2, 3, 4, 11, 12]);
    expect(
      (await loadImageFolder(folder.writeFolder('grey', { '0/a.png': greyPng(1, 2) }), { channels: 3 })).train.inputs,
    ).toMatchObject({ columns: 6 });
  });

  test('may have sets of its own, with the classes, size and channels of the training', async () => {
    const path = folder.writeFolder('sets', {
      'train/a/1.png': greyPng(1, 2),
      'train/b/1.png': colourPng(1, 2, 3, 4, 5, 6),
      'val/b/1.png': greyPng(3, 4),
      'test/a/1.png': greyPng(5, 6),
    });
    const sets = await loadDataset(path);
    expect(Object.keys(sets)).toEqual(['train', 'validation', 'test']);
    expect([...(sets.validation?.inputs.array ?? [])]).toEqual([3, 3, 3, 4, 4, 4]);
    expect([...(sets.validation?.targets.array ?? [])]).toEqual([1]);
    expect(sets.test).toMatchObject({ rows: 1, classes: 2, labels: ['a', 'b'] });
    folder.writeFolder('sets', { 'test/c/1.png': greyPng(1, 2) });
    expect(await refusal(path)).toBe(`loadImageFolder: ${path}/test has the class "c", expected one of a, b`);
    const turned = folder.writeFolder('turned', {
      'train/a/1.png': greyPng(1, 2),
      'test/a/1.png': encode({ width: 1, height: 2, channels: 1, data: Uint8Array.of(1, 2) }),
    });
    expect((await loadDataset(turned)).test?.inputs).toMatchObject({ shape: [1, 2, 1], array: Uint8Array.of(2, 2) });
  });

  test('of one class, and a file that is an image or a spreadsheet, is refused with what to name instead', async () => {
    const path = folder.writeFolder('shapes', {
      'circle/1.png': greyPng(1, 2),
      'square/1.png': greyPng(1, 3),
      'rows.xlsx': greyPng(1, 2),
    });
    const expectation = 'expected a folder with a folder of PNG or JPEG images for each class';
    for (const [name, sentence] of [
      ['circle', `has images without classes, ${expectation} (did you mean ${path}?)`],
      ['circle/1.png', `is one image, ${expectation}`],
      ['rows.xlsx', 'is a spreadsheet, expected its sheet saved as CSV'],
    ]) {
      await expect(loadDataset(`${path}/${name}`)).rejects.toThrow(`loadDataset: ${path}/${name} ${sentence}`);
    }
  });

  test('of several sizes is resized to their median, of 64 pixels at most, which is said', async () => {
    const sized = (width: number, height: number) =>
      encode({ width, height, channels: 1, data: new Uint8Array(width * height) });
    const files = { 'a/1.png': sized(10, 8), 'a/2.png': sized(30, 8), 'b/1.png': sized(12, 20) };
    const { train } = await loadDataset(folder.writeFolder('several', files));
    expect(train.inputs.shape).toEqual([8, 12, 1]);
    expect(train.decisions).toEqual([
      'images of 10 x 8 to 12 x 20 pixels are resized to 12 x 8 (width x height), their median (several:size=32x32 chooses another)',
    ]);
    // The last of many is the only other one, so that the first hundred do not tell it.
    const many = Object.fromEntries(
      Array.from({ length: 130 }, (_, n) => [`a/${100 + n}.png`, sized(640, n === 129 ? 1 : 160)]),
    );
    const large = (await loadDataset(folder.writeFolder('large', many))).train;
    expect(large.inputs.shape).toEqual([16, 64, 1]);
    expect(large.decisions?.[0]).toContain(
      'are resized to 64 x 16 (width x height), their median, 640 x 160, at 64 pixels a side (large:',
    );
    expect((await loadDataset(folder.writeFolder('several', files), { size: 5 })).train.decisions).toEqual([]);
  });

  test('of 16-bit values is read by the bits that the largest takes, in other sets too, which is said', async () => {
    const deep = (...data: number[]) =>
      encode({ width: 2, height: 1, channels: 1, depth: 16, data: Uint16Array.from(data) });
    const path = folder.writeFolder('deep', {
      'train/a/1.png': deep(16, 255),
      'train/a/2.png': greyPng(16, 255),
      'train/b/1.png': deep(2049, 4095),
      'test/a/1.png': deep(160, 4096),
      'test/b/1.png': deep(1, 15),
    });
    const { train, test: other } = await loadDataset(path);
    expect([...train.inputs.array]).toEqual([1, 15, 16, 255, 128, 255]);
    expect([...(other?.inputs.array ?? [])]).toEqual([10, 255, 0, 0]);
    expect(train.preprocessing).toMatchObject({ image: { bits: 12 } });
    expect(other?.preprocessing).toEqual(train.preprocessing);
    expect(train.decisions).toEqual([
      'images of 16 bits a value use 12 of them: values are divided by 16, to bytes (deep:bits=16 otherwise)',
    ]);
    expect(other?.decisions).toEqual([]);
    const full = (await loadDataset(path, { bits: 16 })).train;
    expect([...full.inputs.array]).toEqual([0, 0, 16, 255, 8, 15]);
    expect(full.decisions).toEqual([]);
    const opaque = { width: 1, height: 1, channels: 2, depth: 16, data: Uint16Array.of(100, 65535) } as const;
    const seeThrough = await loadDataset(folder.writeFolder('see-through', { 'a/1.png': encode(opaque) }));
    expect(seeThrough.train.preprocessing).toMatchObject({ image: { bits: 8 } });
    expect([...seeThrough.train.inputs.array]).toEqual([100]);
  });

  test('is resized to the size that is asked for', async () => {
    const path = folder.writeFolder('sizes', { 'a/1.png': fileOf('colour.png'), 'b/1.jpg': fileOf('colour.jpg') });
    const { train } = await loadDataset(path, { size: '40x3' });
    expect(train.inputs.columns).toBe(40 * 3 * 3);
    const resized = oracle.resized.find(({ of, width }) => of === 'colour.png' && width === 40);
    expect(Buffer.from(train.inputs.array.slice(0, 360)).equals(bytesOf(resized?.pixels ?? ''))).toBe(true);
    expect((await loadDataset(path, { size: 2, channels: 1 })).train.inputs.columns).toBe(4);
  });
});

describe('is refused in one sentence', () => {
  test.each<[string, Record<string, Uint8Array>, object?]>([
    ['/a/1.png has no bytes, expected a PNG or JPEG image', { 'a/1.png': Buffer.alloc(0) }],
    ['/a/1.png has the first bytes 47494638, expected a PNG or JPEG', { 'a/1.png': Buffer.from('GIF8') }],
    ['/a/b.gif has another ending, expected images that end in', { 'a/b.gif': greyPng(1), 'a/c.png': greyPng(1) }],
    ['/a/b is a folder, expected images', { 'a/b/c.png': greyPng(1), 'a/d.png': greyPng(1) }],
    ['/a/1.png has damaged contents (it is cut off)', { 'a/1.png': greyPng(1, 2).slice(0, -1) }],
    [
      '/a/b.gif has another ending, expected images that end in .png, .jpg or .jpeg (so do 2 more entries of the folder)',
      { 'a/b.gif': greyPng(1), 'a/b.webp': greyPng(1), 'a/c.png': greyPng(1), 'a/d.txt': greyPng(1) },
    ],
    ['option "header" is unknown, expected size, channels, bits, divisor', { 'a/1.png': greyPng(1) }, { header: true }],
    ['size has "0x3", expected a width and height of 1 to', { 'a/1.png': greyPng(1) }, { size: '0x3' }],
    ['channels has 2, expected 1 (grey) or 3', { 'a/1.png': greyPng(1) }, { channels: 2 }],
  ])('%s', async (sentence, files, options = {}) => {
    const path = folder.writeFolder(`refused-${sentence.replace(/\W+/g, '-')}`, files);
    const message = await refusal(path, options);
    expect(message).toContain(sentence);
    expect(message).toMatch(/^load\w+: [^\n]*, expected [^\n]*$/);
  });

  test('with all images that cannot be read, the first five by name', async () => {
    const cut = greyPng(1, 2).slice(0, -1);
    const whole = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`a/${10 + n}.png`, greyPng(n, n)]));
    const two = folder.writeFolder('two-broken', { ...whole, 'a/12.png': cut, 'b/1.jpg': Buffer.alloc(0) });
    expect(await refusal(two)).toBe(
      `loadImageFolder: 2 of 21 images cannot be read, expected whole PNG or JPEG images (mend these, or take them out of the folder): ${two}/a/12.png has damaged contents (it is cut off); ${two}/b/1.jpg has no bytes`,
    );
    const eight = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`a/${13 + n}.png`, cut]));
    const message = await refusal(folder.writeFolder('eight-broken', { ...whole, ...eight }));
    expect(message).toContain('loadImageFolder: 8 of 20 images cannot be read, ');
    expect(message.match(/it is cut off/g)).toHaveLength(5);
    expect(message).toMatch(/17\.png has damaged contents \(it is cut off\); 3 more$/);
  });

  test.each<[string, (path: string) => void]>([
    [' is a directory, expected a PNG or JPEG image', (path) => mkdirSync(path)],
    [' is not a regular file, expected a PNG', (path) => symlinkSync('/dev/zero', path)],
    [' has 5000000000 bytes, expected an image of at most', (path) => truncateSync(path, 5e9)],
    [' has the first bytes 0000000000000000, expected a PNG', (path) => truncateSync(path, 1e8)],
  ])('what%s', async (sentence, make) => {
    const path = folder.write(`strange-${randomUUID()}/a/1.png`, Buffer.alloc(0));
    if (!sentence.includes(' bytes')) rmSync(path);
    make(path);
    expect(await refusal(dirname(dirname(path)))).toContain(`loadImageFolder: ${path}${sentence}`);
  });

  const names = oracle.files.map(({ name }) => name);
  const sentence = /^(read|test: \S+ has [^\n]*, expected [^\n]*)$/;
  const outcome = (name: string, bytes: Uint8Array): Promise<string> =>
    readImage('test', folder.write(`damaged-${name}`, bytes)).then(
      () => 'read',
      (error: Error) => error.message,
    );

  test.each(names)('%s, cut at any length', async (name) => {
    const whole = fileOf(name);
    for (let length = 0; length < whole.length; length++) {
      const message = await outcome(name, whole.subarray(0, length));
      expect(message).toMatch(sentence);
      // The two bytes at the end of a JPEG image say nothing but that it ends.
      if (length < whole.length - 2) expect(`${length}: ${message}`).not.toBe(`${length}: read`);
    }
  });

  test.each(names)('%s, or else read, with any bytes changed', async (name) => {
    await fc.assert(
      fc.asyncProperty(damageOf(fileOf(name)), async (bytes) => {
        expect(await outcome(name, bytes)).toMatch(sentence);
      }),
    );
  });

  test('a PNG image with more or fewer pixels than its size says, before memory is taken for them', async () => {
    const sized = (width: number, height: number): Uint8Array => {
      const bytes = encode({ width: 100, height: 100, channels: 1, data: new Uint8Array(1e4) });
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      view.setUint32(16, width);
      view.setUint32(20, height);
      view.setUint32(29, crc32(bytes.subarray(12, 29)));
      return bytes;
    };
    expect(await outcome('a.png', sized(100, 100))).toBe('read');
    expect(await outcome('a.png', sized(10, 10))).toMatch(
      /has damaged contents \(more bytes of pixels than the 110 that are due\), expected/,
    );
    expect(await outcome('a.png', sized(1e4, 1e4))).toContain('(10100 bytes of pixels instead of 100010000), expected');
    expect(await outcome('a.png', sized(1e5, 1e5))).toContain('(100000 x 100000 pixels, expected 1 to 1');
  });

  test.each(['palette-8.png', 'palette-2.png'])(
    '%s without its palette, or with one after the pixels',
    async (name) => {
      const bytes = fileOf(name);
      const palette = bytes.indexOf('PLTE') - 4;
      const end = palette + 12 + bytes.readUInt32BE(palette);
      const without = Buffer.concat([bytes.subarray(0, palette), bytes.subarray(end)]);
      const last = bytes.length - 12;
      const late = Buffer.concat([without.subarray(0, -12), bytes.subarray(palette, end), bytes.subarray(last)]);
      for (const damaged of [without, late]) {
        expect(await outcome(name, damaged)).toMatch(
          /has damaged contents \(no palette .*\), expected a whole PNG image$/,
        );
      }
    },
  );

  test('a JPEG image with more pixels than its bytes can hold', async () => {
    const bytes = fileOf('grey.jpg');
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(9000, frame + 5);
    bytes.writeUInt16BE(9000, frame + 7);
    expect(await outcome('a.jpg', bytes)).toContain(`(9000 x 9000 pixels in ${bytes.length} bytes), expected`);
  });
});

import { gzipSync } from 'node:zlib';
import { readIdx } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idxTypes } from '../../../../packages/runtime/src/data/number-types.ts';
import { counted } from '../../../support/count.ts';
import { encodeIdx, type IdxTypeName, idxEncodings } from '../../../support/encode-idx.ts';
import { messageOf } from '../../../support/message-of.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

const numbers: Record<IdxTypeName, number[]> = {
  'unsigned byte': [0, 1, 127, 128, 255, 7],
  'signed byte': [0, 1, 127, -128, -1, 7],
  short: [0, 1, 32767, -32768, -1, 258],
  int: [0, 1, 2147483647, -2147483648, -1, 16909060],
  float: [0, -0, 1.5, -1.401298464324817e-45, 3.4028234663852886e38, Number.POSITIVE_INFINITY],
  double: [0, -0, 0.1, -5e-324, 1.7976931348623157e308, Number.NaN],
};

test('every number type is tested', () => {
  expect(new Set([...idxTypes.values()].map(({ name }) => name))).toEqual(new Set(Object.keys(idxEncodings)));
});

describe.each(Object.keys(numbers) as IdxTypeName[])('type %s', (type) => {
  const file = encodeIdx(type, [3, 2], numbers[type]);

  test.each([
    ['plain', file],
    ['gzipped', gzipSync(file)],
  ])('%s, gives its numbers in shared memory', async (_name, bytes) => {
    const { array, ...rest } = await readIdx(folder.write('numbers', bytes));
    expect(rest).toEqual({ type, shape: [3, 2] });
    expect([...array]).toEqual(numbers[type]);
    expect(array.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('more numbers than one chunk', async () => {
    const many = Array.from({ length: 1_200_000 }, (_, i) => i % 100);
    const { array } = await readIdx(folder.write('many', gzipSync(encodeIdx(type, [many.length], many), { level: 1 })));
    expect(array.length).toBe(many.length);
    expect(array.every((value, i) => value === i % 100)).toBe(true);
  });
});

test('bytes stay bytes, and the shorter integers widen', async () => {
  const typeOf = async (type: IdxTypeName) =>
    (await readIdx(folder.write('one', encodeIdx(type, [1], [1])))).array.constructor;
  expect(await typeOf('unsigned byte')).toBe(Uint8Array);
  for (const type of ['signed byte', 'short', 'int'] as const) expect(await typeOf(type)).toBe(Int32Array);
  expect(await typeOf('float')).toBe(Float32Array);
  expect(await typeOf('double')).toBe(Float64Array);
});

const small = encodeIdx('unsigned byte', [2, 3], [1, 2, 3, 4, 5, 6]);
const claims = (...shape: number[]) => encodeIdx('unsigned byte', shape, [1, 2, 3]);

describe('a file that is not whole is refused in one sentence', () => {
  test.each<[string, Uint8Array | string]>([
    ['has 0 bytes, expected an IDX file of 9 or more', ''],
    ['has 3 bytes, expected an IDX file of 9 or more', small.subarray(0, 3)],
    [
      'has the first bytes 89 50 4e 47, expected an IDX file, which begins with 00 00, a type (08, 09, 0b, 0c, 0d, 0e)',
      '\x89PNG',
    ],
    ['has the first bytes 00 00 07 01', Buffer.of(0, 0, 7, 1, 0, 0, 0, 1, 5)],
    ['has the first bytes 00 00 08 00', Buffer.of(0, 0, 8, 0, 5)],
    ['has a header of 8 bytes, expected 12 (2 dimensions)', small.subarray(0, 8)],
    ['has 17 bytes, expected 18 (2 x 3 of type unsigned byte)', small.subarray(0, 17)],
    ['has 19 bytes, expected 18 (2 x 3 of type unsigned byte)', Buffer.concat([small, Buffer.of(0)])],
    ['has no numbers (0 x 28 of type unsigned byte), expected at least one', claims(0, 28)],
    ['has 19 bytes, expected 18446744065119617000 (4294967295 x 4294967295 x 1 of', claims(0xffffffff, 0xffffffff, 1)],
    ['which unpack to 31992 at most, expected 4294967303 (4294967295 of', gzipSync(claims(0xffffffff))],
    ['has 11 bytes, expected 108 (100 of type unsigned byte)', gzipSync(claims(100))],
    ['has more than 10 bytes, expected 10 (2 of type unsigned byte)', gzipSync(claims(2))],
    ['has damaged gzip contents (unexpected end of file)', gzipSync(small).subarray(0, 25)],
    ['has damaged gzip contents (incorrect data check)', gzipSync(small).fill(0, 27, 31)],
  ])('%s', async (sentence, bytes) => {
    const path = folder.write('bad', typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    const message = await messageOf(readIdx(path));
    expect(message).toContain(sentence);
    expect(message.startsWith(`readIdx: ${path} has `)).toBe(true);
    expect(message).not.toContain('\n');
  });

  test('neither is a folder or a name without a file', async () => {
    await expect(readIdx(folder.path)).rejects.toThrow(`readIdx: ${folder.path} is a directory, expected an IDX file`);
    const missing = `${folder.path}/missing`;
    await expect(readIdx(missing)).rejects.toThrow(`readIdx: ${missing} does not exist, expected an IDX file`);
    if (process.platform === 'linux') {
      await expect(readIdx('/dev/zero')).rejects.toThrow(
        'readIdx: /dev/zero is not a regular file, expected an IDX file',
      );
    }
  });
});

test('any bytes after a header of any dimensions give an array of the size of the header or one sentence', async () => {
  const parts = fc.record({
    code: fc.constantFrom(0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f),
    extents: fc.array(fc.oneof(fc.nat(4), fc.nat(0xffffffff)), { maxLength: 4 }),
    rest: fc.uint8Array({ maxLength: 64 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, fc.uint8Array({ maxLength: 100 })), async (file) => {
      let bytes = file instanceof Uint8Array ? file : claims(...file.extents);
      if (!(file instanceof Uint8Array)) {
        bytes = Buffer.concat([bytes.subarray(0, 4 + 4 * file.extents.length), file.rest]);
        bytes[2] = file.code;
      }
      try {
        const { array, shape } = await readIdx(folder.write('any', bytes));
        expect(array.length).toBe(shape.reduce((product, extent) => product * extent, 1));
      } catch (error) {
        expect(String(error)).toMatch(/^Error: readIdx: [^\n]* expected [^\n]*$/);
      }
    }),
    { seed: propertySeed, numRuns: counted(80, 300) },
  );
});

/** Some bytes of a file overwritten, then its end cut off or lengthened. */
const damage = fc.record({
  writes: fc.array(fc.record({ at: fc.nat(40), byte: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
  length: fc.option(fc.nat(60)),
});

test.each([
  ['plain', small],
  ['gzipped', gzipSync(small)],
])('a damaged file, %s, gives an array of the size of its header or one sentence', async (name, whole) => {
  await fc.assert(
    fc.asyncProperty(damage, async ({ writes, length }) => {
      const bytes = Buffer.alloc(length ?? whole.length);
      whole.copy(bytes);
      for (const { at, byte } of writes) if (at < bytes.length) bytes[at] = byte;
      const path = folder.write(`damaged-${name}`, bytes);
      try {
        const { array, shape } = await readIdx(path);
        expect(array.length).toBe(shape.reduce((product, extent) => product * extent, 1));
        expect(array.length).toBeLessThan(100);
      } catch (error) {
        expect(String(error)).toMatch(/^Error: readIdx: [^\n]* expected [^\n]*$/);
      }
    }),
    { seed: propertySeed, numRuns: counted(200, 1000) },
  );
});

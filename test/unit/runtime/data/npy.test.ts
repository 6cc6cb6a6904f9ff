import { gzipSync } from 'node:zlib';
import { readNpy } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { damageOf } from '../../../support/damage.ts';
import { encodeNpy, type NpyTypeName, npyEncodings, wrapHeader } from '../../../support/encode-npy.ts';
import { messageOf } from '../../../support/message-of.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** What NumPy 2.4 wrote: base64 of np.lib.format.write_array(file, array, version). */
const written: Record<string, string> = {
  // np.arange(6, dtype='<f4').reshape(3, 2)
  float:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEA=',
  // np.asfortranarray(np.arange(6, dtype='>i2').reshape(3, 2))
  fortran:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMywgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAACAAQAAQADAAU=',
  // np.array([2**40, -3], dtype='<i8'), version (2, 0)
  long: 'k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAEAAP3/////////',
  // np.array([0.5, -0.0, 65504, 6e-8, np.inf], dtype='<f2'), version (3, 0)
  half: 'k05VTVBZAwB0AAAAeydkZXNjcic6ICc8ZjInLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoNSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAOACA/3sBAAB8',
  // np.array([{}, None], dtype=object), a pickle
  objects:
    'k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWNAAAAAAAAAIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsBSwKFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlCh9lE5ldJRiLg==',
  // np.zeros(2, dtype=[('a', '<f8'), ('b', '<i4')])
  records:
    'k05VTVBZAQB2AHsnZGVzY3InOiBbKCdhJywgJzxmOCcpLCAoJ2InLCAnPGk0JyldLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
};

const bytesOf = (name: string): Buffer => Buffer.from(written[name], 'base64');

describe('what NumPy wrote', () => {
  test.each<[string, string, number[], number[]]>([
    ['float', '<f4', [3, 2], [0, 1, 2, 3, 4, 5]],
    ['fortran', '>i2', [3, 2], [0, 1, 2, 3, 4, 5]],
    ['long', '<i8', [2], [2 ** 40, -3]],
    ['half', '<f2', [5], [0.5, -0, 65504, 2 ** -24, Number.POSITIVE_INFINITY]],
  ])('%s is read, plain or gzipped, row after row', async (name, type, shape, numbers) => {
    for (const bytes of [bytesOf(name), gzipSync(bytesOf(name))]) {
      const file = await readNpy(folder.write(`${name}.npy`, bytes));
      expect(file).toMatchObject({ type, shape });
      expect(firstDifference(Float64Array.from(file.array), Float64Array.from(numbers))).toBeNull();
    }
  });
});

const typeNames = Object.keys(npyEncodings) as NpyTypeName[];
const range: Record<NpyTypeName, [least: number, most: number]> = {
  b1: [0, 1],
  u1: [0, 255],
  u2: [0, 65535],
  u4: [0, 2 ** 32 - 1],
  i1: [-128, 127],
  i2: [-32768, 32767],
  i4: [-(2 ** 31), 2 ** 31 - 1],
  i8: [-(2 ** 53) + 1, 2 ** 53 - 1],
  u8: [0, 2 ** 53 - 1],
  f4: [0, 0],
  f8: [0, 0],
};

const layouts = fc.record({
  order: fc.constantFrom<'<' | '>'>('<', '>'),
  version: fc.constantFrom<1 | 2 | 3>(1, 2, 3),
});

test.each(typeNames)('%s comes back from every order of bytes and version, in a type that holds it', async (type) => {
  const value =
    type === 'f4'
      ? fc.float({ noNaN: true })
      : type === 'f8'
        ? fc.double({ noNaN: true })
        : fc.maxSafeInteger().map((n) => range[type][0] + Math.abs(n % (range[type][1] - range[type][0] + 1)));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 20 }), layouts, async (numbers, layout) => {
      const file = await readNpy(folder.write('any.npy', encodeNpy(type, [numbers.length], numbers, layout)));
      expect(firstDifference(Float64Array.from(file.array), Float64Array.from(numbers))).toBeNull();
    }),
    { seed: propertySeed, numRuns: counted(20, 50) },
  );
});

test('an array whose first index runs fastest is the transpose of one whose last does', async () => {
  const extent = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(extent, { minLength: 1, maxLength: 4 }), async (shape) => {
      const length = shape.reduce((product, n) => product * n, 1);
      const numbers = Array.from({ length }, (_, i) => i);
      const path = folder.write('columns.npy', encodeNpy('u2', shape, numbers, { isColumnMajor: true }));
      const { array } = await readNpy(path);
      // NumPy's rule: index (i, j, k) of an array in Fortran order lies at i + I (j + J k), in C order at (i J + j) K +
      // k.
      for (let at = 0; at < length; at++) {
        let rest = at;
        const index: number[] = [];
        for (const n of shape.toReversed()) {
          index.unshift(rest % n);
          rest = Math.floor(rest / n);
        }
        expect(array[at]).toBe(index.reduceRight((offset, i, axis) => offset * shape[axis] + i, 0));
      }
    }),
    { seed: propertySeed, numRuns: counted(30, 100) },
  );
});

const small = encodeNpy('f4', [2, 2], [1, 2, 3, 4]);
const header = (text: string, bytes = 16): Buffer => Buffer.concat([wrapHeader(text), Buffer.alloc(bytes)]);

describe('is refused in one sentence', () => {
  test.each<[string, Uint8Array]>([
    ['has 0 bytes, expected an npy file of 10 or more', Buffer.alloc(0)],
    [
      'has the first bytes 504b03040000, expected an npy file, which begins with 934e554d5059',
      Buffer.from('PK\x03\x04'.padEnd(9, '\0')),
    ],
    ['has format version 4.0, expected 1.0, 2.0 or 3.0', Buffer.from(small).fill(4, 6, 7)],
    ['has a header of 65535 bytes, expected at most 10000', Buffer.from(small).fill(0xff, 8, 10)],
    ['has a header that is cut off, expected a whole npy file', small.subarray(0, 40)],
    ['has the type "|O" (Python objects, which are never loaded)', bytesOf('objects')],
    ["has the header \"{'descr': [('a', '<f8'), ('b', '<i4')],", bytesOf('records')],
    [
      'has the type "<U3" (not a supported number type)',
      header("{'descr': '<U3', 'fortran_order': False, 'shape': (2,)}"),
    ],
    ['has the type "|f8"', header("{'descr': '|f8', 'fortran_order': False, 'shape': (2,)}")],
    ['has the type "=f8"', header("{'descr': '=f8', 'fortran_order': False, 'shape': (2,)}")],
    ['has the type "<constructor"', header("{'descr': '<constructor', 'fortran_order': False, 'shape': (2,)}")],
    ['has descr twice in its header', header("{'descr': '<f8', 'descr': '<f8', 'shape': (2,)}")],
    ['has the header "{', header("{'descr': '<f8', 'fortran_order': False}")],
    ['has the header "{', header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}")],
    ['has the header "{', header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} junk")],
    ['has the header "{', header("{'descr': '<f8', 'fortran_order': __import__('os'), 'shape': (2,)}")],
    [
      'has the shape "()", expected at least one dimension',
      header("{'descr': '<f8', 'fortran_order': False, 'shape': ()}"),
    ],
    ['has no numbers (0 x 2 of type <f8)', header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2)}", 0)],
    [
      'bytes, expected 1.6e+40',
      header(`{'descr': '<f8', 'fortran_order': False, 'shape': (${'1'.padEnd(21, '0')}, ${'2'.padEnd(20, '0')})}`),
    ],
    ['has 143 bytes, expected 144 (2 x 2 of type <f4)', small.subarray(0, -1)],
    ['has 145 bytes, expected 144 (2 x 2 of type <f4)', Buffer.concat([small, Buffer.of(0)])],
    ['has more than 144 bytes, expected 144', gzipSync(Buffer.concat([small, Buffer.of(0)]))],
    [
      'has about 9007199254740992 as number 1, expected whole numbers of less than 2^53',
      encodeNpy('i8', [2], [0, 2 ** 53]),
    ],
  ])('%s', async (sentence, bytes) => {
    const path = folder.write('bad.npy', bytes);
    const message = await messageOf(readNpy(path));
    expect(message).toContain(sentence);
    expect(message).toMatch(/^readNpy: [^\n]* has [^\n]*, expected [^\n]*$/);
    expect(message.startsWith(`readNpy: ${path} has `)).toBe(true);
  });
});

test.each([
  ['damaged at random', damageOf(small)],
  ['damaged and gzipped', damageOf(small).map((bytes) => gzipSync(bytes))],
  ['gzipped and damaged', damageOf(gzipSync(small))],
  ['of any bytes', fc.uint8Array({ maxLength: 200 })],
  ['of any header', fc.string({ maxLength: 100 }).map((text) => header(text))],
])('a file %s gives an array of the size of its header or one sentence', async (_name, files) => {
  await fc.assert(
    fc.asyncProperty(files, async (bytes) => {
      const path = folder.write('any.npy', bytes);
      try {
        const { array, shape } = await readNpy(path);
        expect(array.length).toBe(shape.reduce((product, extent) => product * extent, 1));
        expect(array.length).toBeLessThan(1000);
      } catch (error) {
        expect(String(error)).toMatch(/^Error: readNpy: [^\n]* expected [^\n]*$/);
      }
    }),
    { seed: propertySeed, numRuns: counted(100, 500) },
  );
});

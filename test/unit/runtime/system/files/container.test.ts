import { createHash } from 'node:crypto';
import fs, { readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readContainer, writeContainer } from '../../../../../packages/runtime/src/system/files/container.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { Packr } from '../../../../support/msgpack.ts';
import { seal } from '../../../../support/seal.ts';
import { propertySeed } from '../../../../support/seed.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = `${folder.path}/container`;

const sections = new Map([
  ['weights', Float64Array.of(1, -0, 5e-324, Number.NaN, Number.NEGATIVE_INFINITY)],
  ['empty', new Float64Array(0)],
  ['moments', Float64Array.of(0.1)],
]);

/** A whole file of `header` and whatever follows it. */
function craft(header: Uint8Array, rest: Uint8Array = new Uint8Array(0), version = 1): Buffer {
  const contents = Buffer.alloc(Math.ceil((16 + header.length) / 8) * 8 + rest.length);
  contents.write('\x89GLM\r\n\x1a\n', 'latin1');
  contents.writeUInt32LE(version, 8);
  contents.writeUInt32LE(header.length, 12);
  contents.set(header, 16);
  contents.set(rest, contents.length - rest.length);
  return seal(contents);
}

const packr = new Packr({ useRecords: false });
const pack = (header: unknown): Uint8Array => packr.pack(header);

describe('what is written', () => {
  test('is read again, numbers bit for bit', () => {
    const content = { text: 'ä€😀', list: [1, 0.1, 1e300, 2 ** 40, true, null], nested: { '': {} } };
    writeContainer('here', path, 'kind', content, sections);
    const read = readContainer('here', path, ['kind']);
    expect(read.content).toEqual(content);
    expect([...read.sections.keys()]).toEqual([...sections.keys()]);
    for (const [name, numbers] of sections) expect(firstDifference(read.sections.get(name) ?? [], numbers)).toBeNull();
  });

  test('is read whole where a run puts a longer file in its place, at whatever moment', () => {
    const { statSync, openSync } = fs;
    for (const call of ['statSync', 'openSync'] as const) {
      writeContainer('here', path, 'kind', {}, sections);
      const longer = new Map([['weights', Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)]]);
      const replace = () => writeContainer('here', path, 'kind', {}, longer);
      const original = fs[call] as (...args: unknown[]) => unknown;
      let isDone = false;
      Object.assign(fs, {
        [call]: (...args: unknown[]) => {
          const result = original(...args);
          if (args[0] === path && !isDone) {
            isDone = true;
            replace();
          }
          return result;
        },
      });
      syncBuiltinESMExports();
      try {
        const read = readContainer('here', path, ['kind']);
        // Opened before it was replaced, it is the old one.
        expect(read.sections.get('weights')).toHaveLength(call === 'statSync' ? 9 : 5);
      } finally {
        Object.assign(fs, { statSync, openSync });
        syncBuiltinESMExports();
      }
    }
  });

  test('lies where the format says', () => {
    writeContainer('here', path, 'kind', {}, sections);
    const bytes = readFileSync(path);
    const headerBytes = bytes.readUInt32LE(12);
    const start = Math.ceil((16 + headerBytes) / 8) * 8;
    expect(bytes.toString('latin1', 0, 8)).toBe('\x89GLM\r\n\x1a\n');
    expect(bytes.readUInt32LE(8)).toBe(2);
    expect(packr.unpack(bytes.subarray(16, 16 + headerBytes))).toEqual({
      kind: 'kind',
      content: {},
      sections: [...sections].map(([name, { length }]) => ({ name, dtype: 'float64', length })),
    });
    expect(bytes.readDoubleLE(start + 16)).toBe(5e-324);
    expect(bytes.readDoubleLE(start + 40)).toBe(0.1);
    expect(bytes.length).toBe(start + 48 + 32);
    expect(bytes.subarray(-32)).toEqual(createHash('sha256').update(bytes.subarray(0, -32)).digest());
  });

  test('takes the place of an older file, and of nothing where it fails', () => {
    const ownFolder = temporaryFolderOf('own');
    writeContainer('here', `${ownFolder}/file`, 'kind', { a: 1 }, sections);
    writeContainer('here', `${ownFolder}/file`, 'kind', { a: 2 }, sections);
    expect(readContainer('here', `${ownFolder}/file`, ['kind']).content).toEqual({ a: 2 });
    folder.write('own/taken/file', '');
    expect(() => writeContainer('here', `${ownFolder}/taken`, 'kind', {}, sections)).toThrow(
      new RegExp(
        `^here: ${ownFolder}/taken cannot be written: [a-z ]+ \\(E[A-Z]+\\), expected a folder with room for it$`,
      ),
    );
    expect(() => writeContainer('here', `${ownFolder}/missing/file`, 'kind', {}, sections)).toThrow('ENOENT');
    expect(readdirSync(ownFolder).toSorted()).toEqual(['file', 'taken']);
  });

  test('must be JSON', () => {
    const refused = (content: object, sentence: string) =>
      expect(() => writeContainer('here', path, 'kind', content, sections)).toThrow(sentence);
    refused({ f: () => 0 }, 'header.content.f has a value of type function, expected JSON');
    refused({ list: [new Date(0)] }, 'header.content.list[0] has a Date, expected JSON');
    refused(JSON.parse('{ "__proto__": 1 }'), 'header.content has the key "__proto__"');
    refused({ text: 'x'.repeat(1 << 25) }, 'expected at most 33554432');
  });

  test('may have texts of some MiB', () => {
    const content = { short: 'é', text: 'long '.repeat(1 << 20), numbers: [1, -1, 300, 70_000, 1e10, 0.5, true, null] };
    writeContainer('here', path, 'kind', content, sections);
    expect(readContainer('here', path, ['kind']).content).toEqual(content);
  });

  test('may be long by texts alone', () => {
    const zeros = new Uint8Array(readFileSync(path).length + (1 << 22));
    zeros.set(readFileSync(path).slice(0, 16));
    new DataView(zeros.buffer).setUint32(12, 1 << 22, true); // a header of 4 MiB, each byte the number 0
    expect(() => readContainer('here', folder.write('zeros', zeros), ['kind'])).toThrow(
      'has a header with 4194304 bytes beside texts, expected at most 2097152',
    );
  });
});

function temporaryFolderOf(name: string): string {
  folder.write(`${name}/file`, '');
  return `${folder.path}/${name}`;
}

describe('a damaged file is refused in one sentence', () => {
  writeContainer('here', path, 'kind', { answer: 42 }, sections);
  const whole = readFileSync(path);

  function sentenceOf(bytes: Uint8Array): string {
    const damaged = folder.write('damaged', bytes);
    try {
      readContainer('here', damaged, ['kind']);
    } catch (error) {
      return String(error).replace(damaged, 'FILE');
    }
    return 'was read';
  }

  test('whichever byte changed', () => {
    for (let i = 0; i < whole.length; i++) {
      for (const flip of [1, 0x80, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[i] ^= flip;
        expect(sentenceOf(bytes)).toMatch(/^Error: here: FILE (has|is) [^\n]*, expected [^\n]*$/);
      }
    }
  });

  test('wherever it was cut off, and whatever was put after it', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(sentenceOf(whole.subarray(0, length))).toMatch(/^Error: here: FILE (has|is) [^\n]*, expected [^\n]*$/);
    }
    expect(sentenceOf(Buffer.concat([whole, Buffer.of(0)]))).toContain(
      `has ${whole.length + 1} bytes, expected ${whole.length} (the sections of its header)`,
    );
  });

  test.each<[string, Uint8Array]>([
    ['has 47 bytes, expected 48 or more (it was cut off)', whole.subarray(0, 47)],
    ['is not a Gradloom file, expected a model or a checkpoint (it is empty)', Buffer.of()],
    ['is not a Gradloom file, expected a model or a checkpoint (it begins with "a,b\\n1,2")', Buffer.from('a,b\n1,2')],
    [
      'is not a Gradloom file, expected a model or a checkpoint (it begins with the bytes 89504e470d0a1a0a)',
      Buffer.from('\x89PNG\r\n\x1a\n'.padEnd(48), 'latin1'),
    ],
    ['has format version 3, expected 1 to 2', craft(pack({}), undefined, 3)],
  ])('naming what it has: %s', (sentence, bytes) => {
    expect(sentenceOf(bytes)).toContain(sentence);
  });

  test('a header that claims more bytes than there are', () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(0xffffffff, 12);
    expect(sentenceOf(bytes)).toContain(`has a header of 4294967295 bytes, expected at most ${whole.length - 48}`);
  });
});

test('a file of the time before rows had shapes has a flatten layer where layers took all of an embedding', () => {
  const embedding = { kind: 'embedding', vocabulary: 4, width: 3 };
  const block = (layers: object[]) => ({ kind: 'residual', layers });
  const layers = [
    block([embedding, { kind: 'dense', out: 2 }]),
    embedding,
    { kind: 'relu' },
    { kind: 'dense', out: 2 },
  ];
  const contentOf = (version: number) =>
    readContainer(
      'here',
      folder.write(
        'old',
        craft(pack({ kind: 'kind', content: { spec: { input: 2, layers } }, sections: [] }), undefined, version),
      ),
      ['kind'],
    ).content;
  expect(contentOf(2)).toEqual({ spec: { input: 2, layers } });
  const [, , relu, dense] = layers;
  const flatten = { kind: 'flatten' };
  const expected = [block([embedding, flatten, dense]), embedding, relu, flatten, dense];
  expect(contentOf(1)).toEqual({ spec: { input: 2, layers: expected } });
});

describe('a file that was made to do harm is refused in one sentence', () => {
  const read = (bytes: Uint8Array) => () => readContainer('here', folder.write('crafted', bytes), ['kind']);
  const one = (section: object, more: object[] = []) =>
    pack({ kind: 'kind', content: {}, sections: [section, ...more] });
  const float64 = (name: unknown, length: unknown) => ({ name, dtype: 'float64', length });
  const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x91), Buffer.of(0)]);
  /** Empty maps, of which each takes one byte. */
  const many = (count: number) => Buffer.concat([Buffer.alloc(count - 1, 0x80), Buffer.of(0x91, 0)]);
  const huge = Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0);

  test.each<[string, Uint8Array]>([
    ['has the kind "other", expected kind', craft(pack({ kind: 'other', content: {}, sections: [] }))],
    ['has the header [], expected { kind', craft(pack([]))],
    ['has the header {"kind":"kind","content":1', craft(pack({ kind: 'kind', content: 1, sections: [] }))],
    [
      'has the header {"kind":"kind","content":{},"sections":{}}',
      craft(pack({ kind: 'kind', content: {}, sections: {} })),
    ],
    ['has 8 bytes for section w, expected 16', craft(one(float64('w', 2)), new Uint8Array(8))],
    ['has 8 bytes for section w, expected 36028797018963970', craft(one(float64('w', 2 ** 52)), new Uint8Array(8))],
    [
      'has two sections w, expected one of each name',
      craft(one(float64('w', 1), [float64('w', 1)]), new Uint8Array(16)),
    ],
    ['(the sections of its header)', craft(one(float64('w', 1)), new Uint8Array(16))],
    ['has the section {"name":"w","dtype":"float64","length":-1}', craft(one(float64('w', -1)))],
    ['has the section {"name":"w","dtype":"float64","length":0.5}', craft(one(float64('w', 0.5)))],
    ['has the section {"name":1,"dtype":"float64","length":1}', craft(one(float64(1, 1)))],
    ['has the section {"name":"w","dtype":"int8","length":1}', craft(one({ name: 'w', dtype: 'int8', length: 1 }))],
    ['has the section null', craft(pack({ kind: 'kind', content: {}, sections: [null] }))],
    [
      'header.content has the key "__proto__"',
      craft(pack({ kind: 'kind', content: JSON.parse('{"__proto__":{}}'), sections: [] })),
    ],
    ['header has the key 1, expected a string', craft(pack(new Map([[1, 2]])))],
    ['header has a Date, expected JSON', craft(pack(new Date(0)))],
    ['header has a value of type bigint', craft(pack(2n ** 60n))],
    ['header has a Uint8Array', craft(Buffer.of(0xc4, 1, 7))],
    ['has more levels than 64, expected fewer', craft(nested(100))],
    [
      'has more values than 131072, expected fewer',
      craft(Buffer.concat([Buffer.of(0xdd, 0x00, 0x01, 0xff, 0xff), many(0x1ffff)])),
    ],
    ['has a header that cannot be read', craft(nested(200_000))],
    ['has a header that cannot be read', craft(huge)],
    ['has a header that cannot be read', craft(Buffer.alloc(0))],
    ['has a header that cannot be read', craft(Buffer.of(0xc0, 0xc0))],
  ])('%s', (sentence, bytes) => {
    expect(read(bytes)).toThrow(sentence);
    expect(read(bytes)).toThrow(/^here: [^\n]* has [^\n]*, expected [^\n]*$/);
  });

  test('records, which msgpackr would turn into code, are no JSON', () => {
    const records = new Packr({ useRecords: true });
    const rows = Array.from({ length: 20 }, (_, i) => ({ kind: i, content: i, sections: i }));
    expect(read(craft(records.pack(rows)))).toThrow(/^here: [^\n]* has [^\n]*, expected [^\n]*$/);
  });

  test('whatever its header is, with a SHA-256 that is right', () => {
    const header = one(float64('w', 2));
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(header.length - 1), byte: fc.integer({ min: 0, max: 255 }) }), {
          maxLength: 3,
        }),
        (writes) => {
          const bytes = Buffer.from(header);
          for (const { at, byte } of writes) bytes[at] = byte;
          try {
            const container = read(craft(bytes, new Uint8Array(16)))();
            expect([...container.sections.values()].reduce((sum, { length }) => sum + length, 0)).toBe(2);
          } catch (error) {
            expect(String(error)).toMatch(/^Error: here: [^\n]* has [^\n]*, expected [^\n]*$/);
          }
        },
      ),
      { seed: propertySeed, numRuns: 1000 },
    );
  });
});

import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { complete, ofText } from '@gradloom/core/internal';
import {
  createTokenizer,
  type DataSplits,
  type Dataset,
  loadText,
  type TextOptions,
  type Tokenizer,
  type TokenizerName,
  type TokenizerSpec,
  textDataset,
} from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkDataset } from '../../../../packages/runtime/src/data/check-dataset.ts';
import { datasetHash } from '../../../../packages/runtime/src/data/dataset-hash.ts';
import { anyRows } from '../../../../packages/runtime/src/data/file-rows.ts';
import { gatherRows } from '../../../../packages/runtime/src/data/gather.ts';
import { countedPositions } from '../../../../packages/runtime/src/data/targets.ts';
import { readTokens } from '../../../../packages/runtime/src/data/text/read-tokens.ts';
import { tokensInMemory } from '../../../../packages/runtime/src/data/text/tokens-in-memory.ts';
import { requireInstalled } from '../../../../packages/runtime/src/system/installed.ts';
import { createOrders } from '../../../../packages/runtime/src/training/run/orders.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A text that is read in parts of 65,536 bytes: the first ends within line ends, and the second within a character. */
const special = [' word'.repeat(13_104), '\n'.repeat(40), '語😀\r\n'.repeat(7500)];
const text = special.join('') + readFileSync('docs/architecture.md', 'utf8').repeat(2);
const folder = temporaryFolder();
const file = folder.write('real.txt', text);

const tokenizerOf = ({ train }: DataSplits): Tokenizer => {
  const encoding = ofText(train.preprocessing)?.text;
  if (encoding === undefined) throw new Error('no text');
  return createTokenizer(encoding.tokenizer);
};

/** All tokens of windows, whose last is a target only. */
const tokensOf = ({ inputs, targets }: Dataset): number[] => [...inputs.array, ...targets.array.slice(-1)];

describe.each<TokenizerName>(['characters', 'bytes', 'words', 'gpt2', 'bpe:300'])('tokens of %s', (tokenizer) => {
  test('a file that is read in parts has the tokens of the whole text, which spell it', async () => {
    const sets = await loadText(file, { tokenizer, validation: 0 });
    const known = tokenizerOf(sets);
    expect(sets.train.classes).toBe(known.size);
    expect(tokensOf(sets.train)).toEqual([...known.encode(text)]);
    expect(known.decode(tokensOf(sets.train))).toBe(text);
  });

  test(`a text that is cut anywhere has the tokens of the whole (seed ${propertySeed})`, async () => {
    const units = fc.constantFrom(
      'a',
      'é',
      '\u0301',
      "'",
      '’s',
      '7',
      ',',
      '—',
      ' ',
      '  ',
      '\r\n',
      '\n',
      '\t',
      '😀',
      '𝒜',
      '語',
    );
    const check = fc.asyncProperty(fc.array(units, { minLength: 2, maxLength: 24 }), async (pieces) => {
      const drawn = pieces.join('');
      const fault = (has: string) => new Error(has);
      const tokensOfParts = async (...parts: string[]) => {
        const reader = await readTokens(() => parts, tokenizer, false, fault);
        const tokensRead: number[] = [];
        for await (const tokens of reader.encodedParts()) tokensRead.push(...tokens);
        return [tokensRead, await reader.sizes().then(({ tokens }) => tokens), reader.tokenizer.spec];
      };
      const whole = await tokensOfParts(drawn);
      expect(whole[0]).toEqual([...createTokenizer(whole[2] as TokenizerSpec).encode(drawn)]);
      const starts = pieces.map((_, n) => pieces.slice(0, n).join('').length);
      for (const at of starts) expect(await tokensOfParts(drawn.slice(0, at), drawn.slice(at))).toEqual(whole);
      expect(await tokensOfParts(...pieces)).toEqual(whole);
    });
    await fc.assert(check, { seed: propertySeed, numRuns: 40 });
  });

  test(`tokens of any text spell it (seed ${propertySeed})`, async () => {
    const check = fc.asyncProperty(fc.string({ minLength: 2, unit: 'grapheme' }), async (drawn) => {
      const sets = await textDataset(`${drawn}\n${drawn}`, { tokenizer, context: 1, validation: 0 });
      const known = tokenizerOf(sets);
      const tokens = known.encode(drawn);
      expect(tokens.every((token) => token < known.size)).toBe(true);
      expect(known.decode(tokens)).toBe(drawn);
    });
    await fc.assert(check, { seed: propertySeed, numRuns: 50 });
  });
});

test('a character of two code units is one token, beside its halves too', () => {
  const known = createTokenizer({ kind: 'characters', vocabulary: ['a', '\ud83d', '😀'] });
  expect([...known.encode('a😀\ud83da')]).toEqual([0, 2, 1, 0]);
});

test('words are whole, with the space before them, and those that occur once are one token', async () => {
  const sets = await textDataset("It's 1 word,  not two.\n".repeat(2).concat('Once'), {
    tokenizer: 'words',
    context: 2,
    validation: 0,
  });
  const known = tokenizerOf(sets);
  expect(known.unknown).toBe(0);
  expect(sets.train.targets.array.at(-1)).toBe(0);
  expect(known.decode(known.encode('never 1 seen'))).toBe('<unk> 1<unk>');
  const pieces = [...known.encode("It's 1 word,  not two.\n")].map((token) => known.decode([token]));
  expect(pieces).toEqual(["It's", ' 1', ' word', ',', ' ', ' not', ' two', '.', '\n']);
});

test('byte pairs are learned from the training part, also of a stream, and a model reads other texts by them', async () => {
  const path = folder.write('pairs.txt', 'abab '.repeat(90) + 'xyxy '.repeat(10));
  const options = { tokenizer: 'bpe:300', context: 4, validation: 0.1 } as const;
  const sets = await loadText(path, options);
  const { spec } = tokenizerOf(sets);
  expect(spec).toEqual({ kind: 'bpe', merges: ['ab', 'abab', ' abab'] });
  const streamed = await loadText(path, { ...options, stream: true });
  expect(tokenizerOf(streamed).spec).toEqual(spec);
  const whole = await loadText(path, { ...options, validation: 0, stream: true });
  expect(tokenizerOf(whole).spec).toMatchObject({ merges: expect.arrayContaining([' xyxy']) });
  const more = await loadText(path, { ...options, tokenizer: 'bpe:258', stream: true });
  expect(tokenizerOf(more).spec).toEqual({ kind: 'bpe', merges: ['ab', 'abab'] });
  expect(tokenizerOf(await loadText(path, { tokenizer: spec, context: 4, stream: true })).spec).toEqual(spec);
  for (const name of ['bpe', 'bpe:256', 'bpe:65537', 'bpe:1e3'] as TokenizerName[]) {
    await expect(loadText(path, { tokenizer: name })).rejects.toThrow(
      `loadText: tokenizer has "${name}", expected bpe:<tokens>, from bpe:257 to bpe:65536, such as bpe:4096`,
    );
  }
});

test('tokens of GPT-2 are those of its authors', () => {
  // tiktoken.get_encoding('gpt2').encode("Hello world, it's <|endoftext|>")
  const known = createTokenizer({ kind: 'gpt2' });
  expect([...known.encode("Hello world, it's")]).toEqual([15496, 995, 11, 340, 338]);
  expect(known.decode(known.encode('<|endoftext|>'))).toBe('<|endoftext|>');
  expect(known.decode([50256])).toBe('<|endoftext|>');
});

test(`tokens of GPT-2 are those of js-tiktoken, long words too (seed ${propertySeed})`, () => {
  interface Library {
    encode(text: string, allowedSpecial: readonly string[], disallowedSpecial: readonly string[]): number[];
  }
  const { Tiktoken } = requireInstalled('js-tiktoken/lite') as { Tiktoken: new (tables: unknown) => Library };
  const library = new Tiktoken(requireInstalled('js-tiktoken/ranks/gpt2'));
  const known = createTokenizer({ kind: 'gpt2' });
  const letters = fc.constantFrom(
    'a',
    'e',
    'th',
    'in',
    'er',
    'the',
    'é',
    '語',
    '=',
    '-',
    ' ',
    '\n',
    "'s",
    '7',
    '\ud83d',
    '😀',
  );
  const words = fc.array(letters, { maxLength: 60 }).map((parts) => parts.join(''));
  const check = fc.property(fc.oneof(words, fc.string({ unit: 'binary' })), (drawn) => {
    const tokens = known.encode(drawn);
    expect([...tokens]).toEqual(library.encode(drawn, [], []));
    expect(known.decode(tokens)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(drawn)));
  });
  fc.assert(check, { seed: propertySeed, numRuns: 300 });
  expect([...known.encode(text.slice(-20_000))]).toEqual(library.encode(text.slice(-20_000), [], []));
});

test('a long word takes no time by its square', () => {
  // js-tiktoken takes half a minute for a tenth of it.
  const word = 'ACGTTGCAAT'.repeat(20_000);
  const known = createTokenizer({ kind: 'gpt2' });
  expect(known.decode(known.encode(word))).toBe(word);
});

describe('windows', () => {
  const context = 16;

  test('all sets are views of one array, and targets are one token further', async () => {
    const sets = await loadText(file, { context, test: 0.05 });
    const known = tokenizerOf(sets);
    const all = [...known.encode(text)];
    let from = 0;
    for (const set of [sets.train, sets.validation, sets.test]) {
      if (set === undefined) throw new Error('no set');
      complete(checkDataset('test', set));
      const { inputs, targets, rows } = set;
      expect(inputs.array.buffer).toBe(sets.train.inputs.array.buffer);
      expect(targets.array.buffer).toBe(sets.train.inputs.array.buffer);
      expect([...inputs.array]).toEqual(all.slice(from, from + inputs.array.length));
      expect([...targets.array]).toEqual(all.slice(from + 1, from + 1 + inputs.array.length));
      from += set === sets.train ? inputs.array.length + 1 : Math.round(0.1 * all.length);
      expect(rows).toBe(Math.floor((tokensOf(set).length - 1) / context));
    }
    expect(sets.train.inputs.array).toBeInstanceOf(Uint8Array);
    expect(sets.validation?.rows).toBe(Math.floor((Math.round(0.1 * all.length) - 1) / context));
    expect(sets.train.starts).toBe(tokensOf(sets.train).length - context);
  });

  test.each([
    [9, 2],
    [8, 1],
    [5, 1],
  ])('%i tokens have %i windows of 4 with their targets', async (tokens, rows) => {
    const { train } = await textDataset('ab'.repeat(5).slice(0, tokens), { context: 4, validation: 0 });
    expect(train).toMatchObject({ rows, starts: tokens - 4 });
  });

  test('more than 256 tokens take two bytes each', async () => {
    const { train } = await loadText(file, { tokenizer: 'words' });
    expect(train.inputs.array).toBeInstanceOf(Uint16Array);
  });

  test('each epoch draws its own starts, by seed and epoch alone, and each window fits', async () => {
    const { train } = await textDataset('abcdefghijklmnop'.repeat(4), { context: 8, validation: 0 });
    const { rows, starts = 0 } = train;
    const startsOf = (seed: number, epoch: number): number[] => {
      const orders = createOrders(seed, train, 9, 2);
      complete(orders.prepare(epoch, 1));
      return [...orders.array.slice((epoch % 2) * rows, ((epoch % 2) + 1) * rows)];
    };
    expect(startsOf(1, 3)).toEqual(startsOf(1, 3));
    expect(startsOf(1, 3)).not.toEqual(startsOf(1, 4));
    expect(startsOf(1, 3)).not.toEqual(startsOf(2, 3));
    const drawn = Array.from({ length: 9 }, (_, epoch) => startsOf(5, epoch)).flat();
    expect(Math.max(...drawn)).toBe(starts - 1);
    expect(Math.min(...drawn)).toBe(0);
  });

  test.each<TokenizerName>(['characters', 'bytes', 'words', 'gpt2'])(
    'rows of %s that start anywhere are read from memory and from a file alike',
    async (tokenizer) => {
      const options: TextOptions = { tokenizer, context, test: 0.1 };
      const [inMemory, inFile] = [await loadText(file, options), await loadText(file, { ...options, stream: true })];
      const all = [...tokenizerOf(inMemory).encode(text)];
      for (const part of ['train', 'validation', 'test'] as const) {
        const [a, b] = [inMemory[part], inFile[part]];
        if (a === undefined || b === undefined) throw new Error('no set');
        expect(complete(datasetHash(b))).toBe(complete(datasetHash(a)));
        const { starts, ...others } = a;
        expect(complete(datasetHash(others)) !== complete(datasetHash(a))).toBe(starts !== undefined);
        const order = Uint32Array.of(3, 0, 2, 2, 1);
        for (const matrix of ['inputs', 'targets'] as const) {
          for (const step of part === 'train' ? [1, context] : [context]) {
            const rows = [a, b].map((set) => {
              const x = new Float64Array(order.length * context);
              gatherRows(x, { ...set[matrix], step }, order, 0, order.length, anyRows);
              return x;
            });
            expect(rows[0]).toEqual(rows[1]);
            const at = 2 * step + (matrix === 'targets' ? 1 : 0);
            const expected = all.slice(at, at + context);
            if (part === 'train') expect([...rows[0].subarray(2 * context, 3 * context)]).toEqual(expected);
          }
        }
      }
    },
  );

  test('a gzipped text is the text', async () => {
    const packed = folder.write('real.txt.gz', gzipSync(text));
    for (const tokenizer of ['characters', 'bytes'] as const) {
      const [a, b] = [await loadText(file, { tokenizer }), await loadText(packed, { tokenizer })];
      expect(complete(datasetHash(b.train))).toBe(complete(datasetHash(a.train)));
    }
  });
});

test.each([
  ['shorter', 'abcabc', 'abc', 3],
  ['longer', 'abc', 'abcabc', 6],
])('a text that becomes %s while it is read is refused', async (_, first, then, tokens) => {
  let reads = 0;
  const source = () => [reads++ === 0 ? first : then];
  const fault = (has: string, expected: string) => new Error(`${has}, expected ${expected}`);
  const read = readTokens(source, 'characters', false, fault).then((reader) => tokensInMemory(reader, fault));
  await expect(read).rejects.toThrow(
    `${tokens} tokens, expected the ${first.length} tokens that it had when it was first read`,
  );
});

describe('lines', () => {
  test('a line is a row between two line ends, padded', async () => {
    const { train, validation } = await textDataset('ab\r\ncde\nf', { lines: true, validation: 0 });
    expect(validation).toBeUndefined();
    expect(train).toMatchObject({ rows: 3, classes: 7 });
    expect([...train.inputs.array]).toEqual([0, 1, 2, 0, 0, 3, 4, 5, 0, 6, 0, 0]);
    expect([...train.targets.array]).toEqual([1, 2, 0, -1, 3, 4, 5, 0, 6, 0, -1, -1]);
    expect([...(train.lengths?.array ?? [])]).toEqual([3, 4, 2]);
    const { lengths, ...whole } = train;
    const hashes = [train, whole, { ...whole, ...(lengths && { weights: lengths }) }].map((set) =>
      complete(datasetHash(set)),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  test('a context shorter than a line cuts it', async () => {
    const { train } = await textDataset('ab\ncde\n', { lines: true, validation: 0, context: 3 });
    expect([...train.targets.array]).toEqual([1, 2, 0, 3, 4, 5]);
  });

  test('lines of a file are those of the text', async () => {
    const lines = Array.from({ length: 9000 }, (_, n) => `line ${n} é`).join('\n');
    const options = { lines: true, validation: 0.2 };
    const read = await loadText(folder.write('lines.txt', lines), options);
    const dataset = await textDataset(lines, options);
    expect(complete(datasetHash(read.train))).toBe(complete(datasetHash(dataset.train)));
    expect([read.train.rows, read.validation?.rows]).toEqual([7200, 1800]);
  });

  test.each<[TokenizerName, number | undefined]>([
    ['characters', undefined],
    ['bytes', 9],
    ['words', 2],
    ['gpt2', undefined],
  ])('lines of %s that stay in a file are those in memory', async (tokenizer, context) => {
    const lines = Array.from({ length: 700 }, (_, n) => `${n} é${'語'.repeat(n % 20)}`).join('\r\n');
    const path = folder.write(`lines-${tokenizer}.txt`, lines);
    const options: TextOptions = { lines: true, tokenizer, validation: 0.2, ...(context && { context }) };
    const [inMemory, inFile] = [await loadText(path, options), await loadText(path, { ...options, stream: true })];
    for (const part of ['train', 'validation'] as const) {
      const [a, b] = [inMemory[part], inFile[part]];
      if (a === undefined || b === undefined) throw new Error('no set');
      expect(complete(datasetHash(b))).toBe(complete(datasetHash(a)));
      expect(complete(countedPositions(b))).toEqual(complete(countedPositions(a)));
    }
    expect(inFile.train.targets.array).toHaveLength(0);
  });
});

describe('tokens in a file', () => {
  const streamed = (path: string, options: TextOptions) => loadText(path, { ...options, context: 4, stream: true });
  const folderOf = ({ train }: DataSplits) => train.inputs.file?.path;
  const content = 'It is 1 word, not two.\n'.repeat(9);

  test('are written once, and serve the model that learned from them, and other windows', async () => {
    const path = folder.write('once.txt', content);
    const first = await streamed(path, { tokenizer: 'words' });
    const { tokenizer } = ofText(first.train.preprocessing)?.text ?? {};
    const second = await streamed(path, { ...(tokenizer && { tokenizer }), validation: 0 });
    expect(folderOf(second)).toBe(folderOf(first));
    const [cacheFile] = readdirSync(`${path}.gradloom-cache`);
    const wider = { kind: 'words', vocabulary: ['<unk>', 'It'] } as const;
    for (const other of [{ tokenizer: wider }, { tokenizer: 'words', lines: true }, { tokenizer: 'gpt2' }] as const) {
      expect(folderOf(await streamed(path, other))).not.toContain(cacheFile);
    }
    expect(readdirSync(`${path}.gradloom-cache`)).toHaveLength(4);
    folder.write('once.txt', content.replaceAll('two', 'ten'));
    expect(folderOf(await streamed(path, { tokenizer: 'words' }))).toContain(cacheFile);
    expect(readdirSync(`${path}.gradloom-cache`)).toEqual([cacheFile]);
  });

  test('are refused if the text changes while it is read, or they change afterwards', async () => {
    const path = folder.write('changes.txt', content.repeat(3000));
    const reading = streamed(path, {});
    while (!existsSync(`${path}.gradloom-cache`)) await setImmediate();
    utimesSync(path, 1, 1);
    await expect(reading).rejects.toThrow(`loadText: ${path} has changed while it was read, expected a file`);
    expect(existsSync(`${path}.gradloom-cache`)).toBe(false);
    const { train } = await streamed(path, {});
    utimesSync(folderOf({ train }) ?? '', 1, 1);
    expect(() => complete(datasetHash(train))).toThrow('a file must not change while it streams');
  });

  test('are not made of a text that is refused, and its sentence is that of a text in memory', async () => {
    for (const [bad, options] of [
      ['ab', {}],
      ['a\n\nb', { lines: true }],
      ['', { lines: true }],
      ['a\0b', {}],
      ['éa'.repeat(9), { tokenizer: { kind: 'characters', vocabulary: ['a'] } }],
    ] as const) {
      const path = folder.write('refused.txt', bad);
      const message = await loadText(path, { ...options, context: 4 }).catch((error: Error) => error.message);
      await expect(streamed(path, options)).rejects.toThrow(new Error(message as string));
    }
    await expect(streamed(`${folder.path}/none/none.txt`, {})).rejects.toThrow('none.txt does not exist');
    expect(existsSync(`${folder.path}/none`)).toBe(false);
  });
});

test.each<[string, boolean, string]>([
  ['word', false, 'spaces between words'],
  ['line', true, 'shorter lines'],
])('a %s without an end is refused before it fills the memory', async (what, lines, expected) => {
  const source = () => Array<string>(129).fill('a'.repeat(1 << 17));
  const read = readTokens(source, 'words', lines, (has, expectation) => new Error(`${has}, expected ${expectation}`));
  await expect(read).rejects.toThrow(`a ${what} of more than 16777216 characters at line 1, expected ${expected}`);
});

describe('what does not fit is refused in one sentence', () => {
  const known = { kind: 'characters', vocabulary: ['\n', 'a', 'b'] } as const;

  test.each<[string, string, TextOptions]>([
    ['has 2 tokens, expected at least 65 (the context of 64, and one to predict)', 'ab', { validation: 0 }],
    ['has 3 tokens for validation, expected at least 5', 'ab'.repeat(13), { context: 4 }],
    ['has 0 tokens, expected at least 65', '', {}],
    [
      'has the character "é" (U+00E9) at line 2, expected one of the 3 of the vocabulary',
      'a\nbé',
      { tokenizer: known },
    ],
    ['has an empty line 2, expected text in each line', 'a\n\nb\n', { lines: true }],
    ['has no lines, expected at least one', '', { lines: true }],
  ])('%s', async (sentence, content, options) => {
    await expect(textDataset(content, options)).rejects.toThrow(`textDataset: text ${sentence}`);
    const path = folder.write('bad.txt', content);
    await expect(loadText(path, options)).rejects.toThrow(`loadText: ${path} ${sentence}`);
  });

  test.each<[string, TextOptions]>([
    ['tokenizer has "letters", expected one of characters, bytes, words, gpt2', { tokenizer: 'letters' as 'bytes' }],
    ['context has 0, expected a whole number of at least 1', { context: 0 }],
    [
      'tokenizer.vocabulary.1 has "a", expected a list of words, each of them once',
      { tokenizer: { kind: 'words', vocabulary: ['a', 'a'] } },
    ],
  ])('%s', async (sentence, options) => {
    await expect(loadText(file, options)).rejects.toThrow(`loadText: ${sentence}`);
  });

  test.each<[string, Buffer]>([
    ['bytes at line 2 that are not text (byte 4), expected UTF-8', Buffer.from('abc\n\xff', 'latin1')],
    ['bytes at line 1 that are not text (byte 1), expected UTF-8', Buffer.from([0x61, 0xed, 0xa0, 0x80])],
    [
      'bytes at line 1 that are not text (byte 65534), expected UTF-8',
      Buffer.concat([Buffer.alloc(65_534, 'a'), Buffer.from([0xe2, 0x82]), Buffer.from('a')]),
    ],
    ['bytes at line 1 that are not text (byte 2), expected UTF-8', Buffer.from([0x61, 0x62, 0xe2, 0x82])],
    ['text in UTF-16, expected UTF-8', Buffer.from('abcdef', 'utf16le')],
  ])('%s', async (sentence, bytes) => {
    const path = folder.write('strange.txt', bytes);
    await expect(loadText(path)).rejects.toThrow(`loadText: ${path} has ${sentence}`);
  });

  test.each<TextOptions>([
    { tokenizer: 'characters' },
    { tokenizer: 'bytes' },
    { tokenizer: 'words', lines: true },
    { stream: true },
  ])('a gzipped text that grows too much is refused before it is read: %j', async (options) => {
    const bytes = gzipSync(Buffer.alloc(1 << 22, 'a '));
    const path = folder.write('grows.txt.gz', bytes);
    const sentence = `has ${bytes.length} bytes that unpack to more than ${256 * bytes.length}, expected at most 256 times its size`;
    await expect(loadText(path, options)).rejects.toThrow(`loadText: ${path} ${sentence}`);
  });
});

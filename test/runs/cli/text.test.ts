import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadModel, loadText } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const licence = readFileSync('LICENSE', 'utf8');
const file = folder.write('licence.txt', licence);
const vocabulary = new Set(licence).size;
const layers = (V: number) => ({
  layers: [
    { kind: 'embedding', vocabulary: V, width: 4 },
    { kind: 'dense', out: V },
  ],
});
const net = folder.write('net.json', JSON.stringify(layers(vocabulary)));
const run = join(folder.path, 'run');
const quick = ['--spec', net, '--steps', '12', '--context', '8', '--backend', 'wasm', '--threads', '1'];
const data = ['train', '--dataset', file, ...quick];
const trained = async (...args: string[]) => jsonLines((await gradloom([...args, '--quiet', '--json'])).stdout)[0];

const evaluated = async (...args: string[]) =>
  jsonLines((await gradloom(['evaluate', run, ...args, '--json'])).stdout)[0];

let fingerprint: unknown;
beforeAll(async () => {
  const started = await gradloom([...data, '--out', run]);
  expect(started.code).toBe(0);
  expect(started.stderr).not.toContain('warning'); // a slow machine shows the epochs there
  expect(started.stdout).toContain(`tokens are characters: ${vocabulary} of them (--tokenizer)`);
  expect(started.stdout).toMatch(/^rows are windows of 8 tokens, drawn at random places of the text \(--context\)$/m);
  expect(started.stdout).toMatch(/^held out: \d+ rows for validation, the end of the text \(--validation\)$/m);
  fingerprint = loadModel(join(run, 'model.gradloom')).fingerprint;
  expect(started.stdout).toMatch(/^The network is no better than counting single letters\.?$/m);
  expect(started.stdout).toMatch(/^validation loss +[\d.]+ nats {2}\(letters alone [\d.]+, pairs [\d.]+\)$/m);
});

test('the page quotes what the model wrote, and none of it is markup', async () => {
  const page = readFileSync(join(run, 'report.html'), 'utf8');
  const texts = jsonLines(readFileSync(join(run, 'metrics.jsonl'), 'utf8')).filter(({ event }) => event === 'text');
  expect(texts.map(({ step }) => step)).toEqual([2, 3, 4, 5, 6, 8, 9, 10, 11, 12]);
  const quotes = [...page.matchAll(/<pre>([^<]*)<\/pre>/g)].map(([, quote]) => quote);
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  expect(quotes.slice(0, 10)).toEqual(
    texts.map(({ texts: quoted }) => escaped((quoted as string[])[0]).replaceAll("'", '&#39;')),
  );
  expect(page).toMatch(/letters alone [\d.]+</);
});

test('a run is repeated by its config, on more threads, and is whole', async () => {
  const again = await trained('train', '--config', join(run, 'config.json'), '--threads', '2', '--no-out');
  expect(again.fingerprint).toBe(fingerprint);
  expect(await gradloom(['verify', run])).toMatchObject({ code: 0 });
});

test('a text that looks like a table is said to, and is read as one with a target', async () => {
  const rows = Array.from({ length: 30 }, (_, n) => `${n % 7}.5\t${'abc'[n % 3]}\t${n % 2 ? 'yes' : 'no'}`);
  const text = `size\tkind\tsold\n${rows.join('\n')}\n`;
  const path = folder.write('sales.txt', text);
  const quickest = ['--no-out', '--steps', '1', '--backend', 'wasm', '--threads', '1'];
  const said =
    'sales.txt looks like a table: each of its 31 lines has 2 tabs (--target names the column to learn, and reads it as one)';
  const small = ['--network', 'gpt:1x1x4', '--context', '8', '--batch', '1'];
  const asText = await gradloom(['train', '--dataset', path, ...small, ...quickest, '--quiet']);
  expect(asText).toMatchObject({ code: 0, stderr: expect.stringContaining(`gradloom train: warning: ${said}\n`) });
  const wide = folder.write('wide/sales.txt', Buffer.from(`\ufeff${text}`, 'utf16le'));
  const refused = await gradloom(['train', '--dataset', wide, ...quickest]);
  expect(refused.stderr).toBe(
    `gradloom train: --dataset ${wide} has text in UTF-16, expected UTF-8 (save it as UTF-8, which editors and Excel offer); ${said}\n`,
  );
  for (const encodedPath of [path, wide]) {
    const asTable = await gradloom(['train', '--dataset', encodedPath, '--target', 'sold', ...quickest, '--json']);
    expect(asTable).toMatchObject({ code: 0, stderr: '' });
    const [{ columns }] = jsonLines(asTable.stdout);
    expect((columns as { name: string }[]).map(({ name }) => name)).toEqual(['size', 'kind', 'sold']);
  }
});

test('the model says which text it takes', async () => {
  const { stdout } = await gradloom(['inspect', run]);
  expect(stdout).toMatch(new RegExp(`^text +8 tokens, each one of ${vocabulary} \\(characters\\)$`, 'm'));
});

test('it is evaluated on its own text, or on another by its own vocabulary', async () => {
  const { validation, train } = await loadText(file, { context: 8 });
  expect(await evaluated('--split', 'validation')).toMatchObject({ rows: validation?.rows });
  expect(await evaluated('--split', 'train')).toMatchObject({ rows: train.rows });
  const other = folder.write('other.txt', licence.slice(100, 300));
  expect(await evaluated('--dataset', other, '--split', 'train')).toMatchObject({ rows: 24 });
});

test('lines are answered with the token that follows them', async () => {
  const texts = ['The', 'copy', `${licence.slice(0, 40).replaceAll('\n', ' ')}e`];
  const lines = folder.write('lines', `${texts.join('\r\n')}\n`);
  const answers = loadModel(join(run, 'model.gradloom')).predict(texts);
  expect(jsonLines((await gradloom(['predict', run, lines, '--json'])).stdout)).toEqual(answers);
  const { stdout } = await gradloom(['predict', run, lines]);
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
    ...answers.map(({ prediction }) => JSON.stringify(prediction)),
    '',
  ]);
});

test('rows of the dataset are answered in words, by default those of the validation', async () => {
  const { validation } = await loadText(file, { context: 8 });
  const { stdout } = await gradloom(['predict', run, '--rows', '0']);
  const tokens = Array.from(validation?.targets.array.subarray(0, 8) ?? []);
  const text = tokens.map((token) => [...new Set(licence)].sort()[token]).join('');
  expect(stdout).toMatch(/^0\t"[^\t]{8,}"\t/);
  expect(stdout).toContain(`\ttarget ${JSON.stringify(text)}\n`);
});

test('explain shows the tokens that an answer depends on, in the terminal and on a page', async () => {
  const why = join(folder.path, 'why');
  const { stdout, code } = await gradloom(['explain', run, '--rows', '2', '--out', why]);
  expect(code).toBe(0);
  const { answers } = JSON.parse(readFileSync(join(why, 'explain.json'), 'utf8'));
  for (const { row, tokens, influences, answer } of answers) {
    expect(licence).toContain(tokens.join(''));
    // The network reads the last token alone.
    expect(influences.map((value: number) => value !== 0)).toEqual([...new Array(7).fill(false), true]);
    expect(stdout).toContain(`row ${row}, answered ${JSON.stringify(answer)}`);
  }
  expect(readFileSync(join(why, 'report.html'), 'utf8')).toContain(`influence-${answers[0].row}`);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('bytes that stay in their file have a report, too', async () => {
  const bytes = folder.write('bytes.json', JSON.stringify(layers(256)));
  const out = join(folder.path, 'streamed');
  const flags = ['--tokenizer', 'bytes', '--stream', '--context', '8', '--spec', bytes, '--steps', '3', '--out', out];
  const { stdout, code } = await gradloom(['train', '--dataset', file, ...flags, '--validation', '0', '--test', '0.1']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^held out: \d+ rows for the test, the end of the text \(--test\)$/m);
  expect(existsSync(join(out, 'report.html'))).toBe(true);
});

test('a rate is found, and lines are rows', async () => {
  expect(await gradloom(['lr-find', '--dataset', file, '--spec', net, '--context', '8'])).toMatchObject({ code: 0 });
  const names = folder.write('names.txt', 'anna\notto\nhannah\n'.repeat(20));
  const [embedding, dense] = layers(6).layers;
  const attention = { kind: 'self-attention', heads: 2 };
  const small = folder.write('small.json', JSON.stringify({ layers: [embedding, attention, dense] }));
  const out = join(folder.path, 'names');
  const flags = ['--lines', '--context', '6', '--spec', small, '--steps', '3', '--out', out];
  const { stdout, code } = await gradloom(['train', '--dataset', names, ...flags]);
  expect(code).toBe(0);
  const { attention: found } = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'));
  expect(found.tokens.join('')).toMatch(/^\n(anna|otto|hanna)$/);
  expect(found.layers.map(({ heads }: { heads: unknown[] }) => heads.length)).toEqual([2]);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/id="attention-1">\n<h3>Attention of layer 1 self/);
  expect(stdout).toContain('each line is a row, padded to 6 tokens; 20 lines longer than that are cut (--context)');
  expect(stdout).toContain('held out: 6 rows for validation, at random (--validation)');
});

test('generate writes the text of the library', async () => {
  const model = loadModel(join(run, 'model.gradloom'));
  const flags = ['--tokens', '30', '--temperature', '1.5', '--top-k', '20', '--seed', '3'];
  const options = { tokens: 30, temperature: 1.5, topK: 20 };
  const texts = [3, 4].map((seed) => `The${[...model.generate('The', { ...options, seed })].join('')}\n`);
  const written = await gradloom(['generate', run, '--prompt', 'The', ...flags, '--samples', '2']);
  expect(written).toEqual({ code: 0, stderr: '', stdout: texts.join('') });
  const begun = await gradloom(['generate', run, ...flags]);
  expect(begun.stdout).toBe(`${[...model.generate('\n', { ...options, seed: 3 })].join('')}\n`);
});

test('text with the line ends of Windows, and letters that are joined, is printed as it is', async () => {
  const spoken = folder.write('spoken.txt', 'می‌خواهم\r\n👩‍🚀\r\n'.repeat(20));
  const out = join(folder.path, 'spoken');
  const of = ['--network', 'gru:1x4', '--context', '8', '--steps', '5', '--threads', '1', '--backend', 'wasm'];
  await gradloom(['train', '--dataset', spoken, ...of, '--out', out]);
  const whole = [...loadModel(join(out, 'model.gradloom')).generate()].join('');
  for (const character of ['\r\n', '\r', '\u200c', '\u200d']) expect(whole).toContain(character);
  const { stdout } = await gradloom(['generate', out]);
  expect(stdout).toBe(`${whole}\n`.replace(/\r(?!\n)/g, '\ufffd'));
});

describe('what does not fit is refused in a sentence', () => {
  const strange = folder.write('strange.txt', `☃\n${licence}`);
  const short = folder.write('short.txt', 'abc');
  test.each([
    [
      [...data, '--folds', '4'],
      '--folds has 4, expected none: windows of a text are split by place (--validation, --test)',
    ],
    [[...data, '--class-weight', 'balanced'], 'class-weight has "balanced", expected none'],
    [[...data, '--tokenizer', 'letters'], '--tokenizer has "letters", expected one of characters, bytes, words, gpt2'],
    [
      ['train', '--dataset', file, '--hidden', '8'],
      '--hidden is given with a text, expected --dropout, --activation, --init of its network gpt:4x4x128, or another by',
    ],
    [[...data, '--drop', '1'], `--drop is given with "${file}", expected a table (a .txt is one with --target`],
    [['train', '--dataset', 'iris', '--lines'], '--lines is given with "iris", expected a text'],
    [['train', '--dataset', 'iris', '--network', 'gpt:1x1x8'], 'a row of iris has no tokens, expected a text'],
    [[...data, '--lines', '--folds', '4'], 'expected none: lines of a text are held out by share'],
    [['explain', 'RUN', '--metric', 'accuracy'], '--metric has accuracy, expected none, since the rows are texts'],
    [['explain', 'RUN', '--repeats', '2'], '--repeats has 2, expected none, since the rows are texts'],
    [['train', '--dataset', short, ...quick], `--dataset ${short} has 3 tokens, expected at least 9`],
    [['train', '--dataset', 'moons', '--context', '8'], '--context is given with --dataset moons, expected a text'],
    [['evaluate', 'RUN', '--dataset', strange], `--dataset ${strange} has the character "☃" (U+2603) at line`],
    [['evaluate', 'RUN', '--dataset', 'iris'], '--dataset iris is a table, expected a text, as that of the model'],
    [['generate', 'RUN', '--prompt', 'The ☃'], '--prompt has the character "☃" (U+2603), expected one of the'],
    [['generate', 'RUN', '--prompt', ''], '--prompt has no text, expected at least a character'],
    [
      ['generate', 'RUN', '--seed', '9007199254740991', '--samples', '2'],
      '--seed has 9007199254740991, expected at most 9007199254740990 (each of 2 texts has the next seed)',
    ],
    [['generate', 'RUN', '--top-p', '2'], '--top-p has 2, expected a number above 0 and at most 1'],
    [['predict', 'RUN', strange], `of ${strange} has the character "☃" (U+2603), expected one of the ${vocabulary} of`],
  ])('%j', async (args, sentence) => {
    const words = args.map((word) => (word === 'RUN' ? run : word));
    const { code, stderr } = await gradloom([...words, ...(words[0] === 'train' ? ['--no-out'] : [])]);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).not.toBe(0);
  });
});

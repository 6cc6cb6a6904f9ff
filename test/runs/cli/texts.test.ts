import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const things = ['film', 'plot', 'cast', 'music', 'end'];
/** Reviews whose words alone do not tell what they say. */
const reviews = Array.from({ length: 120 }, (_, n) => {
  const [isGood, isTurned] = [n % 2 === 0, n % 3 === 0];
  const word = isGood === isTurned ? 'dull' : 'good';
  return { review: `${things[n % 5]} ${isTurned ? 'not ' : ''}${word}`, verdict: isGood ? 'up' : 'down' };
});
const tableOf = (rows: readonly { review: string; verdict: string }[]): string =>
  ['review,verdict', ...rows.map(({ review, verdict }) => `${review},${verdict}`), ''].join('\n');
const file = folder.write('reviews.csv', tableOf(reviews));
const run = join(folder.path, 'run');
const data = ['train', '--dataset', file, '--column', 'review:text'];
const quick = ['--network', 'gru:1x8', '--lr', '0.03', '--backend', 'wasm', '--threads', '1', '--steps', '60'];

let fingerprint: unknown;
beforeAll(async () => {
  const started = await gradloom([...data, ...quick, '--out', run]);
  expect(started.code).toBe(0);
  expect(started.stdout).toMatch(/^tokens are words: 9 of them, one of which stands for all others \(--tokenizer\)$/m);
  expect(started.stdout).toMatch(/^each text is a row, padded to 3 tokens \(--context\)$/m);
  expect(started.stdout).toMatch(/^gru:1x8 on 3: /m);
  expect(started.stdout).toMatch(/^test accuracy +100 %/m);
  fingerprint = loadModel(join(run, 'model.gradloom')).fingerprint;
});

test('a run is repeated by its config on more threads, and after a break', async () => {
  const trained = async (...args: string[]) =>
    jsonLines((await gradloom(['train', ...args, '--quiet', '--json'])).stdout)[0];
  expect(await trained('--config', join(run, 'config.json'), '--threads', '2', '--no-out')).toMatchObject({
    fingerprint,
  });
  const half = join(folder.path, 'half');
  await trained(...data.slice(1), ...quick.slice(0, -1), '33', '--schedule', 'constant', '--out', half);
  const whole = await trained(...data.slice(1), ...quick, '--schedule', 'constant', '--no-out');
  expect((await trained('--resume', half, '--steps', '60')).fingerprint).toBe(whole.fingerprint);
});

test('it is evaluated, explained and inspected as a model of texts', async () => {
  const other = folder.write('other.csv', tableOf(reviews.slice(0, 7)));
  const evaluated = await gradloom(['evaluate', run, '--dataset', other, '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ rows: 7, accuracy: 1 });
  const { stdout } = await gradloom(['explain', run, '--rows', '3', '--json']);
  const [{ answers }] = jsonLines(stdout) as { answers: { tokens: string[]; next: string; answer: string }[] }[];
  for (const { tokens, next, answer } of answers) {
    expect(answer).toBe(next);
    expect(reviews).toContainEqual({ review: tokens.join('').trim(), verdict: next });
  }
  const page = await gradloom(['explain', run, '--rows', '3', '--out', join(folder.path, 'explained')]);
  expect(page).toMatchObject({ code: 0, stderr: '' });
  expect((await gradloom(['inspect', run])).stdout).toMatch(/^text +3 tokens, each one of 9 \(words\)$/m);
});

test('a table, objects and lines of text have the same answers', async () => {
  const rows = reviews.slice(3, 6);
  const model = loadModel(join(run, 'model.gradloom'));
  const answers = model.predict(rows.map(({ review }) => ({ review })));
  const sources = {
    'rows.csv': tableOf(rows),
    table: tableOf(rows).replaceAll(/^/gm, '1,').replace(/1,$/, '').replace('1,', 'id,'),
    objects: rows.map(({ review }) => JSON.stringify({ review })).join('\n'),
    lines: rows.map(({ review }) => `${review}\r\n`).join(''),
  };
  for (const [name, text] of Object.entries(sources)) {
    const { stdout } = await gradloom(['predict', run, folder.write(name, text), '--json']);
    expect(jsonLines(stdout), name).toEqual(answers);
  }
  const long = await gradloom(['predict', run, folder.write('long', 'film not good, they say\nplot dull')]);
  expect(long.stderr).toContain(
    '1 row has a value such as "film not good, they say" in column "review", whose 6 tokens are cut to those that the',
  );
  const empty = await gradloom(['predict', run, folder.write('empty', 'plot dull\n\nfilm\n')]);
  expect(empty.stderr).toMatch(
    /line 2 of .*empty, column "review" has no text, expected a text of at least a character/,
  );
});

test.each([
  [
    ['--hidden', '8'],
    '--hidden is given with a text, expected --dropout, --init of its network gru:1x64, or another by --network or --spec',
  ],
  [['--network', 'convnet'], 'has 3 numbers, expected an image of height, width and channels'],
  [['--stream'], '--stream has true, expected none: the texts of a column are held in memory'],
  [['--target', 'review'], '--column has text for "review", expected another type: it is the target'],
])('%j is refused', async (args, sentence) => {
  const { code, stderr } = await gradloom([...data, ...args, '--no-out']);
  expect(code).not.toBe(0);
  expect(stderr).toContain(sentence);
});

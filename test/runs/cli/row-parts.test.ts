import { join } from 'node:path';
import { imageRow, loadModel } from '@gradloom/runtime';
import { createAnswerPool, encodePng } from '@gradloom/runtime/internal';
import { beforeAll, expect, test } from 'vitest';
import { exampleBody } from '../../../packages/cli/src/commands/serve/example-body.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const things = ['film', 'plot', 'cast', 'music', 'end'];
/** Rows of which the text alone tells the verdict, and not by its words alone. */
const rows = Array.from({ length: 120 }, (_, n) => {
  const [isGood, isTurned] = [n % 2 === 0, n % 3 === 0];
  const word = isGood === isTurned ? 'dull' : 'good';
  const text = `${things[n % 5]} ${isTurned ? 'not ' : ''}${word}`;
  return { age: (n * 37) % 50, review: text, city: ['Bonn', 'Ulm'][(n >> 1) % 2], verdict: isGood ? 'up' : 'down' };
});
const tableOf = (list: readonly (typeof rows)[number][]): string =>
  ['age,review,city,verdict', ...list.map((row) => Object.values(row).join(',')), ''].join('\n');
const file = folder.write('reviews.csv', tableOf(rows));
const run = join(folder.path, 'run');
const data = ['train', '--dataset', file, '--column', 'review:text'];
const quick = ['--hidden', '32', '--lr', '0.02', '--backend', 'wasm', '--threads', '1', '--steps', '60'];

let fingerprint: unknown;
beforeAll(async () => {
  const started = await gradloom([...data, ...quick, '--out', run]);
  expect(started.code).toBe(0);
  expect(started.stdout).toMatch(/^review +text .* 3 tokens, each of 9$/m);
  expect(started.stdout).toMatch(/^a row has the parts cells \[3\], review \[3\], as inputs of a network \(--spec\)$/m);
  expect(started.stdout).toMatch(/^test accuracy +100 %/m);
  fingerprint = loadModel(join(run, 'model.gradloom')).fingerprint;
});

test('a run is repeated by its config on more threads, and after a break', async () => {
  const trained = async (...args: string[]) =>
    jsonLines((await gradloom(['train', ...args, '--quiet', '--json'])).stdout)[0];
  const again = await trained('--config', join(run, 'config.json'), '--threads', '2', '--no-out');
  expect(again).toMatchObject({ fingerprint });
  const half = join(folder.path, 'half');
  await trained(...data.slice(1), ...quick.slice(0, -1), '33', '--schedule', 'constant', '--out', half);
  const whole = await trained(...data.slice(1), ...quick, '--schedule', 'constant', '--no-out');
  expect((await trained('--resume', half, '--steps', '60')).fingerprint).toBe(whole.fingerprint);
});

test('it is evaluated, explained and inspected by its columns', async () => {
  const other = folder.write('other.csv', tableOf(rows.slice(0, 7)));
  const evaluated = await gradloom(['evaluate', run, '--dataset', other, '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ rows: 7, accuracy: 1 });
  const { stdout } = await gradloom(['explain', run, '--json']);
  const [{ importances }] = jsonLines(stdout) as { importances: { name: string; mean: number }[] }[];
  const [first, ...others] = importances.toSorted((a, b) => b.mean - a.mean);
  expect(first.name).toBe('review');
  for (const { mean } of others) expect(mean).toBeLessThan(first.mean / 5);
  const { stdout: inspected } = await gradloom(['inspect', run]);
  expect(inspected).toMatch(/^review +3 tokens, each one of 9 \(words\)$/m);
  expect(inspected).toMatch(/^1 +review: slice\(6->3\)/m);
});

test('a table, objects, cells and a program have the same answers', async () => {
  const asked = rows.slice(3, 6).map(({ age, review, city }) => ({ age, review, city }));
  const answers = loadModel(join(run, 'model.gradloom')).predict(asked);
  const sources = {
    'rows.csv': ['city,id,review,age', ...asked.map(({ age, review, city }) => `${city},7,${review},${age}`)],
    objects: asked.map((row) => JSON.stringify(row)),
    cells: asked.map(({ age, review, city }) => JSON.stringify([age, review, city])),
    'no-names': asked.map(({ age, review, city }) => `${age},${review},${city}`),
  };
  for (const [name, lines] of Object.entries(sources)) {
    const { stdout } = await gradloom(['predict', run, folder.write(name, lines.join('\n')), '--json']);
    expect(jsonLines(stdout), name).toEqual(answers);
  }
});

test('a network of the user names the parts', async () => {
  const layers = [
    { kind: 'embedding', vocabulary: 9, width: 4, of: 'review' },
    { kind: 'gru', out: 4, returns: 'last', name: 'words' },
    { kind: 'concat', of: ['cells', 'words'] },
    { kind: 'dense', out: 2 },
  ];
  const trained = async (spec: object) =>
    gradloom([...data, '--spec', folder.write('spec.json', JSON.stringify(spec)), '--steps', '2', '--no-out']);
  expect((await trained({ layers })).code).toBe(0);
  expect((await trained({ input: { cells: 3, review: [3] }, layers })).code).toBe(0);
  expect((await trained({ input: { review: 3, cells: 3 }, layers })).stderr).toContain(
    'the network\'s input has "review": [3], "cells": [3], expected "cells": [3], "review": [3] (the parts of a row)',
  );
  expect((await trained({ input: 6, layers: [{ kind: 'dense', out: 2 }] })).stderr).toContain(
    'the network\'s input has the parts "input", expected "cells", "review": texts have lengths',
  );
  const { of: _, ...first } = layers[0];
  expect((await trained({ layers: [first, ...layers.slice(1)] })).stderr).toContain(
    'of the first layer is missing, expected one of "cells", "review"',
  );
});

test('a text beside numbers tells of several targets', async () => {
  const trained = await gradloom([...data, '--target', 'verdict,age', ...quick.slice(0, -1), '150', '--no-out']);
  expect(trained.stdout).toMatch(/^test verdict +accuracy 100 %/m);
  expect(trained.stdout).toMatch(/^test age +RMSE /m);
});

test('a picture at a path beside numbers is read wherever its row is', async () => {
  // A light line that lies or stands, of which no other column tells.
  const lies = (n: number): boolean => n % 2 === 0;
  const lines = Array.from({ length: 60 }, (_, n) => {
    const at = 1 + ((n >> 1) % 4);
    const pixels = Uint8Array.from({ length: 36 }, (_, i) =>
      (lies(n) ? Math.floor(i / 6) : i % 6) === at ? 200 + (n % 30) : 20 + (i % 9),
    );
    const png = encodePng({ width: 6, height: 6, channels: 1, pixels });
    folder.write(join('table', 'pictures', `${n}.png`), png);
    return `${(n * 7) % 11},pictures/${n}.png,${lies(n) ? 'lies' : 'stands'}`;
  });
  const write = (name: string, first: number, count: number): string =>
    folder.write(join('table', name), ['weight,picture,kind', ...lines.slice(first, first + count)].join('\n'));
  const out = join(folder.path, 'pictures-run');
  const dataset = ['--dataset', write('items.csv', 0, 60), '--column', 'picture:image'];
  const trained = await gradloom(['train', ...dataset, ...quick.slice(0, -1), '80', '--out', out]);
  expect(trained.code).toBe(0);
  expect(trained.stdout).toMatch(/^picture +image .* 6 x 6 pixels in grey$/m);
  expect(trained.stdout).toMatch(/^a row has the parts cells \[1\], picture \[6, 6, 1\], as inputs of a network/m);
  expect(trained.stdout).toMatch(/^test accuracy +100 %/m);
  const evaluated = await gradloom(['evaluate', out, '--dataset', write('more.csv', 3, 9), '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ rows: 9, accuracy: 1 });
  const model = loadModel(join(out, 'model.gradloom'));
  const picture = await imageRow(model, join(folder.path, 'table', 'pictures', '4.png'));
  const [answer] = model.predict([{ weight: 6, picture }]);
  expect(answer.prediction).toBe('lies');
  const objects = folder.write(join('table', 'rows.jsonl'), '{"picture":"pictures/4.png","weight":6}');
  for (const path of [write('few.csv', 4, 1), objects])
    expect(jsonLines((await gradloom(['predict', out, path, '--json'])).stdout), path).toEqual([answer]);
  const bad = folder.write('bad.csv', 'weight,picture\n1,none.png\n');
  expect((await gradloom(['predict', out, bad])).stderr).toMatch(
    /line 2 of .*bad.csv, column "picture": .*none.png does not exist, expected a PNG or JPEG image/,
  );
  const empty = folder.write('empty.csv', 'weight,picture\n1,\n');
  expect((await gradloom(['predict', out, empty])).stderr).toMatch(
    /line 2 of .*empty.csv, column "picture" has no path, expected the path of a PNG or JPEG image/,
  );
  expect((await gradloom(['explain', out])).stdout).toMatch(/^ +picture +0\.[3-9]/m);
  expect((await gradloom(['inspect', out])).stdout).toMatch(/^picture +6 x 6 pixels in grey, bytes divided by 255$/m);
  // The example of the server is a row that it answers.
  const pool = await createAnswerPool(model, { threads: 1, maxRows: 1 });
  try {
    const [{ text }] = await pool.answer([JSON.stringify(exampleBody(model))]);
    expect(JSON.parse(text)).toHaveProperty('probabilities');
  } finally {
    await pool.close();
  }
});

test.each([
  ['has the parts "cells", "review", expected one', ['--network', 'gru:1x8']],
  ['the texts of a column are held in memory', ['--stream']],
])('%s', async (sentence, args) => {
  expect((await gradloom([...data, ...args, '--no-out'])).stderr).toContain(sentence);
});

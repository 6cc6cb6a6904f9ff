import { join } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, expect, test } from 'vitest';
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
const quick = ['--hidden', '8', '--lr', '0.02', '--backend', 'wasm', '--threads', '1', '--steps', '60'];

let fingerprint: unknown;
beforeAll(async () => {
  const started = await gradloom([...data, ...quick, '--out', run]);
  expect(started).toMatchObject({ code: 0, stderr: '' });
  expect(started.stdout).toMatch(/^review +text .* 3 tokens, each of 10$/m);
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
  expect(inspected).toMatch(/^review +3 tokens, each one of 9 \(words\), or padding$/m);
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
    { kind: 'embedding', vocabulary: 10, width: 4, of: 'review' },
    { kind: 'gru', out: 4, returns: 'last', name: 'words' },
    { kind: 'concat', of: ['cells', 'words'] },
    { kind: 'dense', out: 2 },
  ];
  const trained = async (spec: object) =>
    gradloom([...data, '--spec', folder.write('spec.json', JSON.stringify(spec)), '--steps', '2', '--no-out']);
  expect(await trained({ layers })).toMatchObject({ code: 0, stderr: '' });
  expect(await trained({ input: { cells: 3, review: [3] }, layers })).toMatchObject({ code: 0, stderr: '' });
  expect((await trained({ input: { review: 3, cells: 3 }, layers })).stderr).toContain(
    'the network\'s input has "review": [3], "cells": [3], expected "cells": [3], "review": [3] (the parts of a row)',
  );
  const { of: _, ...first } = layers[0];
  expect((await trained({ layers: [first, ...layers.slice(1)] })).stderr).toContain(
    'of the first layer is missing, expected one of "cells", "review"',
  );
});

test.each([
  ['has the parts "cells", "review", expected one', ['--network', 'gru:1x8']],
  ['the texts of a column are held in memory', ['--stream']],
])('%s', async (sentence, args) => {
  expect((await gradloom([...data, ...args, '--no-out'])).stderr).toContain(sentence);
});

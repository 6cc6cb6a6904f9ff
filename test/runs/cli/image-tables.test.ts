import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fit as fitRows } from '@gradloom/runtime';
import { encodePng } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const train = ['--hidden', '32', '--lr', '0.02', '--backend', 'wasm', '--threads', '1', '--steps', '80'];

/** A light line that lies or stands. */
const pixelsOf = (n: number): Uint8Array =>
  Uint8Array.from({ length: 36 }, (_, i) =>
    ((n % 2 === 0 ? i / 6 : i % 6) | 0) === 1 + ((n >> 1) % 4) ? 220 : 20 + n,
  );
const kindOf = (n: number): string => (n % 2 === 0 ? 'lies' : 'stands');
const make = (name: string, images: string, header: string, row: (n: number) => string): string => {
  for (let n = 0; n < 60; n++)
    folder.write(join(name, images, `p${n}.png`), encodePng({ width: 6, height: 6, channels: 1, pixels: pixelsOf(n) }));
  folder.write(join(name, 'labels.csv'), [header, ...Array.from({ length: 60 }, (_, n) => row(n))].join('\n'));
  return join(folder.path, name);
};
test.each([
  ['names in a folder', 'images', 'file,kind', (n: number) => `p${n}.png,${kindOf(n)}`],
  ['paths', 'in/images', 'file,kind', (n: number) => `in/images/p${n}.png,${kindOf(n)}`],
  ['names beside the table', '.', 'file,kind', (n: number) => `p${n}.png,${kindOf(n)}`],
  ['names without an ending', 'images', 'file,kind', (n: number) => `p${n},${kindOf(n)}`],
])('%s', async (name, images, header, row) => {
  const path = make(name, images, header, row);
  const out = join(folder.path, `${name}-run`);
  const trained = await gradloom(['train', '--dataset', path, ...train, '--out', out]);
  expect(trained.stdout).toMatch(/^column "file" is read as image: its cells name images in /m);
  expect(trained.stdout).toMatch(/^test accuracy +100 %/m);
  const evaluated = await gradloom(['evaluate', out, '--dataset', path, '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ accuracy: 1 });
  const few = folder.write(join(name, 'few.csv'), `file\n${row(4).split(',')[0]}\n${row(7).split(',')[0]}\n`);
  const { stdout } = await gradloom(['predict', out, few, '--json']);
  expect(jsonLines(stdout).map(({ prediction }) => prediction)).toEqual(['lies', 'stands']);
});

test('pictures alone train the network of a folder of images, and are explained and exported as pictures', async () => {
  const path = make('alone', 'images', 'file,kind', (n) => `p${n}.png,${kindOf(n)}`);
  const out = join(folder.path, 'alone-run');
  const { stdout } = await gradloom(['train', '--dataset', `${path}:size=12x12`, '--steps', '3', '--out', out]);
  expect(stdout).toMatch(/^convnet on 12x12x1: .*\nadam:lr=0.005 one-cycle/m);
  const rows = Array.from({ length: 60 }, (_, n) => ({ file: join(path, 'images', `p${n}.png`), kind: kindOf(n) }));
  const ofRows = { target: 'kind', columns: { file: 'image' }, size: '12x12' } as const;
  const { result } = await fitRows(rows, { ...ofRows, steps: 3 });
  expect(stdout).toContain(result.fingerprint);
  expect((await gradloom(['evaluate', out])).stdout).toMatch(/^ +accuracy /m);
  expect((await gradloom(['explain', out])).stdout).toContain('test images');
  const onnx = folder.write('alone.onnx', '');
  const exported = await gradloom(['export', out, onnx]);
  expect(exported).toMatchObject({ code: 0, stderr: '' });
});

test('targets of several kinds, beside another column, in another size', async () => {
  const path = make('several', 'images', 'file,weight,sum,label', (n) => {
    const sum = pixelsOf(n).reduce((a, b) => a + b);
    return `p${n}.png,${(n * 7) % 11},${sum / 10},${kindOf(n)}`;
  });
  const dataset = ['--dataset', `${path}:size=5x5`, '--target', 'sum,label'];
  const { stdout, stderr } = await gradloom(['train', ...dataset, ...train, '--no-out']);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^a row has the parts cells \[1\], file \[5, 5, 1\]/m);
  expect(stdout).toMatch(/^test sum +RMSE .*\ntest label +accuracy /m);
});

test.each([
  [
    'names of images that are not there',
    (n: number) => `x${n}.png,${kindOf(n)}`,
    [],
    'column "file" has names of images, none of which lies in the folder of the table or in a folder there',
  ],
  ['one that is missing', (n: number) => `p${n + 1}.png,${kindOf(n)}`, [], 'p60.png does not exist, expected a PNG'],
  ['one class', (n: number) => `p${n}.png,lies`, [], '"lies" in all 60 rows, expected two classes or more'],
  ['a stream', (n: number) => `p${n}.png,${kindOf(n)}`, ['--stream'], 'the images of a column are held in memory'],
])('%s is an error of one sentence', async (name, row, flags, sentence) => {
  const path = make(name, 'images', 'file,kind', row);
  const { code, stderr } = await gradloom(['train', '--dataset', path, ...train, '--no-out', ...flags]);
  expect(stderr).toContain(sentence);
  expect(stderr.match(/\n/g)).toHaveLength(1);
  expect(code).toBeGreaterThan(0);
});

test('of two images with one name the path has to say which', async () => {
  const path = make('twice', 'images', 'file,kind', (n) => `p${n}.png,${kindOf(n)}`);
  make('twice', 'thumbs', 'file,kind', (n) => `p${n}.png,${kindOf(n)}`);
  // Two folders of images are classes, of which the table is none.
  expect((await gradloom(['train', '--dataset', path, '--steps', '1', '--no-out'])).stdout).toMatch(
    /^the folders of images are the classes, and labels.csv is not read \(--dataset .*labels.csv reads it\)$/m,
  );
  const { stderr } = await gradloom(['train', '--dataset', join(path, 'labels.csv'), ...train, '--no-out']);
  expect(stderr).toMatch(/images\/p0.png and .*thumbs\/p0.png exist, expected one \(write the path/);
});

test('without a table one folder of images is an error, and few images are told to have no figures', async () => {
  const path = make('few', 'images', 'file,kind', (n) => (n < 12 ? `p${n}.png,${kindOf(n)}` : ''));
  const { stdout } = await gradloom(['train', '--dataset', path, ...train, '--no-out']);
  expect(stdout.replace(/\s+/g, ' ')).toContain(
    'No row was held out, so nothing says how the network answers new rows',
  );
  rmSync(join(path, 'labels.csv'));
  const { code, stderr } = await gradloom(['train', '--dataset', path, ...train, '--no-out']);
  expect(stderr).toContain('has one folder of images, "images", expected a folder for each of two classes or more');
  expect(code).toBe(1);
});

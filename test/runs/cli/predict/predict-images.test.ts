import { join } from 'node:path';
import { imageRow, loadModel, type Model } from '@gradloom/runtime';
import { encode } from 'fast-png';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { ask, startServer } from '../../../support/serving.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const run = join(folder.path, 'run');
const quick = ['--steps', '20', '--batch', '4', '--hidden', '4', '--backend', 'wasm', '--threads', '1'];

/** A picture in one colour, whose size depends on n. */
const picture = (n: number, colour: readonly number[]): Uint8Array => {
  const [width, height] = [3 + (n % 3), 4 + (n % 2)];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => colour[i % 3] + ((7 * n + i) % 20));
  return encode({ width, height, channels: 3, data });
};
const write = (name: string): string[] =>
  [0, 1, 2, 3].flatMap((n) => [
    folder.write(`${name}/green/${n}.png`, picture(n, [20, 200, 30])),
    folder.write(`${name}/red/${n}.png`, picture(n, [200, 30, 20])),
  ]);
const pets = join(folder.path, 'pets');
const paths = write('pets').sort();

let model: Model;
beforeAll(async () => {
  const scaled = ['--dataset', `${pets}:size=4x4`, '--scale', 'standard', '--test', '0.25'];
  expect(await gradloom(['train', ...scaled, ...quick, '--out', run])).toMatchObject({ code: 0, stderr: '' });
  model = loadModel(`${run}/model.gradloom`);
});

test('the model of a run on standardized pictures has their size, channels, names and scale', () => {
  const { image, target } = (model.preprocessing ?? {}) as { image?: object; target?: object };
  const numbers = [expect.any(Number), expect.any(Number), expect.any(Number)];
  const scale = { mean: numbers, deviation: numbers };
  expect(image).toEqual({ height: 4, width: 4, channels: 3, divisor: 255, scale });
  expect(target).toEqual([{ name: 'class', type: 'classes', labels: ['green', 'red'] }]);
});

test('pictures and folders of them are answered, each on a line with its path', async () => {
  const imagePaths = [join(pets, 'green'), join(pets, 'red/0.png'), join(pets, 'red/1.png')];
  const json = await gradloom(['predict', run, ...imagePaths, '--json']);
  const files = paths.slice(0, 6);
  const answers = model.predict(await Promise.all(files.map((path) => imageRow(model, path))));
  expect(jsonLines(json.stdout)).toEqual(answers.map((answer, n) => ({ file: files[n], ...answer })));
  const { stdout } = await gradloom(['predict', run, ...imagePaths]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split('\t').slice(0, 2))).toEqual(
    answers.map(({ prediction }, n) => [files[n], prediction]),
  );
});

test('rows of the dataset get the answers of their pictures, and numbers those of the bytes that they stand for', async () => {
  const outputs = async (...args: string[]) => {
    const { stdout } = await gradloom(['predict', run, ...args, '--json']);
    return jsonLines(stdout).map((row) => row.outputs);
  };
  const pixels = await Promise.all(paths.map((path) => imageRow(model, path)));
  const expected = model.outputs(pixels);
  expect(await outputs('--dataset', pets)).toEqual(expected);
  const rows = pixels.map((row) => JSON.stringify(Array.from(row, (byte) => byte / 255)));
  expect(await outputs(folder.write('rows.jsonl', rows.join('\n')))).toEqual(expected);
});

test('evaluate scales its own rows and other pictures as the model does', async () => {
  write('others');
  const losses = async (...args: string[]) => {
    const { stdout } = await gradloom(['evaluate', run, ...args, '--json']);
    return JSON.parse(stdout);
  };
  const petLosses = await losses('--dataset', pets);
  const others = await losses('--dataset', join(folder.path, 'others'));
  expect(petLosses).toMatchObject({ rows: 8, loss: expect.any(Number) });
  expect(others.loss).toBe(petLosses.loss);
  const expected = model.probabilities(await Promise.all(paths.map((path) => imageRow(model, path))));
  const sum = expected.reduce((total, p, n) => total - Math.log(p[n < 4 ? 0 : 1]), 0);
  expect(petLosses.loss).toBeCloseTo(sum / 8, 12);
});

test('a request with a picture is answered over HTTP, and one of another type is refused', async () => {
  const { url, stdout } = await startServer([], { contents: model });
  expect(stdout).toContain('POST /predict: a PNG or JPEG image, or rows; gives one of green, red');
  const bytes = picture(7, [20, 200, 30]);
  const [answer] = model.predict([await imageRow(model, bytes)]);
  const post = (type: string) =>
    fetch(`${url}/predict`, { method: 'POST', body: new Uint8Array(bytes), headers: { 'content-type': type } });
  expect(await (await post('image/png')).json()).toEqual(answer);
  const refused = await post('image/gif');
  expect(refused.status).toBe(415);
  expect(await refused.json()).toEqual({
    error:
      'content-type has "image/gif", expected "application/json", "image/png", "image/jpeg", "application/x-npy", "application/octet-stream"',
  });
  const [form] = JSON.parse((await ask(`${url}/schema`)).body).request.anyOf;
  expect(form).toMatchObject({ required: ['image'], properties: { image: { contentEncoding: 'base64' } } });
});

test.each([
  [['predict', run, paths[0], '--rows', '0'], `--rows is given with the file ${paths[0]}, expected one of the two`],
  [['predict', run, paths[0], 'rows.csv'], 'rows.csv is neither an image nor a folder, expected PNG or JPEG files'],
  [['train', '--dataset', pets, '--stream'], 'expected none: a folder of images is read into memory'],
  [['train', '--dataset', pets, '--scale', 'minmax'], '--scale has "minmax", expected standard or none for images'],
  [['train', '--dataset', `${pets}:scale=robust`], 'scale has "robust", expected standard or none for images'],
])('%j is refused', async (args, sentence) => {
  const { code, stderr } = await gradloom(args);
  expect(stderr).toContain(sentence);
  expect(code).toBe(2);
});

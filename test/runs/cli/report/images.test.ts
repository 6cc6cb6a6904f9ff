import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { cornerOf, type Sheet } from '../../../../packages/cli/src/lab/figures/sheet.ts';
import { decodePng, encodePng } from '../../../../packages/runtime/src/data/images/png.ts';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: folder, write } = temporaryFolder();
const SIDE = 6;
const machine = ['--backend', 'wasm', '--threads', '1'];

/** Runs on noise, of which a network learns little: a convolution on colours, and a dense layer on greys. */
const kinds = [
  { name: 'colours', channels: 3, layers: [{ kind: 'conv2d', out: 5, kernel: [2, 3] }, { kind: 'relu' }] },
  { name: 'greys', channels: 1, layers: [] },
] as const;

const classOf = new Map<string, string>(); // of the pixels of an image
const dataset = (name: string) => join(folder, name);
const run = (name: string) => join(folder, 'runs', name);
const jsonOf = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

beforeAll(async () => {
  for (const { name, channels, layers } of kinds) {
    const random = createRandom(1, name);
    for (let n = 0; n < 60; n++) {
      const label = ['cat', 'dog', 'owl'][n % 3];
      const pixels = Uint8Array.from({ length: SIDE * SIDE * channels }, () => random.integer(256));
      write(join(name, label, `${n}.png`), encodePng({ width: SIDE, height: SIDE, channels, pixels }));
      classOf.set(pixels.join(), label);
    }
    const spec = { input: [SIDE, SIDE, channels], layers: [...layers, { kind: 'flatten' }, { kind: 'dense', out: 3 }] };
    write(`${name}.json`, JSON.stringify(spec));
    const args = ['--dataset', dataset(name), '--spec', join(folder, `${name}.json`), '--test', '0.4', '--epochs', '3'];
    const { code, stderr } = await gradloom(['train', ...args, ...machine, '--quiet', '--out', run(name)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
});

/** The pixels of each image of a sheet. */
function pixelsOf(sheet: Sheet): number[][] {
  const { width, channels, pixels } = decodePng(Buffer.from(sheet.png, 'base64'));
  return Array.from({ length: sheet.images }, (_, k) => {
    const [left, top] = cornerOf(sheet, k);
    return Array.from({ length: sheet.height * sheet.width * channels }, (_, at) => {
      const [y, x] = [Math.floor(at / (sheet.width * channels)), Math.floor(at / channels) % sheet.width];
      return pixels[((top + y) * width + left + x) * channels + (at % channels)];
    });
  });
}

describe.each(kinds)('a run on $name', ({ name, layers }) => {
  test('shows wrong test images as they are, the surest first, and the filters of its first layer', () => {
    const { answers, filters } = jsonOf(join(run(name), 'findings.json'));
    const shown = pixelsOf(answers.mistakenImages);
    const mistakes: { label: number; answer: number; probability: number }[] = answers.mistakes;
    expect(shown.map((pixels) => classOf.get(pixels.join()))).toEqual(
      mistakes.map(({ label }) => answers.labels[label]),
    );
    const sure = mistakes.map(({ probability }) => probability);
    expect(sure).toEqual([...sure].sort((a, b) => b - a));
    expect(sure.length).toBeGreaterThan(2);

    const { parameters } = loadModel(join(run(name), 'model.gradloom'));
    const O = layers.length === 0 ? 3 : 5;
    const perFilter = pixelsOf(filters.sheet)[0].length;
    const W = Float64Array.from(parameters.slice(0, O * perFilter)); // the first tensor
    const largestWeight = W.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0);
    expect(pixelsOf(filters.sheet)).toEqual(
      Array.from({ length: O }, (_, o) =>
        Array.from({ length: perFilter }, (_, i) =>
          Math.round((255 * (W[i * O + o] + largestWeight)) / (2 * largestWeight)),
        ),
      ),
    );
    const html = readFileSync(join(run(name), 'report.html'), 'utf8');
    for (const id of ['first-images', 'first-filters', 'mistakes']) expect(html).toContain(`<figure id="${id}">`);
  });

  test('is explained by its images, and by where the network looked', async () => {
    const out = join(folder, 'why', name);
    const { code, stdout } = await gradloom(['explain', run(name), '--rows', '7', '--out', out, ...machine]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${name}: 7 of 24 test images`);
    expect(stdout).toContain(`Pictures: ${join(out, 'report.html')}`);
    const document = jsonOf(join(out, 'explain.json'));
    const { answers, images, sensitivities } = document;
    expect(pixelsOf(images).map((pixels) => classOf.get(pixels.join()))).toEqual(
      answers.map(({ label }: { label: string }) => label),
    );
    const model = loadModel(join(run(name), 'model.gradloom'));
    const predicted = model.predict(pixelsOf(images).map((pixels) => Uint8Array.from(pixels)));
    expect(answers.map(({ answer }: { answer: string }) => answer)).toEqual(
      predicted.map(({ prediction }) => prediction),
    );
    for (const map of pixelsOf(sensitivities)) expect(Math.max(...map)).toBe(255);
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).toContain('<figure id="sensitivity">');
    const [again] = jsonLines((await gradloom(['explain', run(name), '--rows', '7', '--json', ...machine])).stdout);
    expect(again).toEqual(document);
    expect((await gradloom(['verify', out])).stdout).toContain('undamaged');
  });
});

test.each([
  ['binary-cross-entropy', 'highest probability'],
  ['mse', 'largest margin'],
])('a run of two classes on one output with %s shows its wrong images, the surest first', async (loss, which) => {
  const [out, two] = [run(loss), dataset('two')];
  const random = createRandom(1, 'two');
  for (let n = 0; n < 60; n++) {
    const pixels = Uint8Array.from({ length: SIDE * SIDE }, () => random.integer(256));
    const label = ['cat', 'dog'][n % 2];
    write(join('two', label, `${n}.png`), encodePng({ width: SIDE, height: SIDE, channels: 1, pixels }));
    classOf.set(pixels.join(), label);
  }
  const spec = JSON.stringify({ input: SIDE * SIDE, layers: [{ kind: 'dense', out: 1 }] });
  const args = ['--dataset', two, '--spec', spec, '--loss', loss, '--test', '0.4', '--epochs', '3'];
  expect(await gradloom(['train', ...args, ...machine, '--quiet', '--out', out])).toMatchObject({
    code: 0,
    stderr: '',
  });
  const { mistakes, mistakenImages, labels } = jsonOf(join(out, 'findings.json')).answers;
  const shown = pixelsOf(mistakenImages);
  expect(shown.length).toBeGreaterThan(2);
  const y = loadModel(join(out, 'model.gradloom')).outputs(shown.map((pixels) => Uint8Array.from(pixels)));
  const sure = y.map(([z]) => (loss === 'mse' ? Math.abs(z - 0.5) : Math.abs(z)));
  expect(sure).toEqual([...sure].sort((a, b) => b - a));
  for (const [k, { label, answer, probability }] of mistakes.entries()) {
    expect(classOf.get(shown[k].join())).toBe(labels[label]);
    expect(answer).toBe(1 - label);
    if (loss === 'mse') expect(probability).toBeNull();
    else expect(probability).toBeCloseTo(1 / (1 + Math.exp(-sure[k])), 12);
  }
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  expect(html).toContain('<figure id="mistakes">');
  expect(html).toContain(`whose wrong answer has the ${which}`);
  expect(html).not.toContain('NaN');
});

test.each([
  ['--metric', 'accuracy', 'expected none'],
  ['--backend', 'native', 'expected wasm'],
  ['--blas', 'libblas.so', 'expected none'],
])('explain refuses %s %s for images, which it would not change', async (flag, value, expectation) => {
  const sentence = `${flag} has ${value}, ${expectation}, since the rows are images`;
  const explained = await gradloom(['explain', run('greys'), flag, value]);
  expect(explained).toMatchObject({ code: 2, stderr: `gradloom explain: ${sentence}\n` });
});

import { execFile, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadModel } from '@gradloom/runtime';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { openBrowser } from '../../support/browser.ts';
import { temporaryDirectory } from '../../support/command-line.ts';
import { compiledPackages } from '../../support/program-file.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const examples = join(root, 'docs/examples');

/** The examples in a folder of their own, with packages installed beside them; its files may be written to. */
function copiedExamples(packages = compiledPackages()): string {
  const folder = temporaryDirectory();
  cpSync(examples, folder, { recursive: true });
  symlinkSync(packages, join(folder, 'node_modules'), 'dir');
  return folder;
}

/** Runs a program in its folder. */
async function runIn(folder: string, file: string, ...flags: string[]) {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...flags, file], { cwd: folder });
  return { stdout, stderr };
}

test('each is a program of less than 40 lines', () => {
  const files = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isFile());
  const programs = files.map(({ name }) => name).filter((name) => !/\.(html|json)$/.test(name));
  expect(programs.sort()).toEqual([
    ...[
      'browser.js',
      'my-parts.mjs',
      'own-parts.mjs',
      'server.mjs',
      'train.cjs',
      'train.mjs',
      'train.mts',
      'training-loop.mjs',
    ],
  ]);
  for (const name of programs) {
    expect(readFileSync(join(examples, name), 'utf8').trimEnd().split('\n').length, name).toBeLessThan(40);
  }
});

test('train.mjs trains, saves a model and predicts with it', async () => {
  const { stdout, stderr } = await runIn(copiedExamples(), 'train.mjs');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^(epoch \d+0: training loss 0\.\d{4}\n){5}test accuracy (1|0\.9\d?)\nclasses \[ 0, 1 \]\n$/);
});

test('own-parts.mjs learns a quantile by parts of its own, and loads its model with them', async () => {
  const { stdout, stderr } = await runIn(copiedExamples(), 'own-parts.mjs');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^(8\d|9\d) % of the targets are below the output\nat 0\.5: 1\.[2-6]\d\n$/);
});

test('training-loop.mjs halves its rate until it is small', async () => {
  const { stdout, stderr } = await runIn(copiedExamples(), 'training-loop.mjs');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^halved the rate 6 times, accuracy 0\.[89]\d\n$/);
});

test('train.mts stops when validation no longer gets better', async () => {
  const { stdout, stderr } = await runIn(copiedExamples(), 'train.mts', '--import', import.meta.resolve('tsx'));
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^aborted after \d+ epochs, R² (1\.000|0\.9\d\d)\n$/);
});

test('train.cjs learns exclusive or', async () => {
  const { stdout, stderr } = await runIn(copiedExamples(), 'train.cjs');
  expect(stderr).toBe('');
  expect(stdout).toBe('0 xor 0 = 0\n0 xor 1 = 1\n1 xor 0 = 1\n1 xor 1 = 0\n');
});

test('server.mjs answers while it trains, and classifies when it is done', async () => {
  const folder = copiedExamples();
  const server = spawn(process.execPath, [join(folder, 'server.mjs')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [url] = await new Promise<string[]>((resolve) =>
      createInterface(server.stdout).once('line', (line) => resolve([line])),
    );
    const ask = async (): Promise<{ training: boolean; step: number; class?: number }> =>
      (await fetch(`${url}/?x=0.1&y=0.1`)).json() as never;
    const steps = new Set<number>();
    let answer = await ask();
    while (answer.training) {
      expect(answer.class).toBeUndefined();
      steps.add(answer.step);
      answer = await ask();
    }
    // Spans of steps that have ended while the server answered, and not one long one.
    expect(steps.size).toBeGreaterThan(2);
    expect([0, 1, 2]).toContain(answer.class);
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
  } finally {
    server.kill('SIGKILL');
  }
});

test('browser.js answers with the bits of Node, with @gradloom/core alone', async (context) => {
  const browser = await openBrowser(context);
  const trained = copiedExamples();
  await runIn(trained, 'train.mjs');
  // Of the sources a bundle tells which it takes.
  const folder = copiedExamples(join(root, 'node_modules'));
  cpSync(join(trained, 'moons.gradloom'), join(folder, 'moons.gradloom'));
  const { metafile } = await build({
    entryPoints: [join(folder, 'browser.js')],
    outfile: join(folder, 'page.js'),
    bundle: true,
    format: 'esm',
    preserveSymlinks: false,
    conditions: ['@gradloom/source'],
    metafile: true,
    logLevel: 'error',
  });
  const taken = Object.keys(metafile.inputs).filter((path) => /packages\/|node_modules\//.test(path));
  const corePaths = /packages\/core\/src\/|node_modules\/(msgpackr|@noble\/hashes)\//;
  expect(taken.filter((path) => !corePaths.test(path))).toEqual([]);

  const page = await browser.newPage();
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  page.on('pageerror', (error) => messages.push(error.message));
  await page.route('http://examples.test/*', (route) =>
    route.fulfill({ path: join(folder, new URL(route.request().url()).pathname) }),
  );
  await page.goto('http://examples.test/browser.html');
  await page.getByText('Click a point.').waitFor();
  const model = loadModel(join(folder, 'moons.gradloom'));
  for (const position of [
    { x: 3, y: 7 },
    { x: 240, y: 150 },
    { x: 401, y: 222 },
  ]) {
    await page.locator('canvas').click({ position });
    const { point, answer } = JSON.parse((await page.locator('output').textContent()) ?? '');
    expect(answer).toEqual(model.predict([point])[0]);
  }
  expect(messages).toEqual([]);
});

import { createRandom } from '@gradloom/core';
import { expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const random = createRandom(3, 'answers');
const quick = ['--threads', '1', '--validation', '0', '--test', '0.25'];
const short = ['--hidden', '4', '--steps', '40'];

/** A table of two numbers and an answer, as the rows of `of` say. */
function write(name: string, rows: number, of: (a: number, b: number, n: number) => string | number): string[] {
  const lines = Array.from({ length: rows }, (_, n) => {
    const [a, b] = [random.normal(), random.normal()].map((value) => Number(value.toFixed(3)));
    return `${a},${b},${of(a, b, n)}`;
  });
  const path = folder.write(name, `${['a,b,answer', ...lines].join('\n')}\n`);
  return ['train', '--dataset', path, '--target', 'answer', ...quick];
}

const line = write('straight.csv', 160, (a, b) => (a + b > 0 ? 'yes' : 'no'));
const straight = [...line, ...short];

/** The lines of --json by their event; of several, the last. */
async function eventsOf(args: readonly string[]): Promise<Record<string, Record<string, unknown>>> {
  const { code, stdout, stderr } = await gradloom([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return Object.fromEntries(jsonLines(stdout).map((line) => [line.event, line]));
}

test('beside a network of a table stands a linear model: the same on any number of threads, and in a resume', async () => {
  const out = `${folder.path}/straight`;
  const { linear, done } = await eventsOf([...straight, '--out', out]);
  expect(linear).toMatchObject({ rows: 40, fingerprint: expect.stringMatching(/^[\da-f]{64}$/) });
  expect(linear.accuracy).toBeGreaterThan(0.9);
  expect(done.linearAccuracy).toBe(linear.accuracy);
  const other = await eventsOf([...straight.map((word) => (word === '1' ? '2' : word)), '--no-out']);
  expect(other.linear).toEqual(linear);
  expect((await eventsOf(['train', '--resume', out])).linear).toEqual(linear);
  expect(Object.keys(await eventsOf([...straight, '--no-out', '--no-linear']))).not.toContain('linear');
  expect(Object.keys(await eventsOf([...line, '--no-out', '--steps', '40', '--hidden', 'none']))).not.toContain(
    'linear',
  );
});

test('a series, which has no folds, is not told to try them', async () => {
  const days = Array.from({ length: 40 }, (_, n) => `${n},${n % 7}`);
  const path = folder.write('series.csv', `${['day,sold', ...days].join('\n')}\n`);
  const series = ['train', '--dataset', path, '--series', 'day', '--context', '4', '--hidden', '4', '--steps', '5'];
  const { stdout } = await gradloom([...series, '--threads', '1', '--no-out']);
  expect(stdout).toMatch(/(test rows are few|No row was held out)[^()]*\.$/m);
  expect(stdout).not.toContain('--folds');
});

test('a network that is worse than a linear model, or no better than a constant, says so first and exits with 0', async () => {
  const { code, stdout } = await gradloom([...straight, '--lr', '0.00001', '--no-out']);
  expect(code).toBe(0);
  const [, results] = stdout.split(/\n\n(?=The )/);
  expect(results).toMatch(/^The training loss did not fall|^The network is/);
  expect(results).toMatch(/^The network is worse than a linear model, by \d+ of 40 rows\.$/m);
  expect(results).toMatch(/^40 test rows are few: of new rows, \d+ to \d+ % may be right \(try --folds 5\)\.$/m);
  expect(results).toMatch(/^test accuracy [\d.]+ %; linear model: [\d.]+ %; always answering (yes|no): [\d.]+ %$/m);

  const noise = write('noise.csv', 200, (_a, _b, n) => (n * n) % 7);
  const { done } = await eventsOf([...noise, ...short, '--targets', 'values', '--no-out']);
  expect(done.remarks).toContain('the network is no better than always answering the mean');
  expect(String(done.remarks)).not.toContain('few');
});

test('of a rare class recall, precision and PR AUC lead the results, and the weights that help it are named', async () => {
  const rare = write('rare.csv', 400, (a, b) => (a + b > 2.6 ? 'yes' : 'no'));
  const first = async (...more: string[]) =>
    (await eventsOf([...rare, '--hidden', '4', '--no-out', ...more])).done.remarks as string[];
  const [figures, constant] = await first('--steps', '1');
  expect(figures).toMatch(
    /^class yes: recall [\d.]+ %, precision .*, PR AUC [\d.]+ \(\d.* % of the training rows; --cl/,
  );
  expect(constant).toMatch(/^the network is (no|hardly) better than always answering no.*, by accuracy$/);
  const [weighted, ...others] = await first('--steps', '40', '--class-weight', 'balanced');
  expect(weighted).toMatch(/PR AUC [\d.]+ \([\d.]+ % of the training rows\)$/);
  expect(others.join()).not.toMatch(/by accuracy/);
});

test('of a rare class the first figure is PR AUC, or balanced accuracy where the ranking is of the other class', async () => {
  for (const [rare, other, leading] of [
    ['yes', 'no', 'PR AUC'],
    ['no', 'yes', 'balanced accuracy'],
  ]) {
    const words = write(`rare-${rare}.csv`, 400, (a, b) => (a + b > 2.2 ? rare : other));
    const out = `${folder.path}/rare-${rare}`;
    const { stdout } = await gradloom([...words, ...short, '--out', out]);
    expect(stdout).toMatch(/\n\ntest PR AUC .*\ntest accuracy/);
    expect((await gradloom(['evaluate', out])).stdout).toMatch(new RegExp(`rows\\n\\n  ${leading} `));
  }
});

test('the linear model reads no ramps, with which it would bend', async () => {
  // Two columns alone have no ramps.
  const rows = Array.from({ length: 200 }, () => Array.from({ length: 3 }, () => random.normal()));
  const lines = rows.map(([a, b, c]) => [a, b, c, a * a + b + c].map((value) => value.toFixed(3)).join());
  const bent = folder.write('bent.csv', ['a,b,c,answer', ...lines, ''].join('\n'));
  const evaluations = (...more: string[]) =>
    eventsOf(['train', '--dataset', bent, '--target', 'answer', ...quick, ...short, '--no-out', ...more]);
  const [ramps, plain] = [await evaluations(), await evaluations('--no-ramps')];
  expect(ramps.linear.rmse).toBeGreaterThan(0);
  expect(ramps.linear).toEqual(plain.linear);
  expect(ramps.done.testRmse).not.toBe(plain.done.testRmse);
});

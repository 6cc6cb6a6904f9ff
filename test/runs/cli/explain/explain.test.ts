import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

const runs = mkdtempSync(join(tmpdir(), 'gradloom-'));
const run = join(runs, 'moons');
const machine = ['--backend', 'reference', '--threads', '1'];

beforeAll(async () => {
  const { code } = await gradloom([
    'train',
    '--dataset',
    'moons',
    '--epochs',
    '2',
    '--out',
    run,
    '--quiet',
    ...machine,
  ]);
  expect(code).toBe(0);
  return () => rmSync(runs, { recursive: true });
});

test('watches the figure that evaluate shows, on the same rows', async () => {
  const [evaluation] = jsonLines((await gradloom(['evaluate', run, '--json', ...machine])).stdout);
  for (const metric of ['accuracy', 'roc-auc', 'log-loss']) {
    const { stdout } = await gradloom(['explain', run, '--metric', metric, '--json', ...machine]);
    const [{ baseline, rows, split, importances }] = jsonLines(stdout);
    expect({ baseline, rows, split }).toEqual({
      baseline: (evaluation.figures as Record<string, { value: number }>)[metric].value,
      rows: evaluation.rows,
      split: evaluation.split,
    });
    expect(importances).toHaveLength(2);
  }
});

test('encodes the rows of another table as the training rows were', async () => {
  const folder = temporaryDirectory();
  const [table, other, out] = ['rows.csv', 'other.csv', 'run'].map((name) => join(folder, name));
  const line = (n: number) => `${n / 2},${['red', 'green', 'blue'][n % 3]},${n % 3 === 0 ? 'yes' : 'no'}\n`;
  writeFileSync(table, `size,colour,y\n${Array.from({ length: 90 }, (_, n) => line(n)).join('')}`);
  // Other sizes, and not all of the colours.
  writeFileSync(other, `size,colour,y\n${[1000, 1003, 1006, 1007].map(line).join('')}`);
  await gradloom(['train', '--dataset', table, '--out', out, '--epochs', '60', '--quiet', ...machine]);
  const [evaluation] = jsonLines((await gradloom(['evaluate', out, '--dataset', other, '--json', ...machine])).stdout);
  const { stdout } = await gradloom(['explain', out, '--dataset', other, '--metric', 'log-loss', '--json', ...machine]);
  const [{ baseline, importances }] = jsonLines(stdout);
  expect(baseline).toBe((evaluation.figures as Record<string, { value: number }>)['log-loss'].value);
  expect((importances as { name: string }[]).map(({ name }) => name)).toEqual(['size', 'colour']);
});

test('lists the inputs, the most important one first', async () => {
  const { stdout } = await gradloom(['explain', run, ...machine]);
  const means = Array.from(stdout.matchAll(/^ {2}input \d +(-?[\d.]+)/gm), ([, mean]) => Number(mean));
  expect(means).toHaveLength(2);
  expect(means[0]).toBeGreaterThanOrEqual(means[1]);
});

test('takes as many of the rows as are asked for, always the same', async () => {
  const line = ['explain', run, '--rows', '20', '--json', ...machine];
  const [first, second] = [await gradloom(line), await gradloom(line)].map(({ stdout }) => jsonLines(stdout)[0]);
  expect(first).toEqual(second);
  expect(first).toMatchObject({ rows: 20, allRows: 100 });
});

test('writes its figures and a page, which report and verify read', async () => {
  const out = join(temporaryDirectory(), 'why');
  const { code, stdout } = await gradloom(['explain', run, '--out', out, ...machine]);
  expect(code).toBe(0);
  expect(stdout).toContain(`Pictures: ${join(out, 'report.html')}`);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('<figure id="importance">');
  expect((await gradloom(['report', out])).code).toBe(0);
  expect((await gradloom(['verify', out])).stdout).toContain('undamaged');
});

test.each([
  [['--metric', 'rmse'], '--metric has "rmse", expected one of accuracy, balanced-accuracy, '],
  [['--repeats', '0'], '--repeats has 0, expected a whole number of at least 1'],
  [['--rows', '0'], '--rows has 0, expected a whole number of at least 1, or all'],
])('%j is refused', async (flags, sentence) => {
  const { code, stderr } = await gradloom(['explain', run, ...flags, ...machine]);
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(`gradloom explain: ${sentence}`);
});

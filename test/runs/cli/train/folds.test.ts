import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../../support/command-line.ts';

const flags = ['train', '--dataset', 'moons', '--epochs', '3', '--backend', 'wasm', '--threads', '1'];

interface Fold {
  fold: number;
  rows: number;
  steps: number;
  fingerprint: string;
  figures: { loss: number; accuracy: number };
}

test('trains once for each fold, and gives mean and deviation of the figures on the rows that each left out', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { code, stdout } = await gradloom([...flags, '--folds', '3', '--out', out, '--json']);
  expect(code).toBe(0);
  const lines = jsonLines(stdout);
  const folds = lines.slice(0, 3) as unknown as Fold[];
  const last = lines[3] as { mean: Fold['figures']; deviation: Fold['figures'] };
  expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3]);
  expect(folds.reduce((sum, { rows }) => sum + rows, 0)).toBe(500);
  const accuracies = folds.map(({ figures }) => figures.accuracy);
  const mean = accuracies.reduce((a, b) => a + b, 0) / 3;
  expect(last.mean.accuracy).toBeCloseTo(mean, 12);
  expect(last.deviation.accuracy).toBeCloseTo(
    Math.sqrt(accuracies.reduce((sum, a) => sum + (a - mean) ** 2, 0) / 2),
    12,
  );
  expect(JSON.parse(readFileSync(join(out, 'folds.json'), 'utf8')).mean).toEqual(last.mean);

  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(`<title>Cross-validation of moons`);
  expect((await gradloom(['verify', out])).stdout).toContain('the document of train --folds');

  // Each is a run of its own: trained alone, measured again and checked.
  const alone = await gradloom([...flags, '--folds', '3', '--fold', '2', '--no-out', '--json', '--quiet']);
  expect(jsonLines(alone.stdout)[0]).toMatchObject({
    fingerprint: folds[1].fingerprint,
    testAccuracy: folds[1].figures.accuracy,
  });
  const measured = await gradloom(['evaluate', join(out, 'fold-2'), '--json']);
  expect(JSON.parse(measured.stdout)).toMatchObject({ rows: folds[1].rows, loss: folds[1].figures.loss });
  expect((await gradloom(['verify', join(out, 'fold-3')])).code).toBe(0);
  const again = await gradloom([
    'train',
    '--config',
    join(out, 'fold-3', 'config.json'),
    '--no-out',
    '--json',
    '--quiet',
  ]);
  expect(jsonLines(again.stdout)[0].fingerprint).toBe(folds[2].fingerprint);
});

test('a signal leaves the folds before it, their figures and their page', async () => {
  const out = join(temporaryDirectory(), 'run');
  const child = startProgram([...flags, '--folds', '500', '--out', out, '--json'], temporaryDirectory());
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 2) child.kill('SIGINT');
  expect(await endOf(child)).toMatchObject({ code: 130 });
  const printed = jsonLines(lines.join('\n'));
  const { runs, mean } = JSON.parse(readFileSync(join(out, 'folds.json'), 'utf8'));
  expect(runs.length).toBeGreaterThanOrEqual(2);
  expect(runs.length).toBeLessThan(500);
  expect(printed.at(-1)).toMatchObject({ event: 'folds', folds: 500, runs, mean });
  expect((await gradloom(['report', out])).code).toBe(0);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(`It was ended after ${runs.length} of them.`);
});

test('shows on a terminal the fold that is trained, and the time left', async () => {
  const { stderr } = await gradloom([...flags, '--folds', '3', '--no-out'], { terminal: 80 });
  expect(stderr).toMatch(/train: fold 1 of 3.*train: fold 3 of 3, about \d+ s left/s);
});

test('puts the rows of a test share aside where one is asked for', async () => {
  const { stdout } = await gradloom([...flags, '--folds', '2', '--test', '0.4', '--no-out', '--json']);
  const folds = jsonLines(stdout).slice(0, 2) as unknown as Fold[];
  expect(folds.map(({ rows }) => rows)).toEqual([150, 150]);
});

test.each([
  [['--loss', 'mse:x=1'], 2],
  [['--patience', '2'], 2],
  [['--hidden', '900000,900000'], 2],
])('%j, which no run can begin with, leaves no directory', async (wrong, expected) => {
  const out = join(temporaryDirectory(), 'run');
  const { code } = await gradloom([...flags, '--folds', '3', '--out', out, ...wrong]);
  expect({ code, isThere: existsSync(out) }).toEqual({ code: expected, isThere: false });
});

test.each([
  [['--folds', '501'], 'has 501, expected a whole number from 2 to 500 (the rows to deal out)'],
  [['--folds', '3', '--fold', '4'], '--fold has 4, expected a whole number from 1 to 3'],
  [['--fold', '1'], '--fold has 1, expected it with --folds, the number of folds'],
  [['--folds', '1'], '--folds has 1, expected a whole number of at least 2'],
])('%j is refused, and leaves no directory', async (more, message) => {
  const out = join(temporaryDirectory(), 'run');
  const { code, stderr } = await gradloom([...flags, ...more, '--out', out]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(existsSync(out)).toBe(false);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { smooth, suggest } from '../../../../packages/cli/src/commands/lr-find/suggest.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';

const sweep = ['lr-find', '--dataset', 'spirals', '--backend', 'wasm', '--steps', '60', '--json'];

/** A loss at rates a twentieth of a decade apart, from 1e-6 on. */
const curve = (loss: (decade: number) => number, count = 120) =>
  Array.from({ length: count }, (_, k) => ({ step: k + 1, rate: 10 ** (-6 + k / 20), loss: loss(-6 + k / 20) }));

describe('the suggestion', () => {
  test('is where the smoothed loss falls fastest: a logistic step falls fastest in its middle', () => {
    const { points } = smooth(curve((d) => 1 + 2 / (1 + Math.exp(4 * (d + 3)))));
    // Smoothing keeps 0.9 at each step, so the curve lags by about ten steps: half a decade.
    expect(Math.log10(suggest(points)?.steepest ?? 1)).toBeCloseTo(-2.5, 0);
  });

  test('does not look beyond the lowest loss', () => {
    const { points } = smooth(
      curve((d) => (d < -3 ? 2 - 0.1 * (d + 6) : d < -2 ? 1.7 : d < -1.5 ? 5 : 5 - 1.5 * (d + 1.5))),
    );
    const suggestion = suggest(points);
    expect(suggestion?.steepest).toBeLessThan(1e-3);
    expect(suggestion?.steepest).toBeLessThan(suggestion?.lowest ?? 0);
  });

  test('is none where the loss only rises', () => {
    expect(suggest(smooth(curve((d) => d + 7)).points)).toBeNull();
    expect(suggest([])).toBeNull();
  });

  test('smoothing is the weighted mean of all losses so far', () => {
    const losses = curve((d) => 2 + Math.sin(9 * d), 40);
    for (const [k, { smoothed }] of smooth(losses).points.entries()) {
      const weights = losses.slice(0, k + 1).map((_, j) => 0.9 ** (k - j));
      const mean = losses.slice(0, k + 1).reduce((sum, { loss }, j) => sum + weights[j] * loss, 0);
      expect(smoothed).toBeCloseTo(mean / weights.reduce((a, b) => a + b, 0), 12);
    }
  });

  test('a sweep ends where the loss is no number, or above the first and four times the lowest', () => {
    expect(smooth(curve((d) => (d < -3 ? 1 : Number.NaN)))).toMatchObject({ diverged: true, points: { length: 60 } });
    expect(smooth(curve((d) => (d < -3 ? 1 : 1000)))).toMatchObject({ diverged: true, points: { length: 61 } });
    // A loss that has become small may become four times as large.
    expect(smooth(curve((d) => (d < -5 ? 10 : d < -2 ? 0.01 : 0.5))).diverged).toBe(false);
  });
});

describe('gradloom lr-find', () => {
  test('trains the steps that train takes under that schedule, to the same losses for any number of threads', async () => {
    const [one, ...others] = await Promise.all(
      [1, 2, 3].map(async (threads) =>
        JSON.parse((await gradloom([...sweep, '--threads', String(threads), '--from', '1e-5', '--to', '0.1'])).stdout),
      ),
    );
    for (const other of others) expect(other.points).toEqual(one.points);
    const out = join(temporaryDirectory(), 'run');
    const trained = [
      'train',
      '--dataset',
      'spirals',
      '--backend',
      'wasm',
      '--steps',
      '60',
      '--lr',
      '0.1',
      '--out',
      out,
    ];
    await gradloom([...trained, '--schedule', `range-test:start-factor=${1e-5 / 0.1}`, '--quiet']);
    const steps = jsonLines(readFileSync(join(out, 'steps.jsonl'), 'utf8'));
    expect(one.points.map(({ loss }: { loss: number }) => loss)).toEqual(
      steps.map(({ loss }) => (loss as { mean: number }).mean),
    );
    expect(one.points[0].rate).toBeCloseTo(1e-5, 15);
    expect(one.points.at(-1).rate).toBeCloseTo(0.1, 12);
    expect(one.stopped).toBe('completed');
  });

  test('suggests a rate that learns, by a command that runs', async () => {
    const workload = ['--dataset', 'moons', '--backend', 'wasm'];
    const { train, suggestion } = JSON.parse((await gradloom(['lr-find', ...workload, '--json'])).stdout);
    expect(train).toBe(`gradloom train --dataset moons --lr ${suggestion.rate} --backend wasm`);
    const shown = await gradloom(['lr-find', ...workload], { env: { npm_config_user_agent: 'npm' } });
    expect(shown.stdout).toContain(`\nnpx ${train}\n`);
    const { stdout, stderr } = await gradloom([...train.split(' ').slice(1), '--json', '--quiet', '--no-out']);
    expect(stderr).toBe('');
    expect(jsonLines(stdout).at(-1)?.testAccuracy).toBeGreaterThan(0.85);
  });

  test('ends with the steps before a loss that is no number, and says that none lowers the loss', async () => {
    const flags = ['--from', '1e300', '--to', '1e308', '--optimizer', 'sgd'];
    const { code, stdout } = await gradloom([...sweep, ...flags]);
    const { stopped, suggestion, train } = JSON.parse(stdout);
    expect({ code, stopped, suggestion, train }).toEqual({
      code: 1,
      stopped: 'diverged',
      suggestion: null,
      train: null,
    });
  });

  test('writes its figures and a page, which report and verify read', async () => {
    const out = join(temporaryDirectory(), 'rates');
    const { code } = await gradloom([...sweep, '--out', out]);
    expect(code).toBe(0);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('loss-by-rate');
    expect((await gradloom(['report', out])).code).toBe(0);
    expect((await gradloom(['verify', out])).stdout).toContain('undamaged');
  });

  test.each([
    [['--dataset', 'xor', '--from', '1', '--to', '0.1'], '--from has 1, expected a rate below that of --to, 0.1'],
    [['--dataset', 'xor', '--steps', '3'], '--steps has 3, expected a whole number of at least 10'],
    [
      ['--dataset', 'xor', '--from', '1e-300', '--to', '1e300'],
      '--from has 1e-300, expected a rate nearer to that of --to',
    ],
    [['--dataset', 'moons', '--patience', '3'], '--patience is unknown, expected a flag from --help'],
    [['--dataset', 'xor', '--epochs', '3'], '--epochs is unknown, expected a flag from --help'],
    [['--dataset', 'xor', '--from', '0'], '--from has 0, expected a number above 0'],
  ])('%j is refused', async (flags, message) => {
    const { code, stderr } = await gradloom(['lr-find', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

test('a table, which trains with early stopping by default, is swept as well', async () => {
  const { stdout, stderr } = await gradloom(['lr-find', '--dataset', 'iris', '--steps', '60', '--json']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout).suggestion).not.toBeNull();
});

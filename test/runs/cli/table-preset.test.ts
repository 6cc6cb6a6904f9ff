import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../packages/cli/src/files/datasets/open-dataset.ts';
import { tablePreset } from '../../../packages/cli/src/files/datasets/table-preset.ts';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { propertySeed } from '../../support/seed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

/** Two columns, and whether their product is positive: a line divides nothing here. */
const quadrants = (rows: number): string => {
  const lines = Array.from({ length: rows }, (_, n) => {
    const [a, b] = [((n * 7) % 19) - 9, ((n * 11) % 23) - 11];
    return `${a + 0.5},${b + 0.5},${(a + 0.5) * (b + 0.5) > 0 ? 'same' : 'other'}`;
  });
  return `a,b,kind\n${lines.join('\n')}\n`;
};

/** The first line of a run; its last, which `done` gives, comes from a run that prints no other. */
async function train(file: string, ...flags: string[]) {
  const args = ['train', '--dataset', file, '--no-out', '--threads', '1', '--json', ...flags];
  const textOf = async (...more: string[]) => {
    const { code, stdout, stderr } = await gradloom([...args, ...more]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout.slice(0, stdout.indexOf('\n'));
  };
  const [start] = jsonLines(await textOf());
  return {
    start: start as Record<string, unknown> & { options: Record<string, unknown> },
    done: async () => jsonLines(await textOf('--quiet'))[0],
  };
}

describe('the rule of defaults for a table', () => {
  test.each([
    { rows: 90, batch: 32, steps: 1000 },
    { rows: 1078, batch: 32, steps: 2040 },
    { rows: 12_000, batch: 128, steps: 5640 },
    { rows: 100_000, batch: 512, steps: 11_760 },
    { rows: 1_000_000, batch: 512, steps: 20_000 },
    { rows: 10_000_000, batch: 512, steps: 58_596 },
  ])('for $rows rows', ({ rows, batch, steps }) => {
    const optimizer = { kind: 'adamw', lr: 0.003, weightDecay: 0.35 };
    expect(tablePreset(rows, Math.SQRT1_2 / 2)).toMatchObject({ batch, steps, optimizer });
  });

  test('holds weights back by the noise of the targets', async () => {
    const decayOf = async (target: (a: number, b: number, n: number) => number | string) => {
      const lines = Array.from({ length: 500 }, (_, n) => {
        const [a, b] = [((n * 7) % 19) / 19, ((n * 11) % 23) / 23];
        return `${a},${b},${target(a, b, (n * n * 31) % 499)}`;
      });
      const path = folder.write('noise.csv', `a,b,y\n${lines.join('\n')}\n`);
      const { optimizer } = (await openDataset({ path, options: {} }, {})).preset();
      return 'weightDecay' in optimizer ? Number(optimizer.weightDecay) : Number.NaN;
    };
    expect(await decayOf((a, b) => a - 2 * b)).toBe(0.13);
    expect(await decayOf((a, b, noise) => a - 2 * b + noise / 25)).toBeGreaterThan(2);
    expect(await decayOf((a, b, noise) => (a - b + noise / 100 > 2.5 ? 'over' : 'under'))).toBeGreaterThan(1);
  });

  test('is the one that docs/tables.md states', () => {
    const page = readFileSync(new URL('../../../docs/tables.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
    expect(page).toContain('adamw, rate 0.003, weight decay 8·√(λ/N), but from 1/8 to 8');
  });

  test(`gives every table a run that can be taken (seed ${propertySeed})`, () => {
    const check = fc.property(fc.integer({ min: 1, max: 1e9 }), (rows) => {
      const { batch, steps = 0, epochs, patience = 0 } = tablePreset(rows, 1);
      const perEpoch = Math.ceil(rows / Math.min(rows, Number(batch)));
      expect(steps).toBeGreaterThanOrEqual(1000);
      expect(steps).toBeGreaterThanOrEqual(3 * perEpoch);
      expect(epochs).toBe(Math.ceil(steps / perEpoch));
      expect(patience).toBeGreaterThanOrEqual(1);
      expect(patience).toBeLessThanOrEqual(34);
    });
    fc.assert(check, { seed: propertySeed });
  });
});

describe('a table by its defaults', () => {
  test.each([
    [99, null],
    [100, 'validation-loss'],
  ])('stops early by default where it has 100 validation rows, not %i', async (rows, monitor) => {
    const { start } = await train(folder.write(`${rows}.csv`, quadrants(10 * rows)), '--steps', '30');
    expect(start.validationRows).toBe(rows);
    expect(start.options.monitor ?? null).toBe(monitor);
  });

  test('is learnt where no line divides it, and measured on rows that were held out, beside a baseline', async () => {
    const { start, done: end } = await train(folder.write('quadrants.csv', quadrants(1000)));
    const done = await end();
    expect(start).toMatchObject({ trainRows: 800, validationRows: 100, testRows: 100 });
    expect(start.options).toMatchObject({ validation: 0.1, test: 0.1, steps: 1500, monitor: 'validation-loss' });
    expect(done.testAccuracy).toBeGreaterThanOrEqual(0.9);
    expect(Number(done.baselineAccuracy)).toBeLessThan(0.7);
    expect(Number(done.bestStep)).toBeGreaterThan(0);
  });

  test('is not split where it has few rows, and then trains to the end', async () => {
    const { start, done } = await train(folder.write('few.csv', quadrants(49)));
    expect(start).toMatchObject({ trainRows: 49, validationRows: 0, testRows: 0 });
    expect(await done()).toMatchObject({ stopped: 'completed', steps: 1000, bestStep: null, baselineAccuracy: null });
    const { start: more } = await train(folder.write('more.csv', quadrants(50)));
    expect(more).toMatchObject({ trainRows: 40, validationRows: 5, testRows: 5 });
    expect(more.decisions).toEqual(
      expect.arrayContaining([
        'held out: 5 rows for validation and 5 rows for the test, each class in proportion (--validation 0 --test 0 hold out none)',
        'no early stopping: 5 validation rows are too few to tell the best step, 100 are enough (--patience 20 stops early)',
      ]),
    );
    expect(start.decisions).toEqual(
      expect.arrayContaining([
        'no rows are held out for the test (--test 0.1 holds out a tenth)',
        'no early stopping: it needs validation rows (--validation 0.1)',
      ]),
    );
  });

  test('says that the test rows are one of the folds, which --test 0 would not change', async () => {
    const file = folder.write('folds.csv', quadrants(60));
    const { start } = await train(file, '--folds', '3', '--fold', '2', '--validation', '0');
    expect(start.decisions).toContain(
      'held out: 20 rows for the test, each class in proportion (the test rows are one of 3 folds)',
    );
    const { start: more } = await train(file, '--folds', '3', '--fold', '2');
    expect(more.decisions).toContain(
      'held out: 6 rows for validation and 20 rows for the test, each class in proportion (the test rows are one of 3 folds; --validation 0 holds out none)',
    );
  });

  test('gives way to each flag', async () => {
    const file = folder.write('flags.csv', quadrants(60));
    const whole = await train(file, '--epochs', '3', '--hidden', '4');
    expect(whole.start).toMatchObject({ trainRows: 48, validationRows: 6, testRows: 6 });
    expect(whole.start.options).toMatchObject({ epochs: 3, hidden: [4] });
    expect(whole.start.options).not.toHaveProperty('patience');
    expect(whole.start.options).not.toHaveProperty('steps');
    const stopping = await train(file, '--validation', '0.2', '--patience', '7');
    expect(stopping.start).toMatchObject({ trainRows: 42, validationRows: 12, testRows: 6 });
    expect(stopping.start.options).toMatchObject({ monitor: 'validation-loss', patience: 7 });
    expect(stopping.start.decisions).not.toContainEqual(expect.stringContaining('early stopping'));
    const more = ['--validation', '0.2', '--patience', 'none', '--steps', '20', '--optimizer', 'sgd'];
    const patient = await train(file, ...more);
    expect(patient.start.options).toMatchObject({ patience: 'none', optimizer: { kind: 'sgd' } });
    expect(patient.start.options).not.toHaveProperty('monitor');
    expect(await patient.done()).toMatchObject({ stopped: 'completed', steps: 20, bestStep: null });
  });

  test('of values has its baseline in the units of the target', async () => {
    const lines = Array.from({ length: 200 }, (_, n) => `${n % 17},${1e6 + 5e4 * (n % 17) + ((n * 7) % 11) * 100}`);
    const { done: end } = await train(folder.write('values.csv', `x,price\n${lines.join('\n')}\n`), '--steps', '200');
    const done = await end();
    expect(Number(done.baselineRmse)).toBeGreaterThan(1e5);
    expect(Number(done.testRmse)).toBeLessThan(Number(done.baselineRmse) / 3);
  });
});

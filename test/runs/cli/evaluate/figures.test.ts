import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metrics } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { datasetSource } from '../../../../packages/cli/src/files/datasets/dataset-source.ts';
import { openDataset } from '../../../../packages/cli/src/files/datasets/open-dataset.ts';
import { readValue } from '../../../../packages/cli/src/options/option.ts';
import { gradloom, jsonLines } from '../../../support/command-line.ts';

interface Figures {
  task: string;
  rows: number;
  accuracy: number;
  threshold: { value: number; by: string; on: object | null } | null;
  figures: Record<string, { value: number; low?: number; high?: number }>;
  calibration: { rows: number }[] | null;
  classes: { answers: number[] }[] | null;
}

const runs = mkdtempSync(join(tmpdir(), 'gradloom-'));
const paths = { moons: join(runs, 'moons'), blobs: join(runs, 'blobs'), sine: join(runs, 'sine') };
const machine = ['--backend', 'reference'];

beforeAll(async () => {
  for (const [name, out] of Object.entries(paths)) {
    const line = ['train', '--dataset', name, '--epochs', '2', '--validation', '0.2', '--out', out, '--quiet'];
    const { code, stderr } = await gradloom([...line, ...machine]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  return () => rmSync(runs, { recursive: true });
});

async function evaluate(run: string, ...flags: string[]): Promise<Figures> {
  const { code, stdout, stderr } = await gradloom(['evaluate', run, '--json', ...machine, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return jsonLines(stdout)[0] as unknown as Figures;
}

/** The test rows of a run, with the answers of its model. */
async function answersOf(name: 'moons' | 'blobs' | 'sine') {
  const { sets } = await openDataset(readValue(datasetSource, '--dataset', name), { validation: 0.2 });
  const { test: rows } = sets;
  const model = loadModel(join(paths[name], 'model.gradloom'));
  if (rows === undefined) throw new Error('no test rows');
  const x = Float64Array.from(rows.inputs.array);
  return { model, x, t: Float64Array.from(rows.targets.array), N: rows.rows };
}

test('figures of two classes are computed from the probabilities of the second', async () => {
  const { model, x, t, N } = await answersOf('moons');
  const all = model.probabilities(x);
  const p = Float64Array.from({ length: N }, (_, n) => all[2 * n + 1]);
  const { figures, task, calibration } = await evaluate(paths.moons);
  expect(task).toBe('binary');
  const options = { targets: 'values' } as const;
  for (const name of ['accuracy', 'precision', 'recall', 'f1', 'roc-auc', 'pr-auc', 'log-loss', 'brier'] as const) {
    const metric = metrics[name](options);
    metric.add(p, t, N, 1);
    expect(figures[name].value).toBeCloseTo(metric.value(), 12);
  }
  expect(calibration?.reduce((sum, { rows }) => sum + rows, 0)).toBe(N);
});

test('figures of several classes are computed from all probabilities', async () => {
  const { model, x, t, N } = await answersOf('blobs');
  const p = model.probabilities(x);
  const { figures, task, threshold } = await evaluate(paths.blobs);
  expect({ task, threshold }).toEqual({ task: 'classes', threshold: null });
  const options = { targets: 'classes' } as const;
  for (const name of [
    'precision',
    'recall',
    'f1',
    'roc-auc',
    'pr-auc',
    'log-loss',
    'brier',
    'calibration-error',
  ] as const) {
    const metric = metrics[name](options);
    metric.add(p, t, N, p.length / N);
    expect(figures[name].value).toBeCloseTo(metric.value(), 12);
  }
});

test('figures of values are computed from the outputs', async () => {
  const { model, x, t, N } = await answersOf('sine');
  const { figures, task } = await evaluate(paths.sine);
  expect(task).toBe('values');
  for (const name of ['mae', 'rmse', 'mape', 'r2', 'explained-variance'] as const) {
    const metric = metrics[name]();
    metric.add(model.outputs(x), t, N, 1);
    expect(figures[name].value).toBeCloseTo(metric.value(), 10);
  }
});

describe('several targets', () => {
  const names = ['height', 'weight', 'girth', 'age', 'pulse', 'sleep'];
  const run = join(runs, 'several');

  beforeAll(async () => {
    const file = join(runs, 'several.csv');
    const lines = Array.from({ length: 80 }, (_, n) => [n, ...names.map((_, k) => ((n * (k + 3)) % 17) + k)].join());
    writeFileSync(file, [`x,${names.join()}`, ...lines, ''].join('\n'));
    const flags = ['--target', names.join(), '--test', '0.25', '--epochs', '2', '--out', run, '--quiet'];
    expect(await gradloom(['train', '--dataset', file, ...flags, ...machine])).toMatchObject({ code: 0 });
  });

  test('are all named by their columns, in the text, in JSON and in the report', async () => {
    const { stdout } = await gradloom(['evaluate', run, ...machine]);
    expect([...stdout.matchAll(/residuals of (\S+)/g)].map(([, name]) => name)).toEqual(names);
    expect(await evaluate(run)).toMatchObject({ residuals: names.map((name) => ({ name })) });
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    for (const name of names) {
      expect(report).toMatch(new RegExp(`R² is [^.]*(\\.\\d[^.]*)*${name} `));
      expect(report.match(new RegExp(`font-weight="600">${name}<`, 'g'))?.length).toBeGreaterThanOrEqual(2);
    }
  });

  test('have errors of each in its units, and no mean over units', async () => {
    const { stdout } = await gradloom(['evaluate', run, '--split', 'train', ...machine]);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} +mae \\S+, rmse \\S+, r2 \\S+$`, 'm'));
    const { figures } = await evaluate(run, '--split', 'train', '--bootstrap', '5');
    expect(Object.keys(figures)).toEqual(['r2', 'explained-variance']);
  });

  test('are not explained by a figure with a unit, and one that is 0 somewhere not by mape', async () => {
    const explain = async (of: string, metric: string) =>
      (await gradloom(['explain', of, '--split', 'train', '--metric', metric, ...machine])).stderr;
    expect(await explain(run, 'rmse')).toContain(
      'has "rmse", expected one of r2, explained-variance (several targets have no common unit)',
    );
    const one = join(runs, 'one');
    const flags = ['--target', 'height', '--targets', 'values', '--epochs', '1', '--out', one, '--quiet', ...machine];
    await gradloom(['train', '--dataset', join(runs, 'several.csv'), ...flags]);
    expect(await explain(one, 'mape')).toContain('expected another figure, since a target is 0 or nearly 0');
  });
});

describe('a threshold', () => {
  test('decides about every row: above all scores nothing is predicted, below all everything', async () => {
    expect((await evaluate(paths.moons, '--threshold', '1')).figures.recall.value).toBe(0);
    expect((await evaluate(paths.moons, '--threshold', '-1')).figures.recall.value).toBe(1);
  });

  test.each(['f1', 'youden'])('by %s is the best of those tried on the validation rows', async (criterion) => {
    const chosen = await evaluate(paths.moons, '--threshold', criterion);
    expect(chosen.threshold).toMatchObject({ by: criterion, on: { split: 'validation', areMeasured: false } });
    const at = async (threshold: number): Promise<number> => {
      const { figures } = await evaluate(paths.moons, '--split', 'validation', '--threshold', String(threshold));
      return criterion === 'f1' ? figures.f1.value : figures['balanced-accuracy'].value;
    };
    const best = await at(chosen.threshold?.value ?? Number.NaN);
    for (const other of [0.2, 0.35, 0.5, 0.65, 0.8]) expect(best).toBeGreaterThanOrEqual(await at(other));
  });

  test('that is written into the model is what predict goes by', async () => {
    const model = join(paths.moons, 'model.gradloom');
    const { classes, rows } = await evaluate(model, '--threshold', '0.9', '--save-threshold', '--dataset', 'moons');
    const { stdout } = await gradloom(['predict', model, '--dataset', 'moons', '--json']);
    const second = jsonLines(stdout).filter(({ class: index }) => index === 1);
    expect(jsonLines(stdout)).toHaveLength(rows);
    expect(second).toHaveLength(classes?.reduce((sum, { answers }) => sum + answers[1], 0) ?? Number.NaN);
    expect((await evaluate(model, '--dataset', 'moons')).threshold).toEqual({ value: 0.9, by: 'model', on: null });
  });
});

describe('intervals', () => {
  test('hold the figures, and depend on the seed alone', async () => {
    const flags = ['--bootstrap', '200'];
    const once = await evaluate(paths.moons, ...flags, '--threads', '1');
    const again = await evaluate(paths.moons, ...flags, '--seed', '0', '--threads', '2');
    expect(again.figures).toEqual(once.figures);
    expect((await evaluate(paths.moons, ...flags, '--seed', '1')).figures).not.toEqual(once.figures);
    for (const [name, { value, low = Number.NaN, high = Number.NaN }] of Object.entries(once.figures)) {
      // Empty bins have no error, and a draw empties bins: its calibration error is the larger one.
      if (name !== 'calibration-error') expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
    const { low = Number.NaN, high = Number.NaN } = once.figures['log-loss'];
    expect(low).toBeLessThan(high);
  });
});

test.each([
  [['--seed', '1'], '--seed is given without --bootstrap, expected both (the seed of its draws)', 'moons'],
  [['--save-threshold'], '--save-threshold is given without --threshold, expected both', 'moons'],
  [
    ['--threshold', 'x'],
    '--threshold has "x", expected a number such as 0.3, or auto, f1 or youden, or one for a target such as buys=0.3',
    'moons',
  ],
  [
    ['--threshold', '0.3'],
    '--threshold has 0.3, expected none, since the model does not choose between two classes',
    'blobs',
  ],
] as const)('%j is refused', async (flags, sentence, name) => {
  const { code, stderr } = await gradloom(['evaluate', paths[name], ...flags, ...machine]);
  expect(stderr.split('\n')[0]).toBe(`gradloom evaluate: ${sentence}`);
  expect(code).toBeGreaterThan(0);
});

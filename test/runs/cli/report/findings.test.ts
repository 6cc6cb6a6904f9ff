import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete } from '@gradloom/core/internal';
import { syntheticDatasets, type TokenizerName, textDataset, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { baselineOf } from '../../../../packages/cli/src/report/findings/baseline.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: folder, write } = temporaryFolder();

async function findingsOf(dataset: string, ...flags: string[]) {
  const out = join(temporaryDirectory(), 'run');
  const args = ['train', '--dataset', dataset, '--backend', 'wasm', '--threads', '1', '--epochs', '20', '--json'];
  const { code, stdout, stderr } = await gradloom([...args, ...flags, '--out', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const findings = JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8'));
  const html = readFileSync(join(out, 'report.html'), 'utf8');
  return { findings, html, done: jsonLines(stdout).at(-1) as Record<string, number> };
}

describe('a regression', () => {
  test('has the points that are predicted, with the R² and RMSE of the run, and its curve over one input', async () => {
    const { findings, html, done } = await findingsOf('sine:rows=50');
    const [{ r2, rmse, points }] = findings.predictions.outputs;
    expect(r2).toBeCloseTo(done.testR2, 12);
    expect(rmse).toBeCloseTo(done.testRmse, 12);
    expect(points).toHaveLength(10);
    // Of all test rows, so that the figure follows from the points.
    const squares = points.reduce((sum: number, [t, y]: [number, number]) => sum + (y - t) ** 2, 0);
    expect(Math.sqrt(squares / 10)).toBeCloseTo(rmse, 12);
    expect(findings.curve.points).toHaveLength(40);
    expect(findings.curve).toMatchObject({ isProbability: false, lines: [{ name: 'network' }] });
    expect(findings.baseline.rmse).toBeGreaterThan(0.5);
    expect(html).toContain('<dt>baseline: RMSE of always answering the mean</dt>');
  });

  test('of several outputs has the figures of each', async () => {
    const N = 60;
    write(
      'two/x.npy',
      encodeNpy(
        'f8',
        [N, 2],
        Array.from({ length: 2 * N }, (_, i) => ((i * 7) % 5) / 5),
      ),
    );
    write(
      'two/y.npy',
      encodeNpy(
        'f8',
        [N, 2],
        Array.from({ length: 2 * N }, (_, i) => ((i * 31) % 11) / 11),
      ),
    );
    const { findings, done } = await findingsOf(join(folder, 'two'), '--test', '0.5');
    const { outputs } = findings.predictions;
    expect(outputs).toHaveLength(2);
    expect((outputs[0].r2 + outputs[1].r2) / 2).toBeCloseTo(done.testR2, 10);
    expect(findings.curve).toBeNull();
  });
});

test('classes along one input have a curve of probabilities, which add up to 1', async () => {
  write(
    'one.csv',
    `x,kind\n${Array.from({ length: 60 }, (_, n) => `${n / 10},${n < 20 ? 'low' : n < 40 ? 'mid' : 'high'}`).join('\n')}\n`,
  );
  const { findings, html } = await findingsOf(join(folder, 'one.csv'), '--test', '0.2');
  const { lines, points, isProbability } = findings.curve;
  expect(isProbability).toBe(true);
  expect(new Set(lines.map(({ name }: { name: string }) => name))).toEqual(new Set(['low', 'mid', 'high']));
  for (let k = 0; k < lines[0].points.length; k++) {
    expect(lines.reduce((sum: number, line: (typeof lines)[0]) => sum + line.points[k][1], 0)).toBeCloseTo(1, 12);
  }
  expect(points.every(([, y]: [number, number]) => y === 1)).toBe(true);
  expect(html).toContain('Predicted probability along the input');
});

describe('a table', () => {
  // The value is that of one column; the class is whether it is above 50. Row 7 of each 20 has the other class.
  const lines = Array.from({ length: 200 }, (_, n) => {
    const x = (n * 37) % 101;
    const isHigh = x > 50 !== (n % 20 === 7);
    return [x, (n * 53) % 97, `id${n}`, 3 * x, isHigh ? 'high' : 'low'].join();
  });
  const flags = ['--test', '0.3', '--validation', '0', '--hidden', '8'];

  test('lists its columns, the one that the target follows as the most important', async () => {
    write('table.csv', `x,noise,id,y,class\n${lines.join('\n')}\n`);
    const { findings, html } = await findingsOf(
      join(folder, 'table.csv'),
      ...flags,
      '--target',
      'y',
      '--drop',
      'class',
    );
    const { columns, importances, cellColumns, rows } = findings.table;
    const uses = Object.fromEntries(columns.map(({ name, use }: Record<string, string>) => [name, use]));
    expect(uses).toEqual({ x: 'numeric', noise: 'numeric', id: 'left out', class: 'left out', y: 'target: values' });
    const [{ importances: means }] = importances;
    const [x, noise] = ['x', 'noise'].map((column) => means.find(({ name }: { name: string }) => name === column).mean);
    expect(x).toBeGreaterThan(Math.abs(noise));
    expect(cellColumns).toEqual(['x', 'noise']);
    // The cells of a listed row are those of its target in the file.
    const { worst } = findings.predictions.outputs[0];
    const errors = worst.map(({ actual, predicted }: Record<string, number>) => Math.abs(actual - predicted));
    expect(errors).toEqual(errors.toSorted((a: number, b: number) => b - a));
    for (const { row, actual } of worst) {
      const { cells } = rows.find((line: { row: number }) => line.row === row);
      expect(3 * Number(cells[0])).toBeCloseTo(actual, 9);
    }
    expect(html).toContain('How each column is used');
    expect(html).toContain('The rows with the largest errors');
  });

  test('with two classes has precision, recall and F1 at thresholds, 0.5 among them as evaluate measures', async () => {
    write('table.csv', `x,noise,id,y,class\n${lines.join('\n')}\n`);
    const { findings, html } = await findingsOf(
      join(folder, 'table.csv'),
      ...flags,
      '--target',
      'class',
      '--drop',
      'y',
    );
    const { thresholds, confusion, mistakes } = findings.answers;
    const [[, wrong], [missed, right]] = confusion.map((row: number[]) => row);
    const half = thresholds.find(({ threshold }: { threshold: number }) => threshold === 0.5);
    expect(half.precision).toBeCloseTo(right / (right + wrong), 12);
    expect(half.recall).toBeCloseTo(right / (right + missed), 12);
    expect(half.f1).toBeCloseTo((2 * right) / (2 * right + wrong + missed), 12);
    const recalls = thresholds.map(({ recall }: { recall: number }) => recall);
    expect(recalls).toEqual(recalls.toSorted((a: number, b: number) => b - a));
    const listed = findings.table.rows.map(({ row }: { row: number }) => row);
    expect(new Set(listed)).toEqual(new Set(mistakes.map(({ row }: { row: number }) => row)));
    expect(html).toContain('by threshold');
  });
});

describe('the baseline', () => {
  test('of classes is the most frequent of the training rows, measured on the others', async () => {
    const data = syntheticDatasets.blobs({ rows: 90, classes: 3, seed: 2 });
    const spec = { input: 2, layers: [{ kind: 'dense' as const, out: 3 }] };
    const { test: measured } = await train(spec, { train: data, test: data }, { steps: 1, threads: 1 });
    const rows = { ...data, targets: { ...data.targets, array: Float64Array.from([0, 2, 2, 1, 2]) as never }, rows: 5 };
    const of = { ...data, targets: { ...data.targets, array: Float64Array.from([2, 1, 2]) as never }, rows: 3 };
    expect(complete(baselineOf(of, rows, measured as never))).toMatchObject({ answer: '2', accuracy: 3 / 5 });
  });

  test.each<[TokenizerName, string, string]>([
    ['characters', 'a \n\n\nb', '"\\n"'],
    ['bytes', 'a    b', '" "'],
    ['bytes', 'éèê', 'token 195'],
    ['words', 'the the the a the the', '" the"'],
    ['gpt2', ' the the the', '" the"'],
  ])('of tokens of %s is the most frequent one as text: %j', async (tokenizer, text, answer) => {
    const { train: rows } = await textDataset(text, { tokenizer, context: 1, validation: 0 });
    expect(complete(baselineOf(rows, rows, { rows: 1, loss: 0, accuracy: 0 }))).toMatchObject({ answer });
  });

  test('of values is the mean of the training rows', () => {
    const data = syntheticDatasets.sine({ rows: 4 });
    const withTargets = (...values: number[]) =>
      ({ ...data, targets: { ...data.targets, array: Float64Array.from(values) }, rows: values.length }) as never;
    const measured = { rows: 2, loss: 0, rmse: 0 };
    expect(complete(baselineOf(withTargets(1, 3), withTargets(2, 5), measured))).toMatchObject({
      answer: 'the mean',
      rmse: Math.sqrt((0 + 9) / 2),
    });
  });
});

describe('pictures of a table are in the units of its columns', () => {
  const quick = ['--hidden', '4', '--validation', '0', '--test', '0'];

  test('the curve over one column', async () => {
    const rows = Array.from({ length: 40 }, (_, n) => `${1000 + n},${50_000 + 10 * n}.5`);
    write('line.csv', `year,price\n${rows.join('\n')}\n`);
    const { findings } = await findingsOf(join(folder, 'line.csv'), ...quick, '--column', 'year:numeric');
    expect(findings.curve.points[3]).toEqual([expect.closeTo(1003, 9), expect.closeTo(50_030.5, 9), 0]);
    for (const [x, y] of findings.curve.lines[0].points) {
      expect(x).toBeGreaterThan(990);
      expect(y).toBeGreaterThan(40_000);
    }
  });

  test('the regions over two', async () => {
    const rows = Array.from({ length: 40 }, (_, n) => `${100 + 2 * ((7 * n) % 40)},${-5 * n},${n % 2 ? 'a' : 'b'}`);
    write('plane.csv', `x,y,kind\n${rows.join('\n')}\n`);
    const { findings } = await findingsOf(join(folder, 'plane.csv'), ...quick, '--column', 'x:numeric');
    const { points, end } = findings.plane;
    expect(points[3]).toEqual([expect.closeTo(142, 9), expect.closeTo(-15, 9), 0]);
    const [x1, y1, x2, y2] = end.extent;
    expect([x1 < 100, x2 > 178, y1 < -195, y2 > 0]).toEqual([true, true, true, true]);
  });
});

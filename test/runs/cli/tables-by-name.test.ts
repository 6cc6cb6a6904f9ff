import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDataset, tableFiles, tablePath } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const few = ['--steps', '20', '--threads', '1', '--json', '--quiet'];

/** The last line of a short run. */
const result = async (...flags: string[]) => {
  const { stdout, stderr } = await gradloom(['train', ...few, ...flags]);
  return jsonLines(stdout).at(-1) ?? expect.unreachable(stderr);
};

test.each(Object.keys(tableFiles))('%s by its name is the table at its path', async (name) => {
  const byPath = await result('--dataset', tablePath(name as keyof typeof tableFiles), '--no-out');
  const byName = await result('--dataset', name, '--no-out');
  expect(byName.fingerprint).toBe(byPath.fingerprint);
  expect(byName.fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test('a run on a table by name says so, and its config file and its model find it again', async () => {
  const out = join(folder.path, 'run');
  const { fingerprint } = await result('--dataset', 'iris:targets=classes', '--test', '0.2', '--out', out);
  const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  expect(config.options).toMatchObject({ dataset: 'iris:targets=classes' });
  const again = await result('--config', join(out, 'config.json'), '--no-out');
  expect(again.fingerprint).toBe(fingerprint);
  const evaluated = await gradloom(['evaluate', out, '--json']);
  expect(jsonLines(evaluated.stdout)[0]).toMatchObject({ split: 'test', rows: 30 });
});

// test/fixtures/table.mjs
const path = (file: string) => join(import.meta.dirname, '../../fixtures', file);
const model = join(folder.path, 'model of table.csv');
let csv: Record<string, unknown>;
beforeAll(async () => {
  csv = await result('--dataset', path('table.csv'), '--out', model);
});

describe.each(['table.jsonl', 'table.json', 'table-snappy.parquet', 'table-zstd.parquet'])('%s', (name) => {
  test('trains the network that the same table in CSV trains', async () => {
    expect((await result('--dataset', path(name), '--no-out')).fingerprint).toBe(csv.fingerprint);
  });

  test('is read by readTable and no dataset of plain numbers', async () => {
    await expect(loadDataset(path(name))).rejects.toThrow(
      `loadDataset: ${path(name)} is a table with types, expected a CSV file of plain numbers (in a program, readTable`,
    );
  });

  test('has the answers of a model that was trained on the same table in CSV', async () => {
    const answers = async (file: string) => (await gradloom(['predict', model, path(file), '--json'])).stdout;
    const expected = await answers('table.csv');
    expect(jsonLines(expected).length).toBe(40);
    expect(await answers(name)).toBe(expected);
  });
});

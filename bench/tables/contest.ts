import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ColumnEncoding } from '@gradloom/core';
import { openDataset } from '../../packages/cli/src/files/datasets/open-dataset.ts';
import { tablePreset } from '../../packages/cli/src/files/datasets/table-preset.ts';
import { countInputs } from '../../packages/runtime/src/models/table-defaults.ts';
import { type Answer, scoresOf } from './scores.ts';

// Trains on each training file of `make_tables.py` with just `gradloom train --dataset <file> --target y`, scores the
// predictions of `gradloom predict` for the test file, and compares them with scikit-learn's scores from
// `score_sklearn.py`. `--count` derives the weight decay from another count of a table's inputs, and compares it with
// the default.
// Usage: node contest.ts <folder> [table ...] [--count inputs]; needs `npm run build`.

/** How many inputs a column of categories counts as, given its inputs. */
const counts = {
  inputs: (inputs: number) => inputs,
  twice: (inputs: number) => Math.min(inputs, 2 * Math.sqrt(inputs)),
  root: Math.sqrt,
  columns: () => 1,
} satisfies Record<string, (inputs: number) => number>;
type Count = keyof typeof counts;

/** There are more districts than the default limit of 100. */
const LIMIT = 200;

type Scores = Record<string, number>;
interface Variant {
  readonly options: Record<string, unknown>;
  readonly seconds: number;
  readonly splits: readonly Scores[];
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { count: { type: 'string' } } });
const [folder, ...asked] = positionals;
const count = values.count as Count | undefined;
if (count !== undefined && !(count in counts)) {
  throw new Error(`contest: --count has ${count}, expected ${Object.keys(counts).join(', ')}`);
}
const program = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
const results = join(folder, count === undefined ? 'gradloom.json' : `gradloom-${count}.json`);
const known: Record<string, Variant> = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
const tables = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const names = asked.length > 0 ? asked : tables.map(({ name }) => name).sort();
for (const name of names) {
  const start = performance.now();
  const splits: Scores[] = [];
  for (let k = 0; k < 10; k++) splits.push(await scoreSplit(join(folder, name), k));
  known[name] = { options: {}, seconds: (performance.now() - start) / 1000, splits };
  writeFileSync(results, JSON.stringify(known, null, 1));
}
const peer = count === undefined ? 'sklearn' : 'gradloom';
const peers: Record<string, Variant | readonly Variant[]> = JSON.parse(
  readFileSync(join(folder, `${peer}.json`), 'utf8'),
);
console.log(['table', 'metric', peer, 'its options', count ?? 'gradloom', 'difference', 'result'].join(' | '));
for (const name of Object.keys(known)) {
  for (const metric of Object.keys(known[name].splits[0])) console.log(rowOf(name, metric).join(' | '));
}

/** Trains on a split, and scores the model that was saved. */
async function scoreSplit(table: string, k: number): Promise<Scores> {
  const run = mkdtempSync(join(tmpdir(), 'gradloom-'));
  try {
    const train = `${table}/${k}-train.csv`;
    const decay = count === undefined ? [] : ['--weight-decay', `${await decayBy(counts[count], train)}`];
    const flags = ['--target', 'y', '--one-hot-limit', `${LIMIT}`, '--out', join(run, 'run'), '--quiet'];
    gradloom('train', '--dataset', train, ...flags, ...decay);
    const test = `${table}/${k}-test.csv`;
    const lines = gradloom('predict', join(run, 'run'), test, '--json').trim().split('\n');
    // The target is the last column, and no class name of these tables has a comma.
    const [, ...rows] = readFileSync(test, 'utf8').trim().split(/\r?\n/);
    const targets = rows.map((row) => row.slice(row.lastIndexOf(',') + 1));
    if (lines.length !== targets.length) throw new Error(`contest: ${test} has ${lines.length} answers`);
    return scoresOf(
      lines.map((line): Answer => JSON.parse(line)),
      targets,
    );
  } finally {
    rmSync(run, { recursive: true });
  }
}

/** The default weight decay for a training file if columns of categories are counted by `count`. */
async function decayBy(count: (inputs: number) => number, path: string): Promise<number> {
  const { table, sets } = await openDataset({ path, options: { target: 'y', oneHotLimit: LIMIT } }, {});
  if (table === undefined) throw new Error(`contest: ${path} is no table`);
  const counted = (column: ColumnEncoding) =>
    column.type === 'categorical' ? count(column.categories.length + (column.missing ? 1 : 0)) : countInputs([column]);
  const inputs = table.preprocessing.columns.reduce((sum, column) => sum + counted(column), 0);
  const { optimizer } = tablePreset(sets.train.rows, inputs);
  return 'weightDecay' in optimizer ? Number(optimizer.weightDecay) : 0;
}

function gradloom(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`contest: gradloom ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Compares with the better of the peer's variants, by its mean. */
function rowOf(name: string, metric: string): string[] {
  const isLowerBetter = metric === 'logLoss';
  const scores = (variant: Variant) => variant.splits.map((split) => split[metric]);
  const mean = (variant: Variant) => statistics(scores(variant)).mean * (isLowerBetter ? -1 : 1);
  const best = [peers[name]].flat().reduce((a, b) => (mean(b) > mean(a) ? b : a));
  const [theirs, ours] = [best, known[name]].map((variant) => statistics(scores(variant)));
  const differences = statistics(scores(known[name]).map((score, k) => score - scores(best)[k]));
  const gain = isLowerBetter ? -differences.mean : differences.mean;
  const result = gain >= 0 ? 'above' : gain >= -theirs.error ? 'within one standard error' : 'below';
  const options = Object.entries(best.options).map(([key, value]) => `${key}=${value}`);
  return [name, metric, shown(theirs), options.join(' '), shown(ours), shown(differences), result];
}

interface Statistics {
  readonly mean: number;
  readonly error: number; // standard error of the mean
}

function statistics(values: readonly number[]): Statistics {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

function shown({ mean, error }: Statistics): string {
  return `${mean.toFixed(4)} ± ${error.toFixed(4)}`;
}

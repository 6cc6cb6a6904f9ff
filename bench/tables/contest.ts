import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, scoresOf } from './scores.ts';

// Trains on each training file of `make_tables.py` by `gradloom train --dataset <file> --target y` alone, scores what
// `gradloom predict` says of the test file, and compares both with scikit-learn's scores from `score_sklearn.py`.
// Usage: node contest.ts <folder> [table ...]; needs `npm run build`.

type Scores = Record<string, number>;
interface Variant {
  readonly options: Record<string, unknown>;
  readonly seconds: number;
  readonly splits: readonly Scores[];
}

const [folder, ...asked] = process.argv.slice(2);
const program = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
const results = join(folder, 'gradloom.json');
const known: Record<string, Variant> = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
const tables = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const names = asked.length > 0 ? asked : tables.map(({ name }) => name).sort();
for (const name of names) {
  const start = performance.now();
  const splits = Array.from({ length: 10 }, (_, k) => scoreSplit(join(folder, name), k));
  known[name] = { options: {}, seconds: (performance.now() - start) / 1000, splits };
  writeFileSync(results, JSON.stringify(known, null, 1));
}
const sklearn: Record<string, readonly Variant[]> = JSON.parse(readFileSync(join(folder, 'sklearn.json'), 'utf8'));
console.log(['table', 'metric', 'scikit-learn', 'its options', 'Gradloom', 'difference', 'result'].join(' | '));
for (const name of Object.keys(known)) {
  for (const metric of Object.keys(known[name].splits[0])) console.log(rowOf(name, metric).join(' | '));
}

/** Trains on a split, and scores the model that was saved. */
function scoreSplit(table: string, k: number): Scores {
  const run = mkdtempSync(join(tmpdir(), 'gradloom-'));
  try {
    gradloom('train', '--dataset', `${table}/${k}-train.csv`, '--target', 'y', '--out', join(run, 'run'), '--quiet');
    const test = `${table}/${k}-test.csv`;
    const lines = gradloom('predict', join(run, 'run'), test, '--json').trim().split('\n');
    // The target is the last column, and no class of these tables has a comma in its name.
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

function gradloom(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`contest: gradloom ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Beside the better of scikit-learn's variants by its mean. */
function rowOf(name: string, metric: string): string[] {
  const isLowerBetter = metric === 'logLoss';
  const scores = (variant: Variant) => variant.splits.map((split) => split[metric]);
  const mean = (variant: Variant) => statistics(scores(variant)).mean * (isLowerBetter ? -1 : 1);
  const best = sklearn[name].reduce((a, b) => (mean(b) > mean(a) ? b : a));
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

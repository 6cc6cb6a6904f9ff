import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Trains on each training file of `make_tables.py` with just `gradloom train --dataset <file> --target y`, scores the
// predictions of `gradloom predict` for the test file, and compares them with scikit-learn's scores from
// `score_sklearn.py`. Usage: node contest.ts <folder> [table ...]; needs `npm run build`.

/** There are more districts than the default limit of 100. */
const LIMIT = 200;

type Scores = Record<string, number>;
interface Variant {
  readonly options: Record<string, unknown>;
  readonly seconds: number;
  readonly splits: readonly Scores[];
}

const [folder, ...requested] = process.argv.slice(2);
const program = join(import.meta.dirname, '../../packages/cli/bin/gradloom.js');
const results = join(folder, 'gradloom.json');
const ours: Record<string, Variant> = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
const tables = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const names = requested.length > 0 ? requested : tables.map(({ name }) => name).sort();
for (const name of names) {
  const start = performance.now();
  const splits: Scores[] = [];
  for (let k = 0; k < 10; k++) splits.push(await scoreSplit(join(folder, name), k));
  ours[name] = { options: {}, seconds: (performance.now() - start) / 1000, splits };
  writeFileSync(results, JSON.stringify(ours, null, 1));
}
const peers: Record<string, readonly Variant[]> = JSON.parse(readFileSync(join(folder, 'sklearn.json'), 'utf8'));
console.log(['table', 'metric', 'sklearn', 'its options', 'gradloom', 'difference', 'result'].join(' | '));
for (const name of Object.keys(ours)) {
  for (const metric of Object.keys(ours[name].splits[0])) console.log(rowOf(name, metric).join(' | '));
}

/** Trains on a split, and scores the model that was saved. */
async function scoreSplit(table: string, k: number): Promise<Scores> {
  const run = mkdtempSync(join(tmpdir(), 'gradloom-'));
  try {
    const train = `${table}/${k}-train.csv`;
    const flags = ['--target', 'y', '--one-hot-limit', `${LIMIT}`, '--out', join(run, 'run'), '--quiet'];
    gradloom('train', '--dataset', train, ...flags);
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
  const best = peers[name].reduce((a, b) => (mean(b) > mean(a) ? b : a));
  const [theirStatistics, ourStatistics] = [best, ours[name]].map((variant) => statistics(scores(variant)));
  const differences = statistics(scores(ours[name]).map((score, k) => score - scores(best)[k]));
  const gain = isLowerBetter ? -differences.mean : differences.mean;
  const result = gain >= 0 ? 'above' : gain >= -theirStatistics.error ? 'within one standard error' : 'below';
  const options = Object.entries(best.options).map(([key, value]) => `${key}=${value}`);
  return [name, metric, shown(theirStatistics), options.join(' '), shown(ourStatistics), shown(differences), result];
}

interface Statistics {
  readonly mean: number;
  readonly error: number; // standard error of the mean
}

function statistics(values: readonly number[]): Statistics {
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

function shown({ mean, error }: Statistics): string {
  return `${mean.toFixed(4)} ± ${error.toFixed(4)}`;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A model's answer for a row: a class with probabilities by name, or a value. */
interface Answer {
  readonly prediction: string | number;
  readonly probabilities?: Readonly<Record<string, number>>;
}

/** Figures of answers, as scikit-learn defines them; `targets` are the texts of the target column. */
function scoresOf(answers: readonly Answer[], targets: readonly string[]): Record<string, number> {
  const [{ probabilities }] = answers;
  if (probabilities === undefined) return { r2: r2(answers, targets) };
  const classes = Object.keys(probabilities).sort();
  const scores = { accuracy: accuracy(answers, targets), logLoss: logLoss(answers, targets) };
  return classes.length > 2 ? scores : { ...scores, rocAuc: rocAuc(answers, targets, classes[1]) };
}

function accuracy(answers: readonly Answer[], targets: readonly string[]): number {
  return meanOf(answers.map(({ prediction }, n) => (String(prediction) === targets[n] ? 1 : 0)));
}

function logLoss(answers: readonly Answer[], targets: readonly string[]): number {
  return meanOf(
    answers.map(({ probabilities = {} }, n) => -Math.log(Math.max(probabilities[targets[n]], Number.EPSILON))),
  );
}

function r2(answers: readonly Answer[], targets: readonly string[]): number {
  const values = targets.map(Number);
  const center = meanOf(values);
  const errors = answers.map(({ prediction }, n) => (Number(prediction) - values[n]) ** 2);
  return 1 - meanOf(errors) / meanOf(values.map((value) => (value - center) ** 2));
}

/** The share of pairs of a positive and another row that the probabilities order correctly; a tie counts half. */
function rocAuc(answers: readonly Answer[], targets: readonly string[], positive: string): number {
  const rows = answers.map(({ probabilities = {} }, n) => ({
    p: probabilities[positive],
    isPositive: targets[n] === positive,
  }));
  rows.sort((a, b) => a.p - b.p);
  let [rankSum, positives] = [0, 0];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    while (to < rows.length && rows[to].p === rows[from].p) to++;
    const count = rows.slice(from, to).filter(({ isPositive }) => isPositive).length;
    rankSum += (count * (from + to + 1)) / 2;
    positives += count;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (rows.length - positives));
}

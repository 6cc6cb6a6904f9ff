/**
 * A convnet of PyTorch that knows MNIST's digits 0 to 4 learns 5 to 9 from 500 rows, by PyTorch and by Gradloom.
 *
 * `node --import ./test/support/source.mjs --conditions @gradloom/source bench/models/transfer.ts [repetitions]`: needs
 * Debian's `python3-torch`. PyTorch trains the convnet and exports it; Gradloom imports the file. Each repetition draws
 * other rows, other orders of them and other new weights.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adaptModel, createRandom, shuffle } from '@gradloom/core';
import { type Dataset, importModel, loadMnist, subset, train } from '@gradloom/runtime';
import { PYTHON } from '../../test/support/python.ts';

const FEW = 500;
const settings = { lr: 0.001, lowEpochs: 2, lowBatch: 128, epochs: 20, batch: 32 };

const repetitions = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'gradloom-transfer-'));
const mnist = await loadMnist(new URL('../../packages/cli/package.json', import.meta.url));

/** The rows of digits from `first` to `first` + 4, which become classes 0 to 4. */
function digits(all: Dataset, first: number): Dataset {
  const isOne = (row: number) => all.targets.array[row] >= first && all.targets.array[row] < first + 5;
  const part = subset(all, Uint32Array.from({ length: all.rows }, (_, row) => row).filter(isOne));
  const array = new Uint8Array(new SharedArrayBuffer(part.rows));
  for (let n = 0; n < part.rows; n++) array[n] = Number(part.targets.array[n]) - first;
  return { ...part, classes: 5, targets: { array, columns: 1, divisor: 1 } };
}

function write(name: string, { inputs, targets }: Dataset): void {
  writeFileSync(join(folder, `${name}.inputs`), inputs.array as Uint8Array);
  writeFileSync(join(folder, `${name}.targets`), targets.array as Uint8Array);
}

try {
  if (mnist.test === undefined) throw new Error('MNIST has no test rows');
  const high = digits(mnist.train, 5);
  const test = digits(mnist.test, 5);
  const few = Array.from({ length: repetitions }, (_, repetition) => {
    const rows = Uint32Array.from({ length: high.rows }, (_, row) => row);
    shuffle(rows, createRandom(repetition, 'few'));
    return subset(high, rows.slice(0, FEW));
  });
  write('low', digits(mnist.train, 0));
  write('test', test);
  for (const [repetition, rows] of few.entries()) write(`few-${repetition}`, rows);
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  const program = fileURLToPath(new URL('transfer.py', import.meta.url));
  const printed = execFileSync(PYTHON, ['-B', program, folder, String(repetitions)], { encoding: 'utf8' });
  const pytorch = JSON.parse(printed) as { tuned: number[]; scratch: number[] };
  report('PyTorch', pytorch.tuned, pytorch.scratch);

  const known = await importModel(join(folder, 'low.onnx'));
  const tuned: number[] = [];
  const scratch: number[] = [];
  for (const [seed, rows] of few.entries()) {
    const start = adaptModel(known, { outputs: 5, seed });
    const options = { epochs: settings.epochs, batchSize: settings.batch, seed, precision: 'float32' } as const;
    const optimizer = { kind: 'adam', lr: settings.lr } as const;
    for (const [found, from] of [
      [tuned, { from: start }],
      [scratch, {}],
    ] as const) {
      const result = await train(start.spec, { train: rows, test }, { ...options, optimizer, ...from });
      found.push(result.test?.accuracy ?? Number.NaN);
    }
  }
  report('Gradloom', tuned, scratch);
} finally {
  rmSync(folder, { recursive: true });
}

function report(name: string, tuned: readonly number[], scratch: readonly number[]): void {
  const percent = (shares: readonly number[]) => {
    const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
    return `${(100 * mean).toFixed(2)} % (${shares.map((share) => (100 * share).toFixed(1)).join(' ')})`;
  };
  process.stdout.write(`${name}: new last layer ${percent(tuned)}, from scratch ${percent(scratch)}\n`);
}

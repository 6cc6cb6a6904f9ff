/**
 * Writes the inputs with which train.py repeats two measurements of docs/experiments.md in PyTorch: the rows, and the
 * starting weights of our runs. From the root of the repository:
 *
 *     node --import ./test/support/source.mjs --conditions @gradloom/source bench/deep-starts/write.ts <folder>
 *     python3 bench/deep-starts/train.py <folder>/he          # experiment vanishing --preset he --seeds 1..16
 *     python3 bench/deep-starts/train.py <folder>/epsilon     # experiment vanishing --optimizer adam:epsilon=1e-20
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InitializerSpec } from '@gradloom/core';
import { type Dataset, loadMnist, splitDataset, subset } from '@gradloom/runtime';
import { deepNetwork, startOf } from '../../packages/cli/src/lab/experiments/vanishing/deep-run.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('write: the folder is missing, expected one to write to');
const { train, test } = await loadMnist(new URL('../../packages/cli/src/main.ts', import.meta.url));
if (test === undefined) throw new Error('write: MNIST has no test rows, expected 10,000');

const first = subset(
  train,
  Uint32Array.from({ length: 12_000 }, (_, n) => n),
);
const ofHe = splitDataset(first, { validation: 1 / 6 });
write('he', { train: ofHe.train, held: ofHe.validation ?? test }, ['glorot-normal', 'he-normal'], {
  depth: 30,
  activation: 'relu',
  batch: 128,
  steps: 700,
  seeds: 16,
  optimizers: [{ kind: 'SGD', lr: 0.01, momentum: 0.9 }],
});
const { train: trained } = splitDataset(train, { validation: 2000 / train.rows });
write('epsilon', { train: trained, held: test }, ['he-normal'], {
  depth: 20,
  activation: 'sigmoid',
  batch: 64,
  steps: 300,
  seeds: 6,
  optimizers: [1e-8, 1e-20].map((eps) => ({ kind: 'Adam', lr: 0.003, eps })),
});

interface Setup {
  readonly depth: number;
  readonly activation: 'relu' | 'sigmoid';
  readonly batch: number;
  readonly steps: number;
  readonly seeds: number; // counted from 1
  readonly optimizers: readonly Record<string, string | number>[];
}

function write(name: string, sets: Record<'train' | 'held', Dataset>, inits: InitializerSpec[], setup: Setup): void {
  const to = join(folder, name);
  mkdirSync(to, { recursive: true });
  for (const [set, { inputs, targets, rows }] of Object.entries(sets)) {
    writeFileSync(join(to, `${set}-x.bin`), Uint8Array.from(inputs.array.subarray(0, rows * inputs.columns)));
    writeFileSync(join(to, `${set}-y.bin`), Uint8Array.from(targets.array.subarray(0, rows)));
  }
  const hidden = new Array<number>(setup.depth).fill(64);
  for (const init of inits) {
    const spec = deepNetwork({ input: 784, hidden, output: 10, init }, { kind: setup.activation });
    for (let seed = 1; seed <= setup.seeds; seed++) {
      writeFileSync(join(to, `${String(init)}-${seed}.bin`), startOf(spec, seed));
    }
  }
  writeFileSync(join(to, 'setup.json'), JSON.stringify({ ...setup, inits, widths: [784, ...hidden, 10] }));
}

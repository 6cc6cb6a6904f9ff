import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { gradloom } from './command-line.ts';
import { onlyInAll } from './count.ts';
import { encodeIdx } from './encode-idx.ts';

/** A prediction measures barriers between two cores. */
const predicting = availableParallelism() > 1 ? ['--model-cores', '4'] : [];

const runs: Readonly<Record<string, readonly string[]>> = {
  moons: ['train', '--dataset', 'moons:rows=40', '--epochs', '3', '--probe', '2'],
  sine: ['train', '--dataset', 'sine:rows=30', '--epochs', '2', '--profile'],
  scale: ['scale', '--dataset', 'xor', '--steps', '5', '--rounds', '1', '--max-threads', '2'],
  xor: ['experiment', 'xor'],
  starts: ['experiment', 'xor', '--seeds', '7..8'],
  perceptron: ['experiment', 'perceptron'],
  cost: ['experiment', 'cost', '--depth', '1,2', '--width', '3', '--batch', '2', '--rounds', '1'],
};

/** Additional runs of `npm run test:all`. */
const more: typeof runs = {
  words: ['experiment', 'next-token', '--steps', '40', '--hidden', '8'],
  remedies: ['experiment', 'remedies', '--dataset', 'blobs', '--depth', '3', '--width', '4', '--steps', '8'],
  vanishing: ['experiment', 'vanishing', '--dataset', 'moons', '--depth', '4', '--width', '6', '--steps', '3'],
  scale: [...runs.scale, ...predicting],
};

/** Additional runs if there is time. */
const slow: typeof runs = {
  optimizers: ['experiment', 'optimizers'],
  descent: ['experiment', 'descent'],
  nielsen: ['experiment', 'vanishing', '--preset', 'nielsen', '--seeds', '1..2'],
  glorot: ['experiment', 'vanishing', '--preset', 'glorot', '--seeds', '1..2'],
  he: ['experiment', 'vanishing', '--preset', 'he', '--seeds', '1..2'],
};

/** Makes a small run of each kind that a report shows, each in its own folder. */
export async function makeSmallRuns(folder: string, all = false): Promise<void> {
  const images = join(folder, 'images');
  mkdirSync(images, { recursive: true });
  for (const [split, rows] of [
    ['train', 40],
    ['t10k', 30],
  ] as const) {
    // Noise that cannot be learned, so some rows are misclassified.
    const pixels = Array.from({ length: rows * 16 }, (_, i) => (i * 7919) % 251);
    writeFileSync(join(images, `${split}-images-idx3-ubyte`), encodeIdx('unsigned byte', [rows, 4, 4], pixels));
    const labels = Array.from({ length: rows }, (_, n) => (n * 31) % 3);
    writeFileSync(join(images, `${split}-labels-idx1-ubyte`), encodeIdx('unsigned byte', [rows], labels));
  }
  const digits = ['train', '--dataset', images, '--validation', '0.2', '--batch', '8', '--epochs', '3', '--probe', '4'];
  for (const [name, args] of Object.entries({ digits, ...runs, ...onlyInAll(more)[0], ...(all ? slow : {}) })) {
    const threads = name === 'scale' ? [] : ['--threads', '1'];
    const out = join(folder, 'runs', name);
    // An experiment of few steps misses the chapter's numbers, and exits with 1.
    const { stderr } = await gradloom([...args, ...threads, '--backend', 'wasm', '--out', out]);
    if (!existsSync(join(out, 'report.html'))) throw new Error(`${args.join(' ')}: ${stderr}`);
  }
}

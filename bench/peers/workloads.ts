import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNetwork, createRandom, initializeParameters, type NetworkSpec } from '@gradloom/core';
import { loadMnist } from '@gradloom/runtime';

/**
 * The training of every peer: widths with the same activation between them, the same rows in the same order, the same
 * start.
 */
export interface Workload {
  readonly name: string;
  readonly widths: readonly number[];
  readonly activation: 'relu' | 'sigmoid'; // after every layer, but relu not after the last
  readonly loss: 'softmax-cross-entropy' | 'mse';
  readonly optimizer: { readonly kind: 'adam' | 'sgd'; readonly lr: number };
  readonly batch: number;
  readonly rows: number; // a multiple of the batch: no step is short
  readonly checkSteps: number; // whole epochs, after which all must have the same loss
  readonly warmSteps: number;
  readonly isSmall: boolean; // short enough for its cold start to matter
  readonly x: string; // file [rows, widths[0]] of bytes
  readonly divisor: number; // divisor of x
  readonly t: string; // file [rows] of bytes: classes, or values 0 and 1
  readonly theta: string; // file [P] of float64: layer by layer, W [in, out] then b
}

const ROWS = 2048; // 12.8 MB in float64, as the peers hold them, so it fits the cache of all

/** End of a workload's name if its rows are noise without zeros instead of digits. */
export const NOISE = ', noise';

/** The files are deleted when this process ends. `digits`: 'mnist', or 'noise' if the package is not installed. */
export async function createWorkloads(): Promise<{ workloads: Workload[]; digits: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-peers-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const write = (array: Uint8Array | Float64Array): string => {
    const path = join(folder, `${files++}.bin`);
    writeFileSync(path, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return path;
  };
  const { x, t, source } = await readDigits();
  const digits = { x: write(x), divisor: 255, t: write(t) };
  const noise = { x: write(drawNoise()), divisor: 255, t: digits.t };
  const xor = { x: write(Uint8Array.of(0, 0, 0, 1, 1, 0, 1, 1)), divisor: 1, t: write(Uint8Array.of(0, 1, 1, 0)) };
  const relu = (name: string, widths: number[], batch: number, isNoise = false): Workload => {
    const title = `${name}, batch ${batch}${isNoise ? NOISE : ''}`;
    const shape = { name: title, widths, batch, rows: ROWS, ...(isNoise ? noise : digits) };
    const training = {
      activation: 'relu',
      loss: 'softmax-cross-entropy',
      optimizer: { kind: 'adam', lr: 1e-3 },
    } as const;
    const start = new Float64Array(buildNetwork(specOf({ widths, activation: 'relu' })).parameterCount);
    initializeParameters(buildNetwork(specOf({ widths, activation: 'relu' })), start, 1);
    return { ...shape, ...training, checkSteps: ROWS / batch, warmSteps: 300, isSmall: false, theta: write(start) };
  };
  const deep = [784, ...Array.from({ length: 20 }, () => 64), 10];
  const gate = { widths: [2, 2, 1], activation: 'sigmoid' } as const;
  const start = new Float64Array(9);
  initializeParameters(buildNetwork(specOf(gate)), start, 1);
  return {
    workloads: [
      relu('784-128-10', [784, 128, 10], 32),
      relu('784-128-10', [784, 128, 10], 128),
      relu('784-512-256-10', [784, 512, 256, 10], 256),
      relu('784-512-256-10', [784, 512, 256, 10], 1024),
      relu('784-(64 x 20)-10', deep, 128),
      relu('784-128-10', [784, 128, 10], 128, true),
      relu('784-512-256-10', [784, 512, 256, 10], 256, true),
      relu('784-512-256-10', [784, 512, 256, 10], 1024, true),
      {
        name: 'XOR 2-2-1, full batch',
        ...gate,
        ...xor,
        loss: 'mse',
        optimizer: { kind: 'sgd', lr: 2 },
        batch: 4,
        rows: 4,
        checkSteps: 100,
        warmSteps: 10_000,
        isSmall: true,
        theta: write(start),
      },
    ],
    digits: source,
  };
}

export function specOf({ widths, activation }: Pick<Workload, 'widths' | 'activation'>): NetworkSpec {
  const layers: NetworkSpec['layers'] = [];
  for (let l = 1; l < widths.length; l++) {
    layers.push({ kind: 'dense', out: widths[l], init: activation === 'relu' ? 'he-normal' : 'glorot-uniform' });
    if (l < widths.length - 1 || activation === 'sigmoid') layers.push({ kind: 'activation', fn: activation });
  }
  return { input: widths[0], layers };
}

/**
 * Floating-point operations of the products of a step: forward, by the weights, and by the inputs except in the first
 * layer.
 */
export const flopsOf = ({ widths, batch }: Pick<Workload, 'widths' | 'batch'>): number =>
  widths.slice(1).reduce((sum, O, l) => sum + 2 * batch * widths[l] * O * (l === 0 ? 2 : 3), 0);

async function readDigits(): Promise<{ x: Uint8Array; t: Uint8Array; source: string }> {
  try {
    const { train } = await loadMnist(new URL('../../packages/cli/package.json', import.meta.url));
    const { inputs, targets } = train;
    if (inputs.array instanceof Uint8Array && targets.array instanceof Uint8Array) {
      return { x: inputs.array.slice(0, ROWS * 784), t: targets.array.slice(0, ROWS), source: 'mnist' };
    }
  } catch {
    // Not installed: numbers of the same size serve as well, and the table says so.
  }
  const random = createRandom(2, 'bench');
  return { x: drawNoise(), t: Uint8Array.from({ length: ROWS }, () => random.integer(10)), source: 'noise' };
}

/** Bytes from 1 to 255. */
function drawNoise(): Uint8Array {
  const random = createRandom(1, 'bench');
  return Uint8Array.from({ length: ROWS * 784 }, () => 1 + random.integer(255));
}

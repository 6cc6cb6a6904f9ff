import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildNetwork,
  conv2d,
  convnet,
  createRandom,
  dense,
  embedding,
  globalAvgPool,
  gptNetwork,
  gruNetwork,
  initializeParameters,
  type LayerSpec,
  lenet5,
  lstm,
  mobilenet,
  type NetworkBuilder,
  type NetworkSpec,
  relu,
  resnet20,
  unet,
} from '@gradloom/core';
import { loadMnist, sequential } from '@gradloom/runtime';

/** The training of every peer: the same network, the same rows in the same order, the same start. */
export interface Workload {
  readonly name: string;
  readonly network: NetworkSpec; // in long form
  readonly widths: readonly number[]; // of a network of dense layers with the same activation; none of other networks
  readonly activation: 'relu' | 'sigmoid'; // after every layer, but relu not after the last
  readonly loss: 'softmax-cross-entropy' | 'mse';
  readonly optimizer: { readonly kind: 'adam' | 'sgd'; readonly lr: number };
  readonly batch: number;
  readonly rows: number; // a multiple of the batch: no step is short
  readonly checkSteps: number; // whole epochs, after which all must have the same loss
  readonly warmSteps: number;
  readonly isSmall: boolean; // short enough for its cold start to matter
  readonly x: string; // file of at least [rows, inputs] bytes
  readonly divisor: number; // divisor of x
  readonly t: string; // file of at least [rows, targets] bytes: classes, or values 0 and 1
  readonly targets: number; // of a row: 1, or one for each position of a text
  readonly theta: string; // file [P] of float64: layer by layer, of a dense layer W [in, out] then b
}

const ROWS = 2048; // 12.8 MB in float64, as the peers hold them, so it fits the cache of all
const IMAGE_STEPS = 4; // steps of an epoch of images
const TEXT_STEPS = 4; // steps of an epoch of texts
const TOKENS = 65; // characters of tiny Shakespeare

/** Kinds of workloads, which are averaged apart. A name ends with its kind, but for digits and XOR. */
export type WorkloadKind =
  | 'digits'
  | 'noise' // the same networks on rows without zeros
  | 'images' // networks with convolutions
  | 'text' // language models
  | 'XOR';

export const kindOf = (name: string): WorkloadKind =>
  name.startsWith('XOR')
    ? 'XOR'
    : ((['noise', 'images', 'text'] as const).find((kind) => name.endsWith(`, ${kind}`)) ?? 'digits');

/** Whether all layers are dense. */
export const isDense = ({ widths }: Pick<Workload, 'widths'>): boolean => widths.length > 0;

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
  const colours = { x: write(drawNoise(4 * 64, 32 * 32 * 3)), divisor: 255, t: digits.t };
  const photos = { x: write(drawNoise(IMAGE_STEPS * 32, 96 * 96 * 3)), divisor: 255, t: digits.t };
  const xor = { x: write(Uint8Array.of(0, 0, 0, 1, 1, 0, 1, 1)), divisor: 1, t: write(Uint8Array.of(0, 1, 1, 0)) };
  const withStart = (spec: NetworkSpec): Pick<Workload, 'network' | 'theta'> => {
    const network = buildNetwork(spec);
    const start = new Float64Array(network.parameterCount);
    initializeParameters(network, start, 1);
    return { network: network.spec, theta: write(start) };
  };
  const classify = (spec: NetworkSpec, batch: number, rows: number) => ({
    activation: 'relu' as const,
    loss: 'softmax-cross-entropy' as const,
    optimizer: { kind: 'adam', lr: 1e-3 } as const,
    batch,
    rows,
    checkSteps: rows / batch,
    warmSteps: 300,
    isSmall: false,
    targets: 1,
    ...withStart(spec),
  });
  const perceptron = (name: string, widths: number[], batch: number, isNoise = false): Workload => ({
    name: `${name}, batch ${batch}${isNoise ? ', noise' : ''}`,
    widths,
    ...(isNoise ? noise : digits),
    ...classify(specOf({ widths, activation: 'relu' }), batch, ROWS),
  });
  const images = (name: string, spec: NetworkSpec, batch: number, rows: typeof digits): Workload => ({
    name: `${name}, batch ${batch}, images`,
    widths: [],
    ...rows,
    ...classify(spec, batch, IMAGE_STEPS * batch),
  });
  /** Which pixels of an image are bright. */
  const masks = (name: string, spec: NetworkSpec, batch: number, size: number): Workload => {
    const rows = drawNoise(IMAGE_STEPS * batch, size * size * 3);
    const bright = Uint8Array.from({ length: rows.length / 3 }, (_, k) => (rows[3 * k] > 127 ? 1 : 0));
    const files = { x: write(rows), divisor: 255, t: write(bright) };
    return { ...images(name, spec, batch, files), targets: size * size };
  };
  const texts = (name: string, network: NetworkBuilder, context: number, batch: number): Workload => {
    const rows = TEXT_STEPS * batch;
    const tokens = drawTokens(rows, context + 1);
    const windows = (shift: number) =>
      Uint8Array.from({ length: rows * context }, (_, k) => {
        const [row, position] = [Math.floor(k / context), k % context];
        return tokens[row * (context + 1) + position + shift];
      });
    return {
      name: `${name}, context ${context}, batch ${batch}, text`,
      widths: [],
      x: write(windows(0)),
      divisor: 1,
      t: write(windows(1)),
      ...classify(network([context], TOKENS), batch, rows),
      targets: context,
    };
  };
  const deep = [784, ...Array.from({ length: 20 }, () => 64), 10];
  const gate = { widths: [2, 2, 1], activation: 'sigmoid' } as const;
  return {
    workloads: [
      perceptron('784-128-10', [784, 128, 10], 32),
      perceptron('784-128-10', [784, 128, 10], 128),
      perceptron('784-512-256-10', [784, 512, 256, 10], 256),
      perceptron('784-512-256-10', [784, 512, 256, 10], 1024),
      perceptron('784-(64 x 20)-10', deep, 128),
      perceptron('784-128-10', [784, 128, 10], 128, true),
      perceptron('784-512-256-10', [784, 512, 256, 10], 256, true),
      perceptron('784-512-256-10', [784, 512, 256, 10], 1024, true),
      images('LeNet-5', lenet5([28, 28, 1], 10), 128, digits),
      images('Keras convnet', convnet([28, 28, 1], 10), 128, digits),
      images('ResNet-20', resnet20([32, 32, 3], 10), 64, colours),
      images('depthwise', depthwise, 64, colours),
      images('MobileNetV2 0.35', mobilenet([96, 96, 3], 10, { width: 0.35 }), 32, photos),
      masks('U-Net', unet([128, 128, 3], 2, { channels: 32 }), 8, 128),
      texts('nanoGPT 4/4/128', gptNetwork(4, 4, 128), 64, 12),
      texts('makemore 4/4/64', gptNetwork(4, 4, 64), 16, 32),
      texts('GPT 6/6/384', gptNetwork(6, 6, 384), 128, 16),
      texts('gru:1x256', gruNetwork(1, 256), 64, 32),
      texts('lstm:1x256', lstmNetwork, 64, 32),
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
        targets: 1,
        ...withStart(specOf(gate)),
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

const init = 'he-normal';

/** Convolutions of 3 x 3 within each channel, and of 1 x 1 between channels. */
export const depthwise = sequential(
  [32, 32, 3],
  ...[conv2d(32, 3, { padding: 1, init }), relu()],
  ...[...separable(32, 64), ...separable(64, 128, 2), ...separable(128, 128), ...separable(128, 256, 2)],
  ...[globalAvgPool(), dense(10)],
);

function separable(C: number, out: number, stride = 1): LayerSpec[] {
  return [conv2d(C, 3, { padding: 1, stride, groups: C, init }), relu(), conv2d(out, 1, { init }), relu()];
}

/** As `gruNetwork(1, 256)`, with an lstm. */
const lstmNetwork: NetworkBuilder = (input, outputs) =>
  sequential([...input], embedding(outputs, 256), lstm(256), dense(outputs));

/** Rows of tokens, each of which depends on the one before: there is something to learn. */
function drawTokens(rows: number, length: number): Uint8Array {
  const random = createRandom(3, 'bench');
  const tokens = new Uint8Array(rows * length);
  for (let k = 0; k < tokens.length; k++) {
    tokens[k] = k % length === 0 ? random.integer(TOKENS) : (3 * tokens[k - 1] + random.integer(8)) % TOKENS;
  }
  return tokens;
}

/** The same without dropout, which is random in each program in its own way. */
export const withoutDropout = (workload: Workload): Workload => {
  const { network } = workload;
  return { ...workload, network: { ...network, layers: network.layers.filter(({ kind }) => kind !== 'dropout') } };
};

/**
 * Floating-point operations of the products of a step: forward, by the weights, and by the inputs except in the first
 * layer.
 */
export const flopsOf = ({ network, batch }: Pick<Workload, 'network' | 'batch'>): number =>
  buildNetwork(network).products.reduce((sum, [I, O, geometry], l) => {
    if (geometry === 'attention') return sum; // a few percent of the others
    const positions = geometry === undefined ? 1 : geometry.height.outputs * geometry.width.outputs;
    return sum + 2 * batch * positions * I * O * (l === 0 ? 2 : 3);
  }, 0);

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
function drawNoise(rows = ROWS, columns = 784): Uint8Array {
  const random = createRandom(1, 'bench');
  return Uint8Array.from({ length: rows * columns }, () => 1 + random.integer(255));
}

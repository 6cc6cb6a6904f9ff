import { createRandom, type NetworkSpec } from '@gradloom/core';
import {
  type BackendChoice,
  createPool,
  type Dataset,
  datasetFromRows,
  type Pool,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { Bench } from 'tinybench';
import { backendsHere } from './backends-here.ts';
import { median } from './median.ts';
import { matching, readOptions } from './options.ts';
import { endSuite } from './suites.ts';

// How long does a whole step take, over all phases and threads? Run alone on the machine.
// Usage: pnpm bench step [--rounds 5] [--threads 2] [--backends wasm,native] [--only 784-128-10]

interface Workload {
  name: string;
  spec: NetworkSpec;
  dataset: Dataset;
  options: TrainOptions;
  steps: number; // of one measured run
}

const options = readOptions();
const { threads, only, backends: names = 'wasm,native,blas' } = options;
const WARM_STEPS = 300; // the threads' code is compiled by then; a new run on the same pool finds it compiled

const images = noise(2048, 784, 10);
const workloads = matching('only', only, [
  relu([784, 128, 10], 32, 4000),
  relu([784, 128, 10], 128, 1500),
  relu([784, 512, 256, 10], 256, 150),
  relu([784, 512, 256, 10], 1024, 40),
  relu([784, ...Array.from({ length: 20 }, () => 64), 10], 128, 800),
  xor(),
]);

const pool = await createPool({ threads });
const rows: Record<string, string | number>[] = [];
for (const workload of workloads) {
  const backends = backendsHere(workload.name.startsWith('XOR') ? 'wasm' : names).map(({ name }) => name);
  const samples = new Map<string, number[]>();
  for (const backend of backends) {
    samples.set(backend, []);
    await spanMs(pool, workload, backend, WARM_STEPS);
  }
  for (let round = 0; round < options.rounds; round++) {
    // Backends in turns: a machine that slows down slows all of them.
    const bench = new Bench({ iterations: 1, time: 0, warmup: false });
    for (const backend of backends) {
      bench.add(backend, async () => {
        return { overriddenDuration: await spanMs(pool, workload, backend, workload.steps) };
      });
    }
    for (const { name, result } of await bench.run()) {
      if (result.state !== 'completed')
        throw new Error(`bench: ${name} ended as ${result.state}, expected 'completed'`);
      samples.get(name)?.push(result.latency.mean / workload.steps);
    }
  }
  for (const [backend, taken] of samples) {
    const stepMs = median(taken);
    rows.push({
      workload: workload.name,
      backend,
      threads: Number(workload.options.threads),
      'ms per step': digits(stepMs, 3),
      fastest: digits(Math.min(...taken), 3),
      'GFLOP/s': digits(flops(workload) / stepMs / 1e6, 3),
    });
  }
}
await pool.destroy();
endSuite('step', rows, options);

function digits(value: number, count: number): number {
  return Number(value.toPrecision(count));
}

/** Time inside spans, in ms. */
async function spanMs(
  on: Pool,
  { spec, dataset, options }: Workload,
  backend: BackendChoice,
  steps: number,
): Promise<number> {
  const result = await train(spec, { train: dataset }, { ...options, backend, steps, pool: on }).result;
  return result.elapsedMs;
}

function relu(widths: number[], batch: number, steps: number): Workload {
  const layers: NetworkSpec['layers'] = [];
  for (let l = 1; l < widths.length; l++) {
    layers.push({ kind: 'dense', out: widths[l], init: 'he-normal' });
    if (l < widths.length - 1) layers.push({ kind: 'activation', fn: 'relu' });
  }
  const shape = widths.length > 6 ? `784-(64 x 20)-10` : widths.join('-');
  return {
    name: `${shape}, batch ${batch}`,
    spec: { input: 784, layers },
    dataset: images,
    options: { batch, threads },
    steps,
  };
}

function xor(): Workload {
  const inputs = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  return {
    name: 'XOR 2-2-1, full batch',
    spec: {
      input: 2,
      layers: [
        { kind: 'dense', out: 2 },
        { kind: 'activation', fn: 'sigmoid' },
        { kind: 'dense', out: 1 },
        { kind: 'activation', fn: 'sigmoid' },
      ],
    },
    dataset: datasetFromRows({ inputs, targets: [0, 1, 1, 0], name: 'xor' }),
    options: { batch: 4, optimizer: { kind: 'sgd', lr: 2 }, loss: 'mse', threads: 1 },
    steps: 10_000,
  };
}

/** Bytes like those of images, so that gathering costs what it costs there. */
function noise(count: number, columns: number, classes: number): Dataset {
  const random = createRandom(1, 'bench');
  const bytes = new Uint8Array(new SharedArrayBuffer(count * columns));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32();
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  for (let n = 0; n < count; n++) labels[n] = random.integer(classes);
  const inputs = { array: bytes, columns, divisor: 255 };
  return { name: 'noise', rows: count, inputs, targets: { array: labels, columns: 1, divisor: 1 }, classes };
}

/** Of the products: forward, by the weights, and by the inputs in all layers but the first. */
function flops({ spec, options }: Workload): number {
  let width = spec.input;
  let total = 0;
  for (const [index, layer] of spec.layers.entries()) {
    if (layer.kind !== 'dense') continue;
    total += 2 * Number(options.batch) * width * layer.out * (index === 0 ? 2 : 3);
    width = layer.out;
  }
  return total;
}

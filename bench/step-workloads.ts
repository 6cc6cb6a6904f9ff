import { createRandom, type NetworkSpec } from '@gradloom/core';
import { type Dataset, datasetFromRows, dense, sequential, sigmoid, type TrainOptions } from '@gradloom/runtime';

/** The workloads of the suites that measure whole steps. */
export interface StepWorkload {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly dataset: Dataset;
  readonly options: TrainOptions;
  readonly steps: number; // steps of one measured run
}

/** XOR has a single leaf, so it has one thread; the others have `threads`. */
export function stepWorkloads(threads: number): StepWorkload[] {
  const relu = (widths: number[], batch: number, steps: number) => reluNetwork(widths, batch, steps, threads, images);
  const images = noise(2048, 784, 10);
  return [
    relu([784, 128, 10], 32, 4000),
    relu([784, 128, 10], 128, 1500),
    relu([784, 512, 256, 10], 256, 150),
    relu([784, 512, 256, 10], 1024, 40),
    relu([784, ...Array.from({ length: 20 }, () => 64), 10], 128, 800),
    xor(),
  ];
}

function reluNetwork(widths: number[], batch: number, steps: number, threads: number, dataset: Dataset): StepWorkload {
  const layers: NetworkSpec['layers'] = [];
  for (let l = 1; l < widths.length; l++) {
    layers.push({ kind: 'dense', out: widths[l], init: 'he-normal' });
    if (l < widths.length - 1) layers.push({ kind: 'activation', fn: 'relu' });
  }
  const shape = widths.length > 6 ? `784-(64 x 20)-10` : widths.join('-');
  return {
    name: `${shape}, batch ${batch}`,
    spec: { input: 784, layers },
    dataset,
    options: { batch, threads },
    steps,
  };
}

function xor(): StepWorkload {
  const inputs = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  return {
    name: 'XOR 2-2-1, full batch',
    spec: sequential(2, dense(2), sigmoid(), dense(1), sigmoid()),
    dataset: datasetFromRows({ inputs, targets: [0, 1, 1, 0], name: 'xor' }),
    options: { batch: 4, optimizer: { kind: 'sgd', lr: 2 }, loss: 'mse', threads: 1 },
    steps: 10_000,
  };
}

/** Bytes like those of images, so that gathering takes as long. */
function noise(count: number, columns: number, classes: number): Dataset {
  const random = createRandom(1, 'bench');
  const bytes = new Uint8Array(new SharedArrayBuffer(count * columns));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32();
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  for (let n = 0; n < count; n++) labels[n] = random.integer(classes);
  const inputs = { array: bytes, columns, divisor: 255 };
  return { name: 'noise', rows: count, inputs, targets: { array: labels, columns: 1, divisor: 1 }, classes };
}

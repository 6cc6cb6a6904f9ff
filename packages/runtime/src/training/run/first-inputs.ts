import { type Elements, type Network, type Pausable, referenceKernels, type Shape } from '@gradloom/core';
import {
  allocateEach,
  createAugmentationMemory,
  createList,
  emitAugmentation,
  NO_BATCH,
  runCalls,
} from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { anyRows } from '../../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../../data/gather.ts';
import { readTrainOptions, type TrainOptions } from './options.ts';
import { createOrders } from './orders.ts';
import { rowsPerStep } from './plan.ts';
import { augmentationOf, shapeOfRows } from './refuse-conflicts.ts';

/** Images as the network reads them. */
export interface FirstInputs {
  readonly shape: Shape; // [H, W, C]
  readonly images: Elements; // [count, H, W, C]
}

/** The first images of a run's first step, up to `maxImages`, augmented as in the run. Null if rows are not images. */
export function* firstInputs(
  network: Network,
  train: Dataset,
  runOptions: TrainOptions,
  maxImages: number,
): Pausable<FirstInputs | null> {
  const shape = shapeOfRows(network, train);
  if (shape.length !== 3) return null;
  const options = readTrainOptions(runOptions);
  const { seed, shuffle, precision } = options;
  const batch = rowsPerStep(options, train);
  const count = Math.min(maxImages, batch);
  const orders = shuffle && batch < train.rows ? createOrders(seed, train, 1) : null;
  if (orders !== null) yield* orders.prepare(0, 1);
  const allocate = allocateEach(precision);
  const images = allocate(count * network.inputs);
  gatherRows(images, train.inputs, orders?.array ?? FILE_ORDER, 0, count, anyRows);
  const augmentation = augmentationOf(options, network, train);
  if (augmentation !== null) {
    const { calls, emit } = createList();
    const stepAndRow = Float64Array.of(0, 0);
    const lengths: Float64Array[] = []; // images have none
    const pass = {
      emit,
      training: true,
      seed,
      leafRows: count,
      accumulate: false,
      batch: NO_BATCH,
      stepAndRow,
      lengths,
    };
    emitAugmentation(images, createAugmentationMemory(augmentation, network.input, count, allocate), count, pass);
    runCalls(calls, referenceKernels);
  }
  return { shape, images };
}

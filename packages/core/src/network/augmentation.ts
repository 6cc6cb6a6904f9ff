import { type Elements, FLOAT64 } from '../math/element-type.ts';
import { streamKey } from '../math/random/index.ts';
import type { Allocate } from '../math/scratch.ts';
import { ops } from '../program/ops/index.ts';
import { AUGMENTATION } from '../program/reference/augment.ts';
import type { Pass } from './layers/index.ts';
import { type Shape, shapeText, sizeOf } from './shape.ts';

/** How images are changed at random before the first layer, anew in each step. */
export interface Augmentation {
  /** Whether to mirror images from left to right, each with probability 1/2. @default false */
  readonly flip?: boolean;
  /** Moves an image up to so many whole pixels in each direction. @default 0 */
  readonly shift?: number;
  /** Turns an image about its middle by up to so many degrees. @default 0 */
  readonly rotate?: number;
  /** Scales an image about its middle by a factor from 1 - zoom to 1 + zoom, in [0, 1). @default 0 */
  readonly zoom?: number;
  /** Probability that a rectangle of an image becomes 0. @default 0 */
  readonly erase?: number;
  /** Shape of an image, [height, width, channels]. @default the shape of the network's input */
  readonly shape?: Shape;
}

/** The augmentation of a workspace's rows, with its memory. */
export interface AugmentationMemory {
  readonly augmentation: Augmentation & Required<Pick<Augmentation, 'shape'>>;
  readonly image: Elements; // [H, V, C] scratch
  readonly draws: Float64Array; // [rows, AUGMENTATION]
}

/** Allocates the memory to augment up to `rows` images. @throws Error for rows of another shape. */
export function createAugmentationMemory(
  augmentation: Augmentation,
  input: Shape,
  rows: number,
  allocate: Allocate,
): AugmentationMemory {
  const { shape = input } = augmentation;
  if (shape.length !== 3) {
    throw new Error(`augment: the input has shape ${shapeText(shape)}, expected [height, width, channels]`);
  }
  const [image, draws] = [allocate(sizeOf(shape)), allocate(rows * AUGMENTATION, FLOAT64)];
  return { augmentation: { ...augmentation, shape }, image, draws };
}

/** Emits the augmentation of B images. Overwrites `x`. */
export function emitAugmentation(
  x: Elements, // [B, H, V, C] in and out
  { augmentation, image, draws }: AugmentationMemory,
  B: number,
  { emit, seed, stepAndRow }: Pass,
): void {
  const { flip = false, shift = 0, rotate = 0, zoom = 0, erase = 0 } = augmentation;
  const [H, V, C] = augmentation.shape;
  const [key0, key1] = streamKey(seed, 'augment');
  emit(ops.drawAugmentation, draws, stepAndRow, B, H, V, key0, key1, flip, shift, rotate, zoom, erase);
  const isWhole = rotate === 0 && zoom === 0; // every pixel shows whole pixels
  emit(ops.augment, x, image, draws, B, H, V, C, isWhole);
}

import type { ProductShape } from '../../../math/scratch.ts';
import { type ConvolutionGeometry, isWinograd, type WindowAxis } from '../../../math/windows.ts';
import { addressOf } from '../../../program/address.ts';
import type { convBackwardInput, convBackwardWeights, convForward } from '../../../program/reference/convolution.ts';
import type { CodeLayout } from '../../code.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import { backwardReach, forwardReach } from '../reach.ts';
import { createRowProduct, type Direction, rowProductBytes } from './row-products.ts';
import { createWindowWeights, windowTableBytes, windowWeightsBytes } from './window-weights.ts';
import { createWinogradProduct, winogradBytes } from './winograd.ts';

const forward: Direction = { reachOf: forwardReach, isBackward: false };
const backward: Direction = { reachOf: backwardReach, isBackward: true };

/** For each product of a convolution, makes a function from the reference's arguments. */
export interface Convolutions {
  convForward(...args: Parameters<typeof convForward>): () => void;
  convBackwardInput(...args: Parameters<typeof convBackwardInput>): () => void;
  convBackwardWeights(...args: Parameters<typeof convBackwardWeights>): () => void;
}

/** Doubles of scratch for the products of a convolution, for either type. */
export function convolutionScratch(geometry: ConvolutionGeometry): number {
  const rows = [forward, backward].map((direction) =>
    Math.max(
      rowProductBytes(geometry, direction),
      isWinograd('float32', geometry) ? winogradBytes(geometry, direction.isBackward) : 0,
    ),
  );
  return Math.max(...rows, windowWeightsBytes(geometry)) / 8;
}

/** Bytes of the JavaScript objects of one shape's products, besides their tables. Measured and rounded up. */
const PRODUCTS_BYTES = 64 * 1024;

/** Bytes that the products of all convolutions keep in a thread, for passes of `rows` rows: one set for each shape. */
export function convolutionBytes(products: readonly ProductShape[], rows: number): number {
  const geometries = new Map<string, ConvolutionGeometry>();
  for (const [, , kind] of products) if (typeof kind === 'object') geometries.set(keyOf(kind), kind);
  return [...geometries.values()].reduce((sum, geometry) => sum + PRODUCTS_BYTES + windowTableBytes(geometry, rows), 0);
}

/**
 * The products of convolutions, by the tiles of dense products. Every sum has the order of the reference and uses fused
 * multiply-add: it equals plain code bit for bit.
 */
export function createNativeConvolutions(
  layout: CodeLayout,
  panels: Panels,
  tape: CallTape,
  scratch: Float64Array, // [convolutionScratch] of the largest convolution
): Convolutions {
  const free = addressOf(scratch);
  // A product has tables for its geometry, but no arrays: convolutions of one geometry share it.
  const rowProducts = memoize((direction: Direction, B, geometry) => {
    if (isWinograd(layout.type, geometry)) {
      const product = createWinogradProduct(layout, panels, tape, free, scratch, geometry, direction.isBackward);
      return { images: B, product };
    }
    const row = asRow(geometry, B);
    return { images: row.images, product: createRowProduct(panels, tape, free, scratch, row.geometry, direction) };
  });
  const windowWeights = memoize((_direction: Direction, B, geometry) =>
    createWindowWeights(layout, panels, tape, free, scratch, geometry, B),
  );
  return {
    convForward(y, x, W, b, B, geometry) {
      const { product, images } = rowProducts(forward, B, geometry);
      return () => product(addressOf(y), addressOf(x), addressOf(W), addressOf(b), images);
    },
    convBackwardInput(dx, dy, W, B, geometry) {
      const { product, images } = rowProducts(backward, B, geometry);
      return () => product(addressOf(dx), addressOf(dy), addressOf(W), null /* no bias */, images);
    },
    convBackwardWeights(dW, db, x, dy, B, accumulate, geometry) {
      const product = windowWeights(backward, B, geometry);
      return () => product(addressOf(dW), addressOf(db), addressOf(x), addressOf(dy), accumulate);
    },
  };
}

/** Geometries that have the same numbers have one key. */
function keyOf({ height, width, C, O, groups }: ConvolutionGeometry): string {
  const axis = ({ inputs, outputs, kernel, stride, before, dilation }: WindowAxis): number[] => [
    inputs,
    outputs,
    kernel,
    stride,
    before,
    dilation,
  ];
  return [...axis(height), ...axis(width), C, O, groups].join();
}

/** Caches what `create` returns for each direction, number of rows and geometry. */
function memoize<Product>(
  create: (direction: Direction, B: number, geometry: ConvolutionGeometry) => Product,
): (direction: Direction, B: number, geometry: ConvolutionGeometry) => Product {
  const products = new Map<string, Product>();
  return (direction, B, geometry) => {
    const key = [direction.isBackward, B, keyOf(geometry)].join();
    const product = products.get(key) ?? create(direction, B, geometry);
    products.set(key, product);
    return product;
  };
}

/** A window of one pixel takes all pixels of a batch as one row of one image. */
function asRow(geometry: ConvolutionGeometry, B: number): { geometry: ConvolutionGeometry; images: number } {
  const { height, width } = geometry;
  const isPixel = [height, width].every(({ kernel, stride, before }) => kernel === 1 && stride === 1 && before === 0);
  if (!isPixel || height.inputs !== height.outputs || width.inputs !== width.outputs) return { geometry, images: B };
  const pixels = B * height.inputs * width.inputs;
  const row = {
    ...geometry,
    height: { ...height, inputs: 1, outputs: 1 },
    width: { ...width, inputs: pixels, outputs: pixels },
  };
  return { geometry: row, images: 1 };
}

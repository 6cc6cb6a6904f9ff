import type { Elements } from '../../../math/element-type.ts';
import type { ProductShape, WindowShape } from '../../../math/scratch.ts';
import { addressOf } from '../../../program/address.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import type { RowAdds } from '../row-adds.ts';
import { createRowProduct, type Direction, rowProductBytes } from './row-products.ts';
import { createWindowWeights, windowTableBytes, windowWeightsBytes } from './window-weights.ts';
import { backwardReach, forwardReach, type Windows, windowsOf } from './windows.ts';

const forward: Direction = { reachOf: forwardReach, isBackward: false };
const backward: Direction = { reachOf: backwardReach, isBackward: true };

/** For each product of a convolution, makes a function from the reference's arguments. */
export interface Convolutions {
  convForward(y: Elements, x: Elements, W: Elements, b: Elements, B: number, ...shape: WindowShape): () => void;
  convBackwardInput(dx: Elements, dy: Elements, W: Elements, B: number, ...shape: WindowShape): () => void;
  convBackwardWeights(
    dW: Elements,
    db: Elements,
    x: Elements,
    dy: Elements,
    B: number,
    joins: boolean,
    ...shape: WindowShape
  ): () => void;
}

/** Doubles of scratch for the products of a convolution, for either type. */
export function convolutionScratch(shape: WindowShape): number {
  const windows = windowsOf(shape);
  const rows = [forward, backward].map((direction) => rowProductBytes(windows, direction));
  return Math.max(...rows, windowWeightsBytes(windows)) / 8;
}

/** The objects of the products of a shape, besides their tables. Measured and rounded up. */
const PRODUCTS_BYTES = 64 * 1024;

/** Bytes that the products of all convolutions keep in a thread, for passes of `rows` rows: one set for each shape. */
export function convolutionBytes(products: readonly ProductShape[], rows: number): number {
  const shapes = new Map<string, WindowShape>();
  for (const [, , kind] of products) if (typeof kind === 'object') shapes.set(kind.join(), kind);
  return [...shapes.values()].reduce(
    (sum, shape) => sum + PRODUCTS_BYTES + windowTableBytes(windowsOf(shape), rows),
    0,
  );
}

/**
 * The products of convolutions, by the tiles of dense products. Every sum has the order of the reference and uses fused
 * multiply-add: it equals `fusedConvolutions` bit for bit.
 */
export function createNativeConvolutions(
  panels: Panels,
  rowAdds: RowAdds,
  tape: CallTape,
  scratch: Float64Array, // [convolutionScratch] of the largest convolution
): Convolutions {
  const free = addressOf(scratch);
  // A product has tables for its shape, but no arrays: convolutions of one shape share it.
  const rowProducts = shared((direction: Direction, B, shape) => {
    const [windows, images] = asRow(windowsOf(shape), B);
    return { images, product: createRowProduct(panels, tape, free, scratch, windows, direction) };
  });
  const windowWeights = shared((_direction: Direction, B, shape) =>
    createWindowWeights(panels, rowAdds, tape, free, scratch, windowsOf(shape), B),
  );
  return {
    convForward(y, x, W, b, B, ...shape) {
      const { product, images } = rowProducts(forward, B, shape);
      return () => product(addressOf(y), addressOf(x), addressOf(W), addressOf(b), images);
    },
    convBackwardInput(dx, dy, W, B, ...shape) {
      const { product, images } = rowProducts(backward, B, shape);
      return () => product(addressOf(dx), addressOf(dy), addressOf(W), null, images);
    },
    convBackwardWeights(dW, db, x, dy, B, joins, ...shape) {
      const product = windowWeights(backward, B, shape);
      return () => product(addressOf(dW), addressOf(db), addressOf(x), addressOf(dy), joins);
    },
  };
}

/** Keeps the results of `create` by shape, and calls it once for each. */
function shared<Product>(
  create: (direction: Direction, B: number, shape: WindowShape) => Product,
): (direction: Direction, B: number, shape: WindowShape) => Product {
  const known = new Map<string, Product>();
  return (direction, B, shape) => {
    const key = [direction.isBackward, B, ...shape].join();
    const product = known.get(key) ?? create(direction, B, shape);
    known.set(key, product);
    return product;
  };
}

/** A window of one pixel takes all pixels of a batch as one row. */
function asRow(windows: Windows, B: number): [windows: Windows, images: number] {
  const { y, x } = windows;
  const isPixel = [y, x].every(({ kernel, stride, before }) => kernel === 1 && stride === 1 && before === 0);
  if (!isPixel || y.inputs !== y.outputs || x.inputs !== x.outputs) return [windows, B];
  const pixels = B * y.inputs * x.inputs;
  return [{ ...windows, y: { ...y, inputs: 1, outputs: 1 }, x: { ...x, inputs: pixels, outputs: pixels } }, 1];
}

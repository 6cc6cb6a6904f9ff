import type { Elements } from '../../../math/element-type.ts';
import type { WindowShape } from '../../../math/scratch.ts';
import { addressOf } from '../../../program/address.ts';
import type { CallTape } from '../call-tape.ts';
import type { Panels } from '../panels/panels.ts';
import type { RowAdds } from '../row-adds.ts';
import { createRowProduct, type Direction, rowProductBytes } from './row-products.ts';
import { createWindowWeights, windowWeightsBytes } from './window-weights.ts';
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
  return {
    convForward(y, x, W, b, B, ...shape) {
      const [windows, images] = asRow(windowsOf(shape), B);
      const product = createRowProduct(panels, tape, free, scratch, windows, forward);
      return () => product(addressOf(y), addressOf(x), addressOf(W), addressOf(b), images);
    },
    convBackwardInput(dx, dy, W, B, ...shape) {
      const [windows, images] = asRow(windowsOf(shape), B);
      const product = createRowProduct(panels, tape, free, scratch, windows, backward);
      return () => product(addressOf(dx), addressOf(dy), addressOf(W), null, images);
    },
    convBackwardWeights(dW, db, x, dy, B, joins, ...shape) {
      const product = createWindowWeights(panels, rowAdds, tape, free, scratch, windowsOf(shape), B);
      return () => product(addressOf(dW), addressOf(db), addressOf(x), addressOf(dy), joins);
    },
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

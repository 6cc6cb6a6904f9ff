import type { Kernels } from './kernels.ts';

/** The three products of a dense layer. */
export type Products = Pick<Kernels, 'affine' | 'affineBackwardInput' | 'affineBackwardWeights'>;

/**
 * The kernels of `wasm` with other products for the shapes for which `isLarge` is true. Steps with only small products
 * can still be recorded: a tape cannot call out of WebAssembly.
 */
export function withProducts(
  name: Kernels['name'],
  wasm: Kernels,
  products: Products,
  isLarge: (B: number, I: number, O: number) => boolean,
): Kernels {
  return {
    ...wasm,
    name,
    affine(y, x, W, b, B, I, O) {
      (isLarge(B, I, O) ? products : wasm).affine(y, x, W, b, B, I, O);
    },
    affineBackwardInput(dx, dy, W, B, I, O) {
      (isLarge(B, I, O) ? products : wasm).affineBackwardInput(dx, dy, W, B, I, O);
    },
    affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O) {
      (isLarge(B, I, O) ? products : wasm).affineBackwardWeights(dW, db, x, dy, B, leaf, joins, I, O);
    },
    record: (tape, run) => insideOnly((noting) => wasm.record?.(tape, (recorder) => run(noting(recorder)))),
    recordSteps: (tape, run, memory) =>
      insideOnly((noting) => wasm.recordSteps?.(tape, (recorder) => run(noting(recorder)), memory)),
  };

  /** The result of `record`, or null if it would have called a large product. */
  function insideOnly<T>(record: (noting: (recorder: Kernels) => Kernels) => T | null | undefined): T | null {
    let outside = false;
    const note = () => {
      outside = true;
    };
    const products: Products = { affine: note, affineBackwardInput: note, affineBackwardWeights: note };
    const recorded = record((recorder) => withProducts(name, recorder, products, isLarge));
    return outside ? null : (recorded ?? null);
  }
}

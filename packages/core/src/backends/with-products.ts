import type { Bound, Kernels } from '../program/kernels.ts';
import type { Call } from '../program/op.ts';
import type { affine, affineBackwardInput, affineBackwardWeights } from '../program/reference/products.ts';

/** For each of the three products of a dense layer, makes a function from the reference's arguments. */
export interface Products {
  affine(...args: Parameters<typeof affine>): () => void;
  affineBackwardInput(...args: Parameters<typeof affineBackwardInput>): () => void;
  affineBackwardWeights(...args: Parameters<typeof affineBackwardWeights>): () => void;
}

/** `kernels` with other products for shapes where `isLarge` is true. */
export function withProducts(
  name: Kernels['name'],
  kernels: Kernels,
  products: Products,
  isLarge: (B: number, I: number, O: number) => boolean,
): Kernels {
  function bind(call: Call): Bound | null {
    const { op, args } = call;
    if (!(op.name in products)) return kernels.bind(call);
    const place = Object.keys(op.operands);
    const [B, I, O] = ['B', 'I', 'O'].map((count) => args[place.indexOf(count)] as number);
    if (!isLarge(B, I, O)) return kernels.bind(call);
    // The cast is safe: `emit` has checked the types of the arguments.
    const product = products[op.name as keyof Products] as (...args: readonly unknown[]) => () => void;
    return product(...args);
  }
  return { ...kernels, name, bind };
}

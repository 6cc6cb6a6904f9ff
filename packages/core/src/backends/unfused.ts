import { unfusedOf } from '../math/fma.ts';
import type { Kernels } from '../program/kernels.ts';
import { defineAttention } from '../program/reference/attention.ts';
import { defineConvolutions } from '../program/reference/convolution.ts';
import { defineProducts } from '../program/reference/products.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';

/** The operations that multiply and add, each term with two roundings, for WebAssembly without fused multiply-add. */
export const unfusedProducts = {
  ...defineProducts(unfusedOf),
  ...defineConvolutions(unfusedOf),
  ...defineAttention(unfusedOf),
};

/** Plain TypeScript with these operations. */
export const unfusedKernels: Kernels = {
  ...referenceKernels,
  bind({ op, args }) {
    if (!Object.hasOwn(unfusedProducts, op.name)) return null;
    // The cast is safe: `emit` has checked the types of the arguments.
    const product = unfusedProducts[op.name as keyof typeof unfusedProducts] as (...args: readonly unknown[]) => void;
    return () => product(...args);
  },
};

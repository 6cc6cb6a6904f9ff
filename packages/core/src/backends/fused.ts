import { fmaOf } from '../math/fma.ts';
import { defineAttention } from '../program/reference/attention.ts';
import { defineConvolutions } from '../program/reference/convolution.ts';
import { defineProducts } from '../program/reference/products.ts';

// Products with fused multiply-add, in plain TypeScript. They define the bits of the native backend for both types.
// They add in the same order as the reference, + 0 at the end included, but round each term once, not twice.

/** Products of a dense layer. */
export const fusedProducts = defineProducts(fmaOf);

/** Products of a convolution. */
export const fusedConvolutions = defineConvolutions(fmaOf);

/** Both passes of attention. */
export const fusedAttention = defineAttention(fmaOf);

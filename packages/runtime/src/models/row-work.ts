import type { Network } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';

/**
 * Most products of a row's pass. A layer without products, such as pooling, may read each input for each output. That
 * of attention is infinite, since its shapes do not tell its work.
 */
export function productsOfRow({ products, allLayers }: Network): number {
  const others = allLayers.map(({ layer: { elementwise, isView, products, in: x, out: y } }) =>
    elementwise || isView || products !== undefined ? sizeOf(y) : sizeOf(x) * sizeOf(y),
  );
  const ofProducts = products.map(([I, O, kind]) => {
    if (kind === 'attention') return Number.POSITIVE_INFINITY;
    return I * O * (kind === undefined ? 1 : kind.height.outputs * kind.width.outputs);
  });
  return [...others, ...ofProducts].reduce((sum, work) => sum + work, 0);
}

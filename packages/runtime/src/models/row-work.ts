import type { Network } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';

/**
 * An upper bound of the multiplications in a row's forward pass. A layer without products, such as pooling, counts each
 * input for each output. Attention counts as infinite, since its shapes do not tell its work.
 */
export function productsOfRow({ products, allLayers }: Network): number {
  const layerWork = allLayers.map(({ layer: { elementwise, isView, products, in: inputs, out: y } }) =>
    elementwise || isView || products !== undefined ? sizeOf(y) : sizeOf(inputs[0]) * sizeOf(y),
  );
  const productWork = products.map(([I, O, kind]) => {
    if (kind === 'attention') return Number.POSITIVE_INFINITY;
    return I * O * (kind === undefined ? 1 : kind.height.outputs * kind.width.outputs);
  });
  return [...layerWork, ...productWork].reduce((sum, work) => sum + work, 0);
}

import type { Network, Tensor } from '../network/network.ts';

/** Layers whose tensors are tables of rows that are looked up or added, not matrices that rows are multiplied by. */
const TABLES: ReadonlySet<string> = new Set(['embedding', 'position-embedding', 'parameter']);

const hasAxes = ({ shape }: Pick<Tensor, 'shape'>): boolean => shape.length > 1;

/**
 * The trained matrices of hidden layers, and filters of hidden convolutions: all tensors of two axes or more, but for
 * tables and output layers. From the outputs back, a layer is an output layer if it is the first with such a tensor.
 */
export function hiddenMatrices({ allLayers }: Pick<Network, 'allLayers'>): Tensor[] {
  const toOutputs = new Set([allLayers.length - 1]); // layers without a matrix between them and the outputs
  for (const k of toOutputs) {
    if (allLayers[k]?.layer.tensors.some(hasAxes) !== false) continue;
    for (const input of allLayers[k].inputs) if (input > 0) toOutputs.add(input - 1);
  }
  return allLayers.flatMap(({ spec, tensors }, k) =>
    toOutputs.has(k) || TABLES.has(spec.kind) ? [] : tensors.filter((tensor) => tensor.isTrained && hasAxes(tensor)),
  );
}

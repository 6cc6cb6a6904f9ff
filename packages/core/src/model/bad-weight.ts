import { viewOf } from '../backends/scratch.ts';
import type { Elements } from '../element-type.ts';
import { complete, type Pausable } from '../pausable.ts';
import { show } from '../text/show.ts';
import type { Network, Tensor } from './network.ts';
import { findNotFinite } from './not-finite.ts';

/** 'W of dense(2->3) at layer 0 has Infinity' of the first weight that is not finite. */
export const badWeight = (network: Network, theta: Elements): string | undefined =>
  complete(findBadWeight(network, theta));

/** The same, with pauses, for the tensors for which `takes` is true. */
export function* findBadWeight(
  { places }: Network,
  theta: Elements, // [P]
  takes: (tensor: Pick<Tensor, 'offset' | 'length'>) => boolean = () => true,
): Pausable<string | undefined> {
  for (const { layer, path, tensors } of places) {
    for (const tensor of tensors) {
      if (!takes(tensor)) continue;
      const { name, offset, length } = tensor;
      const at = yield* findNotFinite(viewOf(theta, offset, length));
      if (at !== undefined) return `${name} of ${layer.label} at layer ${path} has ${show(theta[offset + at])}`;
    }
  }
  return undefined;
}

/**
 * @throws Error for a weight that is not finite: kernels may skip products with an input of 0, so its effect would not
 * be defined.
 */
export function refuseBadWeights(where: string, network: Network, theta: Elements): void {
  const bad = badWeight(network, theta);
  if (bad !== undefined) throw new Error(`${where}: ${bad}, expected finite numbers`);
}

import type { Network, Pausable, Tensor } from '@gradloom/core';
import { complete, show, viewOf } from '@gradloom/core/internal';
import type { Arena } from '../memory/arena.ts';
import { findNotFinite } from '../turns/arrays.ts';
import { inTurns } from '../turns/in-turns.ts';

/** Whether all weights of a run are finite; only between spans. */
export const weightsAreFinite = async ({ theta }: Pick<Arena, 'theta'>): Promise<boolean> =>
  (await inTurns(findNotFinite(theta))) === undefined;

/** 'W of dense(2->3) at layer 0 has Infinity' of the first weight that is not finite. */
export const badWeight = (network: Network, theta: Float64Array): string | undefined =>
  complete(findBadWeight(network, theta));

/** The same, with pauses, for the tensors for which `takes` is true. */
export function* findBadWeight(
  { places }: Network,
  theta: Float64Array, // [P]
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
export function refuseBadWeights(where: string, network: Network, theta: Float64Array): void {
  const bad = badWeight(network, theta);
  if (bad !== undefined) throw new Error(`${where}: ${bad}, expected finite numbers`);
}

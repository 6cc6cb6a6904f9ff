import { show } from '../checks/show.ts';
import { type Elements, type ElementType, roundings, typeOf } from '../math/element-type.ts';
import { complete, type Pausable } from '../math/pausable.ts';
import { viewOf } from '../math/scratch.ts';
import type { Network, Tensor } from './network.ts';
import { findNotFinite } from './not-finite.ts';
import { nameOfPlaced } from './placed-layer.ts';

/** 'W of dense(2->3) at layer 0 has Infinity' of the first weight that is not finite. */
export const badWeight = (network: Network, theta: Elements): string | undefined =>
  complete(findBadWeight(network, theta));

/** The same, with pauses, for the tensors for which `takes` is true. */
export function* findBadWeight(
  { places }: Network,
  theta: Elements, // [P]
  takes: (tensor: Pick<Tensor, 'offset' | 'length'>) => boolean = () => true,
): Pausable<string | undefined> {
  for (const place of places) {
    for (const tensor of place.tensors) {
      if (!takes(tensor)) continue;
      const { name, offset, length } = tensor;
      const at = yield* findNotFinite(viewOf(theta, offset, length));
      if (at !== undefined) return `${name} of ${nameOfPlaced(place)} has ${show(theta[offset + at])}`;
    }
  }
  return undefined;
}

/**
 * Weights that a model of numbers of `type` is to have.
 * @throws Error for one that is not finite: kernels may skip products with an input of 0, so its effect would not be
 * defined. Also for one that is infinite once it is rounded to the type.
 */
export function refuseBadWeights(
  where: string,
  network: Network,
  theta: Elements, // [P]
  type: ElementType = typeOf(theta),
): void {
  const bad = badWeight(network, theta);
  if (bad !== undefined) throw new Error(`${where}: ${bad}, expected finite numbers`);
  if (type === typeOf(theta)) return;
  for (const place of network.places) {
    for (const { name, offset, length } of place.tensors) {
      const beyond = firstBeyond(viewOf(theta, offset, length), type);
      if (beyond === undefined) continue;
      const problem = `has ${show(beyond)}, expected numbers that ${type} can hold`;
      throw new Error(`${where}: ${name} of ${nameOfPlaced(place)} ${problem}`);
    }
  }
}

/** The first number that is finite, and is not once it is rounded to a type. */
export function firstBeyond(numbers: ArrayLike<number>, type: ElementType): number | undefined {
  const round = roundings[type];
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i]) && !Number.isFinite(round(numbers[i]))) return numbers[i];
  }
  return undefined;
}

import { show } from '../checks/show.ts';
import { type Elements, type ElementType, roundings, typeOf } from '../math/element-type.ts';
import { complete, type Pausable } from '../math/pausable.ts';
import { viewOf } from '../math/scratch.ts';
import type { Network, Tensor } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';

/** Describes the first weight that is not finite: 'W of dense(2->3) at layer 0 has Infinity'; undefined if none. */
export const badWeight = (network: Network, theta: Elements): string | undefined =>
  complete(findBadWeight(network, theta));

/** `badWeight` with pauses, for the tensors that `selects` accepts. */
export function* findBadWeight(
  { allLayers }: Network,
  theta: Elements, // [P]
  selects: (tensor: Pick<Tensor, 'offset' | 'length'>) => boolean = () => true,
): Pausable<string | undefined> {
  for (const placedLayer of allLayers) {
    for (const tensor of placedLayer.tensors) {
      if (!selects(tensor)) continue;
      const { name, offset, length } = tensor;
      const index = yield* findNotFinite(viewOf(theta, offset, length));
      if (index !== undefined) return `${name} of ${nameOfLayer(placedLayer)} has ${show(theta[offset + index])}`;
    }
  }
  return undefined;
}

/**
 * Rejects weights that a model of `type` may not have.
 * @throws Error if a weight is not finite: kernels may skip products with an input of 0, so its effect would be
 * undefined. Also if a weight becomes infinite when rounded to `type`.
 */
export function refuseBadWeights(
  where: string,
  network: Network,
  theta: Elements, // [P]
  type: ElementType = typeOf(theta),
): void {
  const problem = badWeight(network, theta);
  if (problem !== undefined) throw new Error(`${where}: ${problem}, expected finite numbers`);
  if (type === typeOf(theta)) return;
  for (const placedLayer of network.allLayers) {
    for (const { name, offset, length } of placedLayer.tensors) {
      const overflow = firstOverflow(viewOf(theta, offset, length), type);
      if (overflow === undefined) continue;
      const tensor = `${name} of ${nameOfLayer(placedLayer)}`;
      throw new Error(`${where}: ${tensor} has ${show(overflow)}, expected numbers that ${type} can hold`);
    }
  }
}

/** The first finite number that becomes infinite when rounded to a type. */
export function firstOverflow(numbers: ArrayLike<number>, type: ElementType): number | undefined {
  const round = roundings[type];
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isFinite(numbers[i]) && !Number.isFinite(round(numbers[i]))) return numbers[i];
  }
  return undefined;
}

/** Numbers checked between two pauses, 1 MiB: 0.1 ms. */
const NUMBERS_PER_TURN = 1 << 17;

/** Index of the first of `n` numbers that is not finite; undefined if all are. */
export function firstNotFinite(
  array: Elements, // [n] or longer
  n: number,
): number | undefined {
  for (let i = 0; i < n; i++) if (array[i] - array[i] !== 0) return i;
  return undefined;
}

/** `firstNotFinite` for a whole array, with pauses. */
export function* findNotFinite(array: Elements): Pausable<number | undefined> {
  for (let start = 0; start < array.length; start += NUMBERS_PER_TURN) {
    const length = Math.min(NUMBERS_PER_TURN, array.length - start);
    const part = viewOf(array, start, length);
    const index = zeroIfFinite(part) === 0 ? undefined : firstNotFinite(part, length);
    if (index !== undefined) return start + index;
    yield;
  }
  return undefined;
}

/** The sum of all numbers times 0: 0 if all are finite, else NaN. Four sums take a third of the time of comparing. */
function zeroIfFinite(array: Elements): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const quadsEnd = array.length - (array.length % 4);
  for (let i = 0; i < quadsEnd; i += 4) {
    a += array[i] * 0;
    b += array[i + 1] * 0;
    c += array[i + 2] * 0;
    d += array[i + 3] * 0;
  }
  for (let i = quadsEnd; i < array.length; i++) a += array[i] * 0;
  return a + b + c + d;
}

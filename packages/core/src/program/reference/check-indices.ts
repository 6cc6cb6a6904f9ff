import { show } from '../../checks/show.ts';
import type { Elements } from '../../math/element-type.ts';
import { InputError } from '../input-error.ts';

/**
 * Looks whether the n numbers of `x`, k in a row, are indices of a vocabulary of V.
 * @throws InputError for the first that is not a whole number in [0, V); `where` names the layer.
 */
export function checkIndices(
  x: Elements, // [n]
  n: number,
  k: number,
  V: number,
  where: string,
): void {
  for (let p = 0; p < n; p++) {
    const index = x[p];
    if (index >= 0 && index < V && Math.floor(index) === index) continue;
    const problem = `index at place ${p % k} has ${show(index)}, expected a whole number from 0 to ${V - 1}`;
    throw new InputError(Math.floor(p / k), `${where}: ${problem}`);
  }
}

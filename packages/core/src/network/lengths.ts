import { counted, show } from '../checks/show.ts';
import type { Network } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';
import { sequenceOf, shapeText } from './shape.ts';

/** Why rows of T positions cannot have lengths in a network; null if they can. */
export function lengthsProblem({ allLayers }: Network, T: number): string | null {
  const reader = allLayers.find(({ layer }) => layer.readsLengths === true && layer.in[0][0] !== T);
  if (reader === undefined) return null;
  const [[positions]] = reader.layer.in;
  return `are given, expected none (${nameOfLayer(reader)} has ${positions} positions of a row, and the rows have ${T})`;
}

/** @throws Error for lengths that are not a whole number for each of N rows, from 1 to the positions of a row. */
export function refuseBadLengths(
  where: string,
  network: Network,
  lengths: ArrayLike<number> | undefined, // undefined: rows without padding
  N: number,
): void {
  if (lengths === undefined) return;
  const { input } = network;
  const T = sequenceOf(input);
  if (T === null) {
    throw new Error(`${where}: lengths are given, expected none (rows of ${shapeText(input)} are no sequences)`);
  }
  const problem = lengthsProblem(network, T);
  if (problem !== null) throw new Error(`${where}: lengths ${problem}`);
  if (lengths.length !== N) {
    throw new Error(`${where}: lengths has ${counted(lengths.length, 'number')}, expected ${N} (one per row)`);
  }
  for (let n = 0; n < N; n++) {
    if (Number.isInteger(lengths[n]) && lengths[n] >= 1 && lengths[n] <= T) continue;
    const expected = `a whole number from 1 to ${T} (positions of a row)`;
    throw new Error(`${where}: length${N === 1 ? '' : ` of row ${n}`} has ${show(lengths[n])}, expected ${expected}`);
  }
}

import type { Network } from './network.ts';
import { nameOfPlaced } from './placed-layer.ts';

/** Why rows of T positions cannot have lengths in a network; null if they can. */
export function lengthsProblem({ places }: Network, T: number): string | null {
  const other = places.find(({ layer }) => layer.readsLengths === true && layer.in[0] !== T);
  if (other === undefined) return null;
  const of = `${other.layer.in[0]} positions of a row`;
  return `are given, expected none (${nameOfPlaced(other)} has ${of}, and the rows have ${T})`;
}

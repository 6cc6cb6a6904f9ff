import { counted, show } from '../checks/show.ts';
import type { Network } from './network.ts';
import { nameOfLayer, type PlacedLayer } from './placed-layer.ts';
import type { LengthReader } from './row-lengths.ts';
import { shapeText } from './shape.ts';

/** The arrays of the lengths of rows [rows]: one a part, and one of whole rows if a layer reads a value without. */
export function createLengths({ lengths }: Network, createArray: () => Float64Array): Float64Array[] {
  const { parts, readers, whole } = lengths;
  const hasWhole = readers.some(({ isKept }) => !isKept);
  return Array.from({ length: parts.length + (hasWhole ? 1 : 0) }, () => createArray().fill(whole));
}

/** Writes the lengths of B rows from row `first` on, by default whole ones. Overwrites `arrays`. */
export function writeLengths(
  arrays: readonly Float64Array[], // of `createLengths`
  { lengths: { parts, whole } }: Network,
  lengths: ArrayLike<number> | undefined, // [N, parts]
  first: number,
  B: number,
): void {
  const L = parts.length;
  for (let part = 0; part < L; part++) {
    for (let n = 0; n < B; n++) arrays[part][n] = lengths?.[(first + n) * L + part] ?? whole;
  }
}

/** The lengths [N] of the outputs of rows with these lengths [N, parts]; undefined if all positions are real. */
export function lengthsOfOutputs(
  { lengths: { parts, ofOutputs } }: Network,
  lengths: ArrayLike<number> | undefined,
): ArrayLike<number> | undefined {
  if (parts.length === 1 || lengths === undefined) return lengths;
  if (ofOutputs === null) return undefined;
  return Float64Array.from({ length: lengths.length / parts.length }, (_, n) => lengths[n * parts.length + ofOutputs]);
}

/** The lengths [N] of output `head` of several, as `lengthsOfOutputs` gives them for one. */
export function lengthsOfHead(
  { lengths: { parts, ofHeads } }: Network,
  lengths: ArrayLike<number> | undefined,
  head: number,
): ArrayLike<number> | undefined {
  const part = ofHeads[head];
  if (lengths === undefined || part === null) return undefined;
  return Float64Array.from({ length: lengths.length / parts.length }, (_, n) => lengths[n * parts.length + part]);
}

/** Why rows of T positions, without named parts, cannot have lengths in a network; null if they can. */
export function lengthsProblem({ allLayers, lengths: { parts, readers } }: Network, T: number): string | null {
  if (parts.length > 1) return null;
  const reader = readers.find(
    ({ index, input, part, isKept }) => part !== null && (!isKept || allLayers[index].layer.in[input][0] !== T),
  );
  return reader === undefined ? null : `are given, expected none (${readerText(allLayers, reader, T)})`;
}

/** How the positions that a layer reads differ from those of rows. */
function readerText(layers: readonly PlacedLayer[], { index, input }: LengthReader, T: number): string {
  const positions = layers[index].layer.in[input][0];
  const name = nameOfLayer(layers[index]);
  if (positions === T) return `${name} reads other positions than the ${T} of a row`;
  return `${name} has ${positions} positions of a row, and the rows have ${T}`;
}

/** The lengths that a part of rows may have, in a message, and the least and the greatest of them. */
export function allowedLengths({ allLayers, lengths: { parts, readers } }: Network, part: number) {
  const { name, positions } = parts[part];
  const T = positions ?? 1;
  const where = name === null ? '' : ` of ${show(name)}`;
  if (positions === null) return { min: 1, max: 1, where, expected: '1 (it is no sequence)' };
  const reader = readers.find((reader) => reader.part === part && !reader.isKept);
  if (reader === undefined) {
    return { min: 1, max: T, where, expected: `a whole number from 1 to ${T} (positions of a row)` };
  }
  return { min: T, max: T, where, expected: `${T} (${readerText(allLayers, reader, T)})` };
}

/** @throws Error for lengths that are not a whole number for each part of N rows, from 1 to its positions. */
export function refuseBadLengths(
  where: string,
  network: Network,
  lengths: ArrayLike<number> | undefined, // [N, parts]; undefined: rows without padding
  N: number,
): void {
  if (lengths === undefined) return;
  const { input } = network;
  const { parts } = network.lengths;
  if (parts.length === 1 && parts[0].positions === null) {
    throw new Error(`${where}: lengths are given, expected none (rows of ${shapeText(input)} are no sequences)`);
  }
  const problem = lengthsProblem(network, parts[0].positions ?? 1);
  if (problem !== null) throw new Error(`${where}: lengths ${problem}`);
  const L = parts.length;
  if (lengths.length !== N * L) {
    const names = parts.map(({ name }) => show(name)).join(', ');
    const why = L === 1 ? 'one per row' : `of each row ${L}: ${names}`;
    throw new Error(`${where}: lengths has ${counted(lengths.length, 'number')}, expected ${N * L} (${why})`);
  }
  for (let part = 0; part < L; part++) {
    const { min, max, where: partText, expected } = allowedLengths(network, part);
    for (let n = 0; n < N; n++) {
      const length = lengths[n * L + part];
      if (Number.isInteger(length) && length >= min && length <= max) continue;
      const rowText = N === 1 ? '' : ` of row ${n}`;
      throw new Error(`${where}: length${partText}${rowText} has ${show(length)}, expected ${expected}`);
    }
  }
}

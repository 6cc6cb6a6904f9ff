import type { ElementType } from '../../math/element-type.ts';
import type { Isa } from './isa/isa.ts';
import { ADAM_ROWS, assembleAdam } from './kernels/adam.ts';
import { assembleAdd } from './kernels/add.ts';
import { assembleGather } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleLocate } from './kernels/locate.ts';
import { assemblePack } from './kernels/pack.ts';
import { assembleTile, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';

/** Code that may lie anywhere. Its first byte is that of what plays a tape. */
export interface Code {
  readonly code: Uint8Array;
  readonly layout: CodeLayout;
}

/** Where in it each kernel begins; JSON. */
export interface CodeLayout {
  readonly type: ElementType;
  readonly width: number; // elements of a vector
  readonly arithmeticWidth: number; // of those of updates and gathering
  readonly tileVectors: number; // of the widest, for y and dx
  readonly leafVectors: number; // likewise for dW
  readonly tiles: TilePlaces;
  readonly listedTiles: TilePlaces;
  readonly lists: readonly number[]; // [M] of listed tiles
  readonly packs: Readonly<Record<number, number>>; // [vectors]
  readonly transposes: readonly number[]; // [rows]
  readonly adam: Readonly<Record<number, number>>; // [rows]
  readonly add: number;
  readonly gather: number;
  readonly locate: number;
}

/** [vectors][M]; masked where the last vector is not full. */
export type TilePlaces = Readonly<
  Record<number, { readonly full: readonly number[]; readonly masked: readonly number[] }>
>;

/** All kernels for one kind of processor and one type of elements. */
export function assembleCode(isa: Isa): Code {
  const { width } = isa.vectors;
  const upTo = (most: number, assemble: (M: number) => number): number[] =>
    Array.from({ length: most + 1 }, (_, M) => (M === 0 ? -1 : assemble(M)));
  const { vectors: tileVectors, leafVectors } = isa.tile;
  const mostVectors = Math.max(tileVectors, leafVectors);
  // What is left of a panel's columns has tiles as high as a narrow panel's.
  const rowsOf = (vectors: number): number => tileRows(isa, Math.max(vectors, Math.min(tileVectors, leafVectors)));
  const listedRows = Math.min(rowsOf(mostVectors), LISTED_ROWS);
  const tilesOf = (vectors: number, masked: boolean, listed: boolean) =>
    upTo(listed ? listedRows : rowsOf(vectors), (M) => assembleTile(isa, { M, vectors, masked, listed }));
  const tiles: Record<number, { full: number[]; masked: number[] }> = {};
  const listedTiles: Record<number, { full: number[]; masked: number[] }> = {};
  const packs: Record<number, number> = {};
  for (let vectors = 1; vectors <= mostVectors; vectors++) {
    packs[vectors] = assemblePack(isa, vectors);
    tiles[vectors] = { full: tilesOf(vectors, false, false), masked: tilesOf(vectors, true, false) };
    listedTiles[vectors] = { full: tilesOf(vectors, false, true), masked: tilesOf(vectors, true, true) };
  }
  const lists = upTo(listedRows, (M) => assembleListTerms(isa, M));
  const transposes = upTo(width, (M) => assembleTranspose(isa, M));
  const adam: Record<number, number> = {};
  for (const count of ADAM_ROWS) adam[count] = assembleAdam(isa, count);
  const others = { add: assembleAdd(isa), gather: assembleGather(isa), locate: assembleLocate(isa) };
  const layout = {
    type: isa.type,
    width,
    arithmeticWidth: isa.arithmetic.width,
    tileVectors,
    leafVectors,
    tiles,
    listedTiles,
    lists,
    packs,
    transposes,
    adam,
    ...others,
  };
  return { code: isa.code(), layout };
}

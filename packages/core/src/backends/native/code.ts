import type { ElementType } from '../../element-type.ts';
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
  readonly tileRows: number; // M of the highest tile
  readonly tileVectors: number; // of the widest
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
  const rows = tileRows(isa);
  const upTo = (most: number, assemble: (M: number) => number): number[] =>
    Array.from({ length: most + 1 }, (_, M) => (M === 0 ? -1 : assemble(M)));
  const listedRows = Math.min(rows, LISTED_ROWS);
  const tilesOf = (vectors: number, masked: boolean, listed: boolean) =>
    upTo(listed ? listedRows : rows, (M) => assembleTile(isa, { M, vectors, masked, listed }));
  const tiles: Record<number, { full: number[]; masked: number[] }> = {};
  const listedTiles: Record<number, { full: number[]; masked: number[] }> = {};
  const packs: Record<number, number> = {};
  for (let vectors = 1; vectors <= isa.tile.vectors; vectors++) {
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
    tileRows: rows,
    tileVectors: isa.tile.vectors,
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

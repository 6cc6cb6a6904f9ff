import { createAssembler } from './isa/x64/assembler.ts';
import { assemblePlayer } from './isa/x64/player.ts';
import { createAvx2, type ExtensionName, extensions } from './isa/x64/vector-unit.ts';
import { ADAM_ROWS, assembleAdam } from './kernels/adam.ts';
import { assembleAdd } from './kernels/add.ts';
import { assembleGather } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleLocate } from './kernels/locate.ts';
import { assemblePack } from './kernels/pack.ts';
import { assembleTile, TILE_VECTORS, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';

/** Code that may lie anywhere. Its first byte is the player's. */
export interface Program {
  readonly code: Uint8Array;
  readonly layout: CodeLayout;
}

/** Where in it each kernel begins; JSON. */
export interface CodeLayout {
  readonly width: number; // doubles of a vector
  readonly tileRows: number; // M of the highest tile
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

export function assembleProgram(name: ExtensionName): Program {
  const { registers, reserved, createUnit } = extensions[name];
  const assembler = createAssembler();
  const unit = createUnit(assembler);
  const rows = tileRows(registers - reserved);
  assemblePlayer(assembler, unit);
  const placed = (assemble: () => void): number => {
    const { position } = assembler;
    assemble();
    return position;
  };
  const placedTo = (most: number, assemble: (M: number) => void): number[] =>
    Array.from({ length: most + 1 }, (_, M) => (M === 0 ? -1 : placed(() => assemble(M))));
  const listedRows = Math.min(rows, LISTED_ROWS);
  const tilesOf = (vectors: number, masked: boolean, listed: boolean) =>
    placedTo(listed ? listedRows : rows, (M) => assembleTile(assembler, unit, { M, vectors, masked, listed }));
  const tiles: Record<number, { full: number[]; masked: number[] }> = {};
  const listedTiles: Record<number, { full: number[]; masked: number[] }> = {};
  const packs: Record<number, number> = {};
  for (let vectors = 1; vectors <= TILE_VECTORS; vectors++) {
    packs[vectors] = placed(() => assemblePack(assembler, unit, vectors));
    tiles[vectors] = { full: tilesOf(vectors, false, false), masked: tilesOf(vectors, true, false) };
    listedTiles[vectors] = { full: tilesOf(vectors, false, true), masked: tilesOf(vectors, true, true) };
  }
  const lists = placedTo(listedRows, (M) => assembleListTerms(assembler, M));
  const transposes = placedTo(unit.width, (lanes) => assembleTranspose(assembler, unit, lanes));
  const quads = createAvx2(assembler); // which every processor with a wider extension has, too
  const adam: Record<number, number> = {};
  for (const rows of ADAM_ROWS) adam[rows] = placed(() => assembleAdam(assembler, quads, rows));
  const others = {
    add: placed(() => assembleAdd(assembler, quads)),
    gather: placed(() => assembleGather(assembler, quads)),
    locate: placed(() => assembleLocate(assembler)),
  };
  const layout = { width: unit.width, tileRows: rows, tiles, listedTiles, lists, packs, transposes, adam, ...others };
  return { code: assembler.bytes(), layout };
}

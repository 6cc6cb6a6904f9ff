import { ADAM_SHARDS, assembleAdam } from './adam.ts';
import { createAssembler } from './assembler.ts';
import { assembleGather } from './gather.ts';
import { assemblePack } from './pack.ts';
import { assemblePlayer } from './player.ts';
import { assembleTile, TILE_VECTORS, tileRows } from './tile.ts';
import { assembleTranspose } from './transpose.ts';
import { createAvx2, type ExtensionName, extensions } from './vector-unit.ts';

/** Code that may lie anywhere. Its first byte is the player's. */
export interface Program {
  readonly code: Uint8Array;
  readonly layout: CodeLayout;
}

/** Where in it each kernel begins; JSON. */
export interface CodeLayout {
  readonly width: number; // doubles of a vector
  readonly tileRows: number; // M of the highest tile
  /** [vectors][M]; masked where the last vector is not full. */
  readonly tiles: Readonly<Record<number, { readonly full: readonly number[]; readonly masked: readonly number[] }>>;
  readonly packs: Readonly<Record<number, number>>; // [vectors]
  readonly transposes: readonly number[]; // [rows]
  readonly adam: Readonly<Record<number, number>>; // [shards]
  readonly gather: number;
}

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
  const heights = Array.from({ length: rows + 1 }, (_, M) => M);
  const tilesOf = (vectors: number, masked: boolean) =>
    heights.map((M) => (M === 0 ? -1 : placed(() => assembleTile(assembler, unit, { M, vectors, masked }))));
  const tiles: Record<number, { full: number[]; masked: number[] }> = {};
  const packs: Record<number, number> = {};
  for (let vectors = 1; vectors <= TILE_VECTORS; vectors++) {
    packs[vectors] = placed(() => assemblePack(assembler, unit, vectors));
    tiles[vectors] = { full: tilesOf(vectors, false), masked: tilesOf(vectors, true) };
  }
  const lanes = Array.from({ length: unit.width + 1 }, (_, m) => m);
  const transposes = lanes.map((m) => (m === 0 ? -1 : placed(() => assembleTranspose(assembler, unit, m))));
  const quads = createAvx2(assembler); // which every processor with a wider extension has, too
  const adam: Record<number, number> = {};
  for (const shards of ADAM_SHARDS) adam[shards] = placed(() => assembleAdam(assembler, quads, shards));
  const gather = placed(() => assembleGather(assembler, quads));
  const layout = { width: unit.width, tileRows: rows, tiles, packs, transposes, adam, gather };
  return { code: assembler.bytes(), layout };
}

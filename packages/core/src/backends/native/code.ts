import type { ElementType } from '../../math/element-type.ts';
import { elementwise as table } from './formulas/index.ts';
import { columnTerms, matrixOps, type RowFormulaName, rowFormulas, type TermsName } from './formulas/norms.ts';
import { updates as updateTable } from './formulas/updates.ts';
import type { Isa } from './isa/isa.ts';
import type { ColumnKernel } from './kernels/column-groups.ts';
import { assembleColumnSums } from './kernels/column-sums.ts';
import { assembleDropout } from './kernels/dropout.ts';
import { assembleElementwise, type FormulaKernel } from './kernels/elementwise.ts';
import { assembleGather } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleLocate } from './kernels/locate.ts';
import { assembleLosses, type LossLayout } from './kernels/losses.ts';
import { assembleMatrix } from './kernels/matrix.ts';
import { assembleMaxNorm } from './kernels/max-norm.ts';
import { assemblePack } from './kernels/pack.ts';
import { assembleMoments, assembleSlopes } from './kernels/row-sums.ts';
import { assembleTile, type TileShape, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';
import { assembleUpdate, UPDATE_ROWS } from './kernels/update.ts';
import { assembleWindows, type WindowLayout } from './kernels/windows.ts';

/** Position-independent code. It starts with the tape player. */
export interface Code {
  readonly code: Uint8Array;
  readonly layout: CodeLayout;
}

/** Offsets of the kernels in the code, as JSON. */
export interface CodeLayout {
  readonly type: ElementType;
  readonly width: number; // elements of a vector
  readonly tileVectors: number; // vectors of the widest tile, for y and dx
  readonly leafVectors: number; // vectors of the widest tile, for dW
  readonly tiles: TilePlaces;
  readonly listedTiles: TilePlaces;
  readonly laneTiles: TilePlaces; // of one vector
  readonly lists: readonly number[]; // [M] kernels that list the terms of listed tiles
  readonly packs: Readonly<Record<number, number>>; // [vectors]
  readonly transposes: readonly number[]; // [rows]
  readonly updates: Readonly<Record<string, Readonly<Record<number, FormulaKernel>>>>; // by operation name: [rows]
  readonly maxNorm: ColumnKernel;
  readonly gather: number;
  readonly locate: number;
  readonly elementwise: Readonly<Record<string, FormulaKernel>>; // by operation name
  readonly matrices: Readonly<Record<string, ColumnKernel>>; // by operation name
  readonly columnSums: Readonly<Record<TermsName, ColumnKernel>>;
  readonly rowSums: Readonly<Record<RowFormulaName, number>>;
  readonly rowFormulas: Readonly<Record<RowFormulaName, ColumnKernel>>;
  readonly losses: LossLayout;
  readonly dropout: number;
  readonly windows: WindowLayout;
}

/** [vectors][M]; `masked` is for columns that do not fill the last vector. */
export type TilePlaces = Readonly<
  Record<number, { readonly full: readonly number[]; readonly masked: readonly number[] }>
>;

/** Assembles all kernels for one processor type and element type. */
export function assembleCode(isa: Isa): Code {
  const { width } = isa.vectors;
  const upTo = (most: number, assemble: (M: number) => number): number[] =>
    Array.from({ length: most + 1 }, (_, M) => (M === 0 ? -1 : assemble(M)));
  const { vectors: tileVectors, leafVectors } = isa.tile;
  const mostVectors = Math.max(tileVectors, leafVectors);
  // Tiles for the last columns of a panel are as high as those of a narrow panel.
  const rowsOf = (vectors: number): number => tileRows(isa, Math.max(vectors, Math.min(tileVectors, leafVectors)));
  const listedRows = Math.min(rowsOf(mostVectors), LISTED_ROWS);
  const tilesOf = (vectors: number, terms: TileShape['terms']) => {
    const most = { all: rowsOf(vectors), listed: listedRows, lanes: tileRows(isa, 1) }[terms];
    const [full, masked] = [false, true].map((masked) =>
      upTo(most, (M) => assembleTile(isa, { M, vectors, masked, terms })),
    );
    return { full, masked };
  };
  const tiles: Record<number, { full: number[]; masked: number[] }> = {};
  const listedTiles: Record<number, { full: number[]; masked: number[] }> = {};
  const packs: Record<number, number> = {};
  for (let vectors = 1; vectors <= mostVectors; vectors++) {
    packs[vectors] = assemblePack(isa, vectors);
    tiles[vectors] = tilesOf(vectors, 'all');
    listedTiles[vectors] = tilesOf(vectors, 'listed');
  }
  const laneTiles = { 1: tilesOf(1, 'lanes') };
  const lists = upTo(listedRows, (M) => assembleListTerms(isa, M));
  const transposes = upTo(width, (M) => assembleTranspose(isa, M));
  const updates: Record<string, Record<number, FormulaKernel>> = {};
  for (const [name, update] of Object.entries(updateTable)) {
    updates[name] = Object.fromEntries(UPDATE_ROWS.map((count) => [count, assembleUpdate(isa, update, count)]));
  }
  const elementwise: Record<string, FormulaKernel> = {};
  for (const [name, operation] of Object.entries(table)) elementwise[name] = assembleElementwise(isa, operation);
  const matrices: Record<string, ColumnKernel> = {};
  for (const [name, operation] of Object.entries(matrixOps)) matrices[name] = assembleMatrix(isa, operation);
  const others = { maxNorm: assembleMaxNorm(isa), gather: assembleGather(isa), locate: assembleLocate(isa) };
  const layout = {
    type: isa.type,
    width,
    tileVectors,
    leafVectors,
    tiles,
    listedTiles,
    laneTiles,
    lists,
    packs,
    transposes,
    updates,
    elementwise,
    matrices,
    columnSums: {
      plain: assembleColumnSums(isa, columnTerms.plain, 1),
      squares: assembleColumnSums(isa, columnTerms.squares, 1),
      byColumn: assembleColumnSums(isa, columnTerms.byColumn, 2),
      byRow: assembleColumnSums(isa, columnTerms.byRow, 2),
      scaled: assembleColumnSums(isa, columnTerms.scaled, 1),
    },
    rowSums: {
      layerNormForward: assembleMoments(isa, true),
      layerNormBackwardInput: assembleSlopes(isa, true),
      rmsNormForward: assembleMoments(isa, false),
      rmsNormBackwardInput: assembleSlopes(isa, false),
    },
    rowFormulas: {
      layerNormForward: assembleMatrix(isa, rowFormulas.layerNormForward),
      layerNormBackwardInput: assembleMatrix(isa, rowFormulas.layerNormBackwardInput),
      rmsNormForward: assembleMatrix(isa, rowFormulas.rmsNormForward),
      rmsNormBackwardInput: assembleMatrix(isa, rowFormulas.rmsNormBackwardInput),
    },
    losses: assembleLosses(isa),
    dropout: assembleDropout(isa),
    windows: assembleWindows(isa),
    ...others,
  };
  return { code: isa.code(), layout };
}

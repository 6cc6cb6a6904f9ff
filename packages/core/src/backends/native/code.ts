import type { ElementType } from '../../math/element-type.ts';
import { elementwise as table } from './formulas/index.ts';
import { columnTerms, matrixOps, type RowFormulaName, rowFormulas, type TermsName } from './formulas/norms.ts';
import type { Isa } from './isa/isa.ts';
import { ADAM_ROWS, assembleAdam } from './kernels/adam.ts';
import { assembleAdd } from './kernels/add.ts';
import type { ColumnKernel } from './kernels/column-groups.ts';
import { assembleColumnSums } from './kernels/column-sums.ts';
import { assembleDropout } from './kernels/dropout.ts';
import { assembleElementwise, type ElementwiseKernel } from './kernels/elementwise.ts';
import { assembleGather } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleLocate } from './kernels/locate.ts';
import { assembleLosses, type LossLayout } from './kernels/losses.ts';
import { assembleMatrix } from './kernels/matrix.ts';
import { assemblePack } from './kernels/pack.ts';
import { assembleMoments, assembleSlopes } from './kernels/row-sums.ts';
import { assembleTile, type TileShape, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';
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
  readonly arithmeticWidth: number; // elements of a vector in updates and gathering
  readonly tileVectors: number; // vectors of the widest tile, for y and dx
  readonly leafVectors: number; // vectors of the widest tile, for dW
  readonly tiles: TilePlaces;
  readonly listedTiles: TilePlaces;
  readonly laneTiles: TilePlaces; // of one vector
  readonly lists: readonly number[]; // [M] kernels that list the terms of listed tiles
  readonly packs: Readonly<Record<number, number>>; // [vectors]
  readonly transposes: readonly number[]; // [rows]
  readonly adam: Readonly<Record<number, number>>; // [rows]
  readonly add: number;
  readonly gather: number;
  readonly locate: number;
  readonly elementwise: Readonly<Record<string, ElementwiseKernel>>; // by operation name
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
  const adam: Record<number, number> = {};
  for (const count of ADAM_ROWS) adam[count] = assembleAdam(isa, count);
  const elementwise: Record<string, ElementwiseKernel> = {};
  for (const [name, operation] of Object.entries(table)) elementwise[name] = assembleElementwise(isa, operation);
  const matrices: Record<string, ColumnKernel> = {};
  for (const [name, operation] of Object.entries(matrixOps)) matrices[name] = assembleMatrix(isa, operation);
  const others = { add: assembleAdd(isa), gather: assembleGather(isa), locate: assembleLocate(isa) };
  const layout = {
    type: isa.type,
    width,
    arithmeticWidth: isa.arithmetic.width,
    tileVectors,
    leafVectors,
    tiles,
    listedTiles,
    laneTiles,
    lists,
    packs,
    transposes,
    adam,
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

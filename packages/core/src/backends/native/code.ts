import type { ElementType } from '../../math/element-type.ts';
import { type AttentionFormulaName, attentionFormulas } from './formulas/attention.ts';
import type { Elementwise } from './formulas/elementwise.ts';
import { elementwise } from './formulas/index.ts';
import { lossFormulas } from './formulas/losses.ts';
import {
  type ColumnTerms,
  columnTerms,
  type MatrixFormula,
  matrixOps,
  type RowFormulaName,
  rowFormulas,
  type TermsName,
} from './formulas/norms.ts';
import { recurrentOps } from './formulas/recurrent.ts';
import { type Update, updates } from './formulas/updates.ts';
import type { Isa } from './isa/isa.ts';
import { type AugmentKernel, augmentKernels } from './kernels/augment.ts';
import type { ColumnKernel } from './kernels/column-groups.ts';
import { assembleColumnSums } from './kernels/column-sums.ts';
import { assembleDropout } from './kernels/dropout.ts';
import { assembleElementwise, type FormulaKernel } from './kernels/elementwise.ts';
import { assembleGather } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleListedSums } from './kernels/listed-sums.ts';
import { assembleLocate } from './kernels/locate.ts';
import { type LossKernel, lossKernels } from './kernels/losses.ts';
import { assembleMatrix } from './kernels/matrix.ts';
import { assembleMaxNorm } from './kernels/max-norm.ts';
import { type MoveKernel, moveKernels } from './kernels/moves.ts';
import { assemblePack } from './kernels/pack.ts';
import { assembleRotate } from './kernels/rotate.ts';
import { assembleMoments, assembleSlopes } from './kernels/row-sums.ts';
import { type StepKernel, stepKernels } from './kernels/steps.ts';
import { assembleTile, type TileShape, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';
import { assembleUpdate, UPDATE_ROWS } from './kernels/update.ts';
import { assembleWindows, type WindowPlaces, type WindowWork, windowWorks } from './kernels/windows.ts';

/** Position-independent code. It starts with the tape player. */
export interface Code {
  readonly code: Uint8Array;
  readonly layout: ProductLayout;
}

/** Offsets of the kernels of products, and of the few that every run calls, as JSON. */
export interface ProductLayout {
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
  readonly gather: number;
  readonly locate: number;
}

/** Offsets of all kernels. Those that `ProductLayout` lacks are assembled when they are first read. */
export interface CodeLayout extends ProductLayout {
  readonly updates: Readonly<Record<string, Readonly<Record<number, FormulaKernel>>>>; // by operation name: [rows]
  readonly elementwise: Readonly<Record<string, FormulaKernel>>; // by operation name
  readonly recurrent: Readonly<Record<string, FormulaKernel>>; // by operation name
  readonly matrices: Readonly<Record<string, ColumnKernel>>; // by operation name
  readonly columnSums: Readonly<Record<TermsName, ColumnKernel>>;
  readonly rowSums: Readonly<Record<RowFormulaName, number>>;
  readonly rowFormulas: Readonly<Record<RowFormulaName, ColumnKernel>>;
  readonly attention: Readonly<Record<AttentionFormulaName, ColumnKernel>>;
  readonly lossFormulas: Readonly<Record<string, FormulaKernel>>; // by their names in `lossFormulas`
  readonly losses: Readonly<Record<LossKernel, number>>;
  readonly windows: Readonly<Record<WindowWork, WindowPlaces>>;
  readonly stepKernels: Readonly<Record<StepKernel, number>>;
  readonly moveKernels: Readonly<Record<MoveKernel, number>>;
  readonly rotate: Readonly<Record<'forth' | 'back', number>>;
  readonly listedSums: ColumnKernel;
  readonly augment: Readonly<Record<AugmentKernel, number>>;
  readonly dropout: number;
  readonly maxNorm: ColumnKernel;
}

/** [vectors][M]; `masked` is for columns that do not fill the last vector. */
export type TilePlaces = Readonly<
  Record<number, { readonly full: readonly number[]; readonly masked: readonly number[] }>
>;

/** Assembles the kernels of products for one processor type and element type. */
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
    const kernels = (masked: boolean) => upTo(most, (M) => assembleTile(isa, { M, vectors, masked, terms }));
    const masked = kernels(true);
    // Where masks have registers of their own, a mask of all lanes takes no time in y and dx, but 1 to 2 % in dW and
    // lanes.
    const areSame = isa.formulas.maskRegisters > 0 && vectors !== leafVectors && terms !== 'lanes';
    return { full: areSame ? masked : kernels(false), masked };
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
    gather: assembleGather(isa),
    locate: assembleLocate(isa),
  };
  return { code: isa.code(), layout };
}

/** Places the code of a kernel where the code of products can call it, and returns what `assemble` returns. */
export type PlaceKernel = <T>(assemble: (isa: Isa) => T) => T;

/** Adds the kernels that are assembled when they are first read: a run needs few of them. */
export function withOtherKernels(layout: ProductLayout, place: PlaceKernel): CodeLayout {
  const formula = (own: Elementwise) => () => place((isa) => assembleElementwise(isa, own));
  const matrix = (own: MatrixFormula) => () => place((isa) => assembleMatrix(isa, own));
  const kernel = (assemble: (isa: Isa) => number) => () => place(assemble);
  const sums = (terms: ColumnTerms, count: number) => () => place((isa) => assembleColumnSums(isa, terms, count));
  const update = (own: Update) => () =>
    whenRead(
      Object.fromEntries(UPDATE_ROWS.map((rows) => [rows, () => place((isa) => assembleUpdate(isa, own, rows))])),
    );
  const all = {
    updates: whenRead(mapped(updates, update)),
    elementwise: whenRead(mapped(elementwise, formula)),
    recurrent: whenRead(mapped(recurrentOps, formula)),
    matrices: whenRead(mapped(matrixOps, matrix)),
    columnSums: whenRead({
      plain: sums(columnTerms.plain, 1),
      squares: sums(columnTerms.squares, 1),
      byColumn: sums(columnTerms.byColumn, 2),
      byRow: sums(columnTerms.byRow, 2),
      scaled: sums(columnTerms.scaled, 1),
    }),
    rowSums: whenRead({
      layerNormForward: kernel((isa) => assembleMoments(isa, true)),
      layerNormBackwardInput: kernel((isa) => assembleSlopes(isa, true)),
      rmsNormForward: kernel((isa) => assembleMoments(isa, false)),
      rmsNormBackwardInput: kernel((isa) => assembleSlopes(isa, false)),
    }),
    rowFormulas: whenRead(mapped(rowFormulas, matrix)),
    attention: whenRead(mapped(attentionFormulas, matrix)),
    lossFormulas: whenRead(mapped(lossFormulas, formula)),
    losses: whenRead(mapped(lossKernels, kernel)),
    augment: whenRead(mapped(augmentKernels, kernel)),
    stepKernels: whenRead(mapped(stepKernels, kernel)),
    moveKernels: whenRead(mapped(moveKernels, kernel)),
    rotate: whenRead({
      forth: kernel((isa) => assembleRotate(isa, false)),
      back: kernel((isa) => assembleRotate(isa, true)),
    }),
    windows: whenRead(mapped(windowWorks, (work) => () => place((isa) => assembleWindows(isa, work)))),
  };
  return Object.assign(
    whenRead({
      dropout: kernel(assembleDropout),
      maxNorm: () => place(assembleMaxNorm),
      listedSums: () => place(assembleListedSums),
    }),
    all,
    layout,
  );
}

/** A table of the same names, with other values. */
const mapped = <Name extends string, From, To>(
  table: Readonly<Record<Name, From>>,
  to: (value: From) => To,
): Record<Name, To> =>
  Object.fromEntries(Object.entries<From>(table).map(([name, value]) => [name, to(value)])) as Record<Name, To>;

/** A record whose values are made when they are first read. */
function whenRead<T extends object>(makers: { readonly [Name in keyof T]: () => T[Name] }): T {
  const record = {} as T;
  for (const name of Object.keys(makers) as (keyof T)[]) {
    const get = (): T[keyof T] => {
      const value = makers[name]();
      Object.defineProperty(record, name, { value });
      return value;
    };
    Object.defineProperty(record, name, { configurable: true, enumerable: true, get });
  }
  return record;
}

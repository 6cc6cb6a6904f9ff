import type { ElementType } from '../math/element-type.ts';
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

/** Position-independent code with the kernels of products. It starts with the tape player. */
export interface Code {
  readonly code: Uint8Array;
  readonly layout: ProductLayout;
}

/** Offsets of the kernels of products in code that all threads share, as JSON. */
export interface ProductLayout {
  readonly type: ElementType;
  readonly offsets: Readonly<Record<string, number>>; // by the names of `productKernels`
}

/**
 * The kernels of products, and the few others that every run calls. Their offsets are found when they are asked for.
 */
export interface ProductKernels {
  readonly type: ElementType;
  readonly width: number; // elements of a vector
  readonly tileVectors: number; // vectors of the widest tile, for y and dx
  readonly leafVectors: number; // vectors of the widest tile, for dW
  readonly listedRows: number; // most rows of a listed tile
  /** Most rows of a tile of so many vectors. */
  tileRows(vectors: number, terms: TileShape['terms']): number;
  /** `masked` is for columns that do not fill the last vector. */
  tile(vectors: number, terms: TileShape['terms'], masked: boolean, M: number): number;
  /** Lists the terms of a listed tile of M rows. */
  list(M: number): number;
  pack(vectors: number): number;
  transpose(rows: number): number;
  gather(): number;
  locate(): number;
}

/** Offsets of all kernels. Those that are not in `ProductLayout` are assembled when they are first read. */
export interface CodeLayout extends ProductKernels {
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

/** The offset of the kernel of this name, which `assemble` makes. */
type OffsetOf = (name: string, assemble: (isa: Isa) => number) => number;

/** The kernels of products on a processor. */
function productKernels(isa: Isa, offsetOf: OffsetOf): ProductKernels {
  const { type, tile, formulas } = isa;
  const { vectors: tileVectors, leafVectors, narrowVectors } = tile;
  const rowsOf = (vectors: number): number => tileRows(isa, Math.max(vectors, narrowVectors));
  const listedRows = Math.min(rowsOf(Math.max(tileVectors, leafVectors)), LISTED_ROWS);
  const laneRows = tileRows(isa, 1);
  /**
   * Where masks have registers of their own, one of all lanes takes no time in y and dx, but 1 to 2 % in dW and lanes.
   */
  const isOne = (vectors: number, terms: TileShape['terms']): boolean =>
    formulas.maskRegisters > 0 && vectors !== leafVectors && terms !== 'lanes';
  const kernels = (name: string, assemble: (k: number) => (isa: Isa) => number) =>
    numbered((k) => offsetOf(`${name} ${k}`, assemble(k)));
  const tiles = (vectors: number, terms: TileShape['terms'], masked: boolean) =>
    kernels(
      `${masked ? 'masked ' : ''}tile of ${terms}, ${vectors} vectors,`,
      (M) => (isa) => assembleTile(isa, { M, vectors, masked, terms }),
    );
  const made = Object.fromEntries(
    (['all', 'listed', 'lanes'] as const).map((terms) => [
      terms,
      Array.from({ length: Math.max(tileVectors, leafVectors) + 1 }, (_, vectors) => {
        const masked = tiles(vectors, terms, true);
        return { masked, full: isOne(vectors, terms) ? masked : tiles(vectors, terms, false) };
      }),
    ]),
  );
  return {
    type,
    width: isa.vectors.width,
    tileVectors,
    leafVectors,
    listedRows,
    tileRows: (vectors, terms) => (terms === 'all' ? rowsOf(vectors) : terms === 'listed' ? listedRows : laneRows),
    tile: (vectors, terms, masked, M) => made[terms][vectors][masked ? 'masked' : 'full'](M),
    list: kernels('list', (M) => (isa) => assembleListTerms(isa, M)),
    pack: kernels('pack', (vectors) => (isa) => assemblePack(isa, vectors)),
    transpose: kernels('transpose', (rows) => (isa) => assembleTranspose(isa, rows)),
    gather: () => offsetOf('gather', assembleGather),
    locate: () => offsetOf('locate', assembleLocate),
  };
}

/** A function that keeps what it returns for each number. */
function numbered(make: (k: number) => number): (k: number) => number {
  const made: number[] = [];
  return (k) => {
    made[k] ??= make(k);
    return made[k];
  };
}

/** Assembles the kernels of products for one processor type and element type. */
export function assembleCode(isa: Isa): Code {
  const offsets: Record<string, number> = {};
  const kernels = productKernels(isa, (name, assemble) => {
    offsets[name] ??= assemble(isa);
    return offsets[name];
  });
  const { tileVectors, leafVectors, listedRows, width } = kernels;
  const upTo = (most: number, make: (k: number) => number): void => {
    for (let k = 1; k <= most; k++) make(k);
  };
  const mostVectors = Math.max(tileVectors, leafVectors);
  upTo(mostVectors, kernels.pack);
  for (const terms of ['all', 'listed', 'lanes'] as const) {
    for (let vectors = 1; vectors <= (terms === 'lanes' ? 1 : mostVectors); vectors++) {
      for (const masked of [false, true]) {
        upTo(kernels.tileRows(vectors, terms), (M) => kernels.tile(vectors, terms, masked, M));
      }
    }
  }
  upTo(listedRows, kernels.list);
  upTo(width, kernels.transpose);
  kernels.gather();
  kernels.locate();
  return { code: isa.code(), layout: { type: isa.type, offsets } };
}

/** Places the code of a kernel where the code of products can call it, and returns what `assemble` returns. */
export type PlaceKernel = <T>(assemble: (isa: Isa) => T) => T;

/**
 * All kernels, assembled when they are first read: a run needs few of them. Those of products are at `offsets`, or are
 * assembled likewise. `isa` is only asked for its sizes.
 */
export function createLayout(isa: Isa, place: PlaceKernel, offsets?: Readonly<Record<string, number>>): CodeLayout {
  const products = productKernels(isa, (name, assemble) => offsets?.[name] ?? place(assemble));
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
    products,
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

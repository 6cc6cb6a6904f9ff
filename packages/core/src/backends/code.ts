import type { Expression } from '../families/scalars/expression.ts';
import type { ElementType } from '../math/element-type.ts';
import { recurrentOps } from '../program/ops/recurrent.ts';
import type { Elementwise } from './formulas/arithmetic.ts';
import { type AttentionFormulaName, attentionFormulas } from './formulas/attention.ts';
import { elementwiseOf, type KernelInput } from './formulas/expression.ts';
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
import { type Update, updates } from './formulas/updates.ts';
import type { Isa } from './isa/isa.ts';
import { type AugmentKernel, augmentKernels } from './kernels/augment.ts';
import type { ColumnKernel } from './kernels/column-groups.ts';
import { assembleColumnSums } from './kernels/column-sums.ts';
import { assembleDropout } from './kernels/dropout.ts';
import { assembleElementwise, fitsElementwise } from './kernels/elementwise.ts';
import { assembleGather, assembleLocate } from './kernels/gather.ts';
import { assembleListTerms, LISTED_ROWS } from './kernels/list-terms.ts';
import { assembleListedSums } from './kernels/listed-sums.ts';
import { type LossKernel, lossKernels } from './kernels/losses.ts';
import { assembleMatrix } from './kernels/matrix.ts';
import { assembleMaxNorm } from './kernels/max-norm.ts';
import { type MoveKernel, moveKernels } from './kernels/moves.ts';
import { assemblePack } from './kernels/pack.ts';
import { rotateKernels } from './kernels/rotate.ts';
import { rowSumKernels } from './kernels/row-sums.ts';
import { type StepKernel, stepKernels } from './kernels/steps.ts';
import { type StridedKernel, stridedKernels } from './kernels/strided.ts';
import { assembleTile, type TileShape, tileRows } from './kernels/tile.ts';
import { assembleTranspose } from './kernels/transpose.ts';
import { assembleUpdate, UPDATE_ROWS } from './kernels/update.ts';
import {
  assembleWindows,
  type Channels,
  type WindowKernel,
  type WindowOffsets,
  windowKernels,
} from './kernels/windows.ts';
import { type WinogradKernel, winogradKernels } from './kernels/winograd.ts';

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

/** Offsets of the kernels of products, `gather` and `locate`. Each is found when its function is first called. */
export interface ProductKernels {
  readonly type: ElementType;
  readonly width: number; // elements of a vector
  readonly tileVectors: number; // vectors of the widest tile, for y and dx
  readonly leafVectors: number; // vectors of the widest tile, for dW
  readonly listedRows: number; // maximum rows of a listed tile
  /** Vectors of the widest tile of so many rows, for y: few rows leave registers for more columns. */
  vectorsFor(rows: number): number;
  /** Maximum rows of a tile of so many vectors. */
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
  readonly updates: Readonly<Record<string, Readonly<Record<number, number>>>>; // by operation name: [rows]
  readonly elementwise: Readonly<Record<string, number>>; // by operation name
  readonly recurrent: Readonly<Record<string, number>>; // by operation name
  readonly matrices: Readonly<Record<string, ColumnKernel>>; // by operation name
  readonly columnSums: Readonly<Record<TermsName, ColumnKernel>>;
  readonly rowSums: Readonly<Record<RowFormulaName, number>>;
  readonly rowFormulas: Readonly<Record<RowFormulaName, ColumnKernel>>;
  readonly attention: Readonly<Record<AttentionFormulaName, ColumnKernel>>;
  readonly lossFormulas: Readonly<Record<string, number>>; // by their names in `lossFormulas`
  readonly losses: Readonly<Record<LossKernel, number>>;
  readonly windows: Readonly<Record<WindowKernel, WindowOffsets>>;
  readonly winograd: Readonly<Record<WinogradKernel, WindowOffsets>>;
  readonly stepKernels: Readonly<Record<StepKernel, number>>;
  readonly moveKernels: Readonly<Record<MoveKernel, number>>;
  readonly strided: Readonly<Record<StridedKernel, number>>;
  readonly rotate: Readonly<Record<'forth' | 'back', number>>;
  readonly listedSums: ColumnKernel;
  readonly augment: Readonly<Record<AugmentKernel, number>>;
  readonly dropout: number;
  readonly maxNorm: ColumnKernel;
  /** The kernel of an expression, which reads these inputs; null if it takes more registers than there are. */
  formula(expression: Expression, inputs: readonly KernelInput[]): number | null;
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
  const vectorsFor = (rows: number): number =>
    Math.max(tileVectors, Math.floor((isa.vectorRegisters - tile.factors) / (rows + 1)));
  /**
   * Whether the masked kernel serves full vectors, too. Where masks have registers of their own, a mask of all lanes
   * takes no time in y and dx, but 1 to 2 % in dW and lanes.
   */
  const hasOneKernel = (vectors: number, terms: TileShape['terms']): boolean =>
    formulas.maskRegisters > 0 && vectors !== leafVectors && terms !== 'lanes';
  const kernels = (name: string, assemble: (k: number) => (isa: Isa) => number) =>
    memoize((k) => offsetOf(`${name} ${k}`, assemble(k)));
  const tiles = (vectors: number, terms: TileShape['terms'], masked: boolean) =>
    kernels(
      `${masked ? 'masked ' : ''}tile of ${terms}, ${vectors} vectors,`,
      (M) => (isa) => assembleTile(isa, { M, vectors, masked, terms }),
    );
  const tileKernels = Object.fromEntries(
    (['all', 'listed', 'lanes'] as const).map((terms) => [
      terms,
      Array.from({ length: Math.max(vectorsFor(1), leafVectors) + 1 }, (_, vectors) => {
        const masked = tiles(vectors, terms, true /* masked */);
        return { masked, full: hasOneKernel(vectors, terms) ? masked : tiles(vectors, terms, false) };
      }),
    ]),
  );
  return {
    type,
    width: isa.vectors.width,
    tileVectors,
    leafVectors,
    listedRows,
    vectorsFor,
    tileRows: (vectors, terms) =>
      terms === 'lanes' ? laneRows : Math.min(rowsOf(vectors), terms === 'listed' ? listedRows : Infinity),
    tile: (vectors, terms, masked, M) => tileKernels[terms][vectors][masked ? 'masked' : 'full'](M),
    list: kernels('list', (M) => (isa) => assembleListTerms(isa, M)),
    pack: kernels('pack', (vectors) => (isa) => assemblePack(isa, vectors)),
    transpose: kernels('transpose', (rows) => (isa) => assembleTranspose(isa, rows)),
    gather: () => offsetOf('gather', assembleGather),
    locate: () => offsetOf('locate', assembleLocate),
  };
}

/** `make`, called once for each number. */
function memoize(make: (k: number) => number): (k: number) => number {
  const results: number[] = [];
  return (k) => {
    results[k] ??= make(k);
    return results[k];
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
  const eachUpTo = (last: number, make: (k: number) => number): void => {
    for (let k = 1; k <= last; k++) make(k);
  };
  const maxVectors = Math.max(tileVectors, leafVectors);
  eachUpTo(maxVectors, kernels.pack);
  for (const terms of ['all', 'listed', 'lanes'] as const) {
    for (let vectors = 1; vectors <= (terms === 'lanes' ? 1 : maxVectors); vectors++) {
      for (const masked of [false, true]) {
        eachUpTo(kernels.tileRows(vectors, terms), (M) => kernels.tile(vectors, terms, masked, M));
      }
    }
  }
  eachUpTo(listedRows, kernels.list);
  eachUpTo(width, kernels.transpose);
  kernels.gather();
  kernels.locate();
  return { code: isa.code(), layout: { type: isa.type, offsets } };
}

/** Makes the code of a kernel callable by the code of products. Returns what `assemble` returns. */
export type InstallKernel = <T>(assemble: (isa: Isa) => T) => T;

/**
 * All kernels. Each is assembled when it is first read, since a run needs few of them. The kernels of products are
 * instead at `offsets` if given. Only sizes are read from `isa`.
 */
export function createLayout(isa: Isa, install: InstallKernel, offsets?: Readonly<Record<string, number>>): CodeLayout {
  const products = productKernels(isa, (name, assemble) => offsets?.[name] ?? install(assemble));
  const formula = (operation: Elementwise) => () => install((isa) => assembleElementwise(isa, operation));
  const matrix = (formula: MatrixFormula) => () => install((isa) => assembleMatrix(isa, formula));
  const kernel = (assemble: (isa: Isa) => number) => () => install(assemble);
  const expressionKernels = new Map<string, number | null>();
  const sums = (terms: ColumnTerms) => () => install((isa) => assembleColumnSums(isa, terms));
  const windows = (maxVectors?: number) => (kernel: (isa: Isa, channels: Channels) => number) => () =>
    install((isa) => assembleWindows(isa, kernel, maxVectors));
  const update = (update: Update) => () =>
    lazyRecord(
      Object.fromEntries(UPDATE_ROWS.map((rows) => [rows, () => install((isa) => assembleUpdate(isa, update, rows))])),
    );
  return Object.assign(
    lazyRecord({
      dropout: kernel(assembleDropout),
      maxNorm: () => install(assembleMaxNorm),
      listedSums: () => install(assembleListedSums),
    }),
    products,
    {
      updates: lazyRecord(mapValues(updates, update)),
      elementwise: lazyRecord(mapValues(elementwise, formula)),
      recurrent: lazyRecord(mapValues(recurrentOps, formula)),
      matrices: lazyRecord(mapValues(matrixOps, matrix)),
      columnSums: lazyRecord(mapValues(columnTerms, sums)),
      rowSums: lazyRecord(mapValues(rowSumKernels, kernel)),
      rowFormulas: lazyRecord(mapValues(rowFormulas, matrix)),
      attention: lazyRecord(mapValues(attentionFormulas, matrix)),
      lossFormulas: lazyRecord(mapValues(lossFormulas, formula)),
      losses: lazyRecord(mapValues(lossKernels, kernel)),
      augment: lazyRecord(mapValues(augmentKernels, kernel)),
      stepKernels: lazyRecord(mapValues(stepKernels, kernel)),
      moveKernels: lazyRecord(mapValues(moveKernels, kernel)),
      strided: lazyRecord(mapValues(stridedKernels, kernel)),
      rotate: lazyRecord(mapValues(rotateKernels, kernel)),
      windows: lazyRecord(mapValues(windowKernels, windows())),
      winograd: lazyRecord(mapValues(winogradKernels, windows(1))),
      formula(expression: Expression, inputs: readonly KernelInput[]): number | null {
        const key = JSON.stringify([expression, inputs]);
        let offset = expressionKernels.get(key);
        if (offset === undefined) {
          const operation = elementwiseOf(expression, inputs);
          offset = fitsElementwise(isa, operation) ? formula(operation)() : null;
          expressionKernels.set(key, offset);
        }
        return offset;
      },
    },
  );
}

/** A table of the same names, with other values. */
const mapValues = <Name extends string, From, To>(
  table: Readonly<Record<Name, From>>,
  to: (value: From) => To,
): Record<Name, To> =>
  Object.fromEntries(Object.entries<From>(table).map(([name, value]) => [name, to(value)])) as Record<Name, To>;

/** A record whose values are made when they are first read. */
function lazyRecord<T extends object>(makers: { readonly [Name in keyof T]: () => T[Name] }): T {
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

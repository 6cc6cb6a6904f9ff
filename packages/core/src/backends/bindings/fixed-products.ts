import { leafCount } from '../../math/tree/index.ts';
import { addressOf } from '../../program/address.ts';
import type { Bound, FixedCall, TakeDoubles } from '../../program/kernels.ts';
import type { CodeLayout } from '../code.ts';
import { RUN } from '../kernels/tile.ts';
import { createCallRecorder } from './call-tape.ts';
import { listStep, type PanelMemory } from './panels/panel-memory.ts';
import { createPanels } from './panels/panels.ts';
import { writeLeaves } from './panels/tile-products.ts';
import { createNativeProducts, type Products } from './products.ts';
import { searchesZeros } from './sparsity.ts';

// Larger products take so long that JavaScript between them does not matter.
const MAX_ROWS = 256;
const MAX_WEIGHTS = 4096;
/** Maximum number of kernel calls of a product. */
const MAX_CALLS = 64;

/** Binds the products of dense layers: small ones to fixed calls, those that are large or skip zeros to functions. */
export type BindProducts = { readonly [Name in keyof Products]: (...args: Parameters<Products[Name]>) => Bound };

/** The products of `products`, small ones as fixed calls. */
export function withFixedProducts(
  products: Products,
  layout: CodeLayout,
  memory: PanelMemory,
  takeTable: TakeDoubles,
  scratch: Float64Array, // [nativeProductScratch] of the largest layer
): BindProducts {
  const recorder = createCallRecorder();
  const tables = new Map<string, number | null>(); // addresses of leaf tables; null: there was no room

  /**
   * Records the call that copies a table of leaves to `memory.table`, where products read it. Each leaf has one list of
   * up to `leafRows` terms, so `listStep(leafRows)` bytes lead to the next leaf's.
   */
  function placeLeaves(B: number, leafRows: number): void {
    const words = RUN.words * leafCount(B, leafRows);
    const key = `${B} ${leafRows}`;
    let address = tables.get(key);
    if (address === undefined) {
      const table = takeTable(words / 2);
      if (table !== null)
        writeLeaves(new Int32Array(table.buffer, table.byteOffset, words), B, leafRows, listStep(leafRows));
      address = table === null ? null : addressOf(table);
      tables.set(key, address);
    }
    if (address === null) throw tableOverflow;
    // The kernel copies elements, so the bytes of the words are counted in them.
    const values = [address, memory.table, ...memory.sizesOf((4 * words) / memory.bytes)];
    recorder.tape.writeAll(layout.elementwise.copy, Float64Array.from(values));
  }
  const panels = createPanels(layout, recorder.tape, memory, placeLeaves);
  const recordedProducts = createNativeProducts(panels, recorder.tape, scratch);

  /** The calls of a product, or null if there are too many or its table does not fit. */
  function record(run: () => void): readonly FixedCall[] | null {
    try {
      run();
    } catch (error) {
      if (error !== tableOverflow) throw error;
      recorder.takeCalls();
      return null;
    }
    const calls = recorder.takeCalls();
    return calls.length <= MAX_CALLS ? calls : null;
  }
  const isSmall = (B: number, I: number, O: number): boolean =>
    B <= MAX_ROWS && I * O <= MAX_WEIGHTS && !searchesZeros(I, O);

  return {
    affine(...args) {
      const [, , , , B, I, O] = args;
      return (isSmall(B, I, O) ? record(recordedProducts.affine(...args)) : null) ?? products.affine(...args);
    },
    affineBackwardInput(...args) {
      const [, , , B, I, O] = args;
      const calls = isSmall(B, I, O) ? record(recordedProducts.affineBackwardInput(...args)) : null;
      return calls ?? products.affineBackwardInput(...args);
    },
    affineBackwardWeights(...args) {
      const [, , , , B, , , I, O] = args;
      const calls = isSmall(B, I, O) ? record(recordedProducts.affineBackwardWeights(...args)) : null;
      return calls ?? products.affineBackwardWeights(...args);
    },
  };
}

/** Thrown while a product is recorded whose table finds no room. */
const tableOverflow = new Error('withFixedProducts: table of leaves has no room');

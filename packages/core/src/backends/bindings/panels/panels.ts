import type { ProductKernels } from '../../code.ts';
import type { CallTape } from '../call-tape.ts';
import { createPacking, type Packing } from './packing.ts';
import { LISTS, type PanelMemory } from './panel-memory.ts';
import { createTermLists, type TermLists } from './term-lists.ts';
import { createTileProducts, type PlaceLeaves, type TileProducts } from './tile-products.ts';

/** Products of panels. A panel has rows of as many columns as a tile. Arrays are byte offsets, steps are in bytes. */
export interface Panels extends PanelMemory, Packing, TermLists, TileProducts {
  readonly listedRows: number; // rows of the highest tile with listed terms
  readonly maxListedRows: number; // maximum number of rows of a call with listed terms
}

/** Records calls on `tape`, which the caller runs. */
export const createPanels = (
  layout: ProductKernels,
  tape: CallTape,
  memory: PanelMemory,
  placeLeaves?: PlaceLeaves,
): Panels => ({
  ...memory,
  ...createPacking(layout, tape, memory),
  ...createTermLists(layout, tape, memory),
  ...createTileProducts(layout, tape, memory, placeLeaves),
  listedRows: layout.listedRows,
  maxListedRows: LISTS * layout.listedRows,
});

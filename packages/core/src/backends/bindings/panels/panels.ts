import type { ProductKernels } from '../../code.ts';
import type { CallTape } from '../call-tape.ts';
import { createPacking } from './packing.ts';
import { LISTS, type PanelMemory } from './panel-memory.ts';
import { createTermLists } from './term-lists.ts';
import { createTileProducts, type PlaceLeaves } from './tile-products.ts';

/**
 * Products of panels. A panel has rows of as many columns as a tile. Arrays are byte offsets, steps are in bytes. Calls
 * are written to `tape`, which the caller runs.
 */
export const createPanels = (
  layout: ProductKernels,
  tape: CallTape,
  memory: PanelMemory,
  placeLeaves?: PlaceLeaves,
) => ({
  ...memory,
  ...createPacking(layout, tape, memory),
  ...createTermLists(layout, tape, memory),
  ...createTileProducts(layout, tape, memory, placeLeaves),
  listedRows: layout.listedRows, // rows of the highest tile with listed terms
  maxListedRows: LISTS * layout.listedRows, // maximum number of rows of a call with listed terms
});

export type Panels = ReturnType<typeof createPanels>;

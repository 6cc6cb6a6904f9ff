import type { ProductKernels } from '../../code.ts';
import type { CallTape } from '../call-tape.ts';
import { createPacking, type Packing } from './packing.ts';
import { LISTS, type PanelMemory } from './panel-memory.ts';
import { createTermLists, type TermLists } from './term-lists.ts';
import { createTileProducts, type PlaceLeaves, type TileProducts } from './tile-products.ts';

/** Products of panels. A panel has rows of as many columns as a tile. Arrays are byte offsets, steps are in bytes. */
export interface Panels
  extends Pick<
      PanelMemory,
      | 'type'
      | 'bytes'
      | 'width'
      | 'panelFor'
      | 'leafPanel'
      | 'leafPanelFor'
      | 'lanePanel'
      | 'zeros'
      | 'one'
      | 'maskOf'
      | 'singleOf'
    >,
    Packing,
    TermLists,
    TileProducts {
  readonly listedRows: number; // rows of the highest tile with listed terms
  readonly maxListedRows: number; // maximum of rows of a call with listed terms
}

/** Records calls on `tape`, which the caller runs. */
export function createPanels(
  layout: ProductKernels,
  tape: CallTape,
  memory: PanelMemory,
  placeLeaves?: PlaceLeaves,
): Panels {
  const { type, bytes, width, panelFor, leafPanel, leafPanelFor, lanePanel, zeros, one, maskOf, singleOf } = memory;
  const { pack, packAll, packTransposed } = createPacking(layout, tape, memory);
  const { listTerms, listLeaves, countTerms } = createTermLists(layout, tape, memory);
  const { multiply, setLeaves, sumLeaves, sumStrips, sumRuns } = createTileProducts(layout, tape, memory, placeLeaves);
  const { listedRows } = layout;
  return {
    type,
    bytes,
    width,
    panelFor,
    leafPanel,
    leafPanelFor,
    lanePanel,
    zeros,
    one,
    maskOf,
    singleOf,
    listedRows,
    maxListedRows: LISTS * listedRows,
    pack,
    packAll,
    packTransposed,
    listTerms,
    listLeaves,
    countTerms,
    multiply,
    setLeaves,
    sumLeaves,
    sumStrips,
    sumRuns,
  };
}

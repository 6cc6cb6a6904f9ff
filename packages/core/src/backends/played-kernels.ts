import { type Elements, FLOAT64, typeOf } from '../math/element-type.ts';
import { type Allocate, type KernelScratch, maxScratch, type ProductShape } from '../math/scratch.ts';
import type { Bound, FixedCall, Kernels } from '../program/kernels.ts';
import { createTapeMemory } from '../program/link.ts';
import { argumentOf, type Call } from '../program/op.ts';
import { gatherBytes } from '../program/reference/reference-kernels.ts';
import { createNativeAttention } from './bindings/attention/attention.ts';
import { createAugmentations } from './bindings/augmentations.ts';
import {
  type BindCall,
  bindByName,
  type CallTape,
  createBlocks,
  createCallTape,
  type PlayRepeatedly,
  type PlayTape,
} from './bindings/call-tape.ts';
import { createNativeConvolutions } from './bindings/convolutions/convolutions.ts';
import { createDropout } from './bindings/dropout.ts';
import { createElementwise } from './bindings/elementwise.ts';
import { createEmbeddings } from './bindings/embeddings.ts';
import { withFixedProducts } from './bindings/fixed-products.ts';
import { createFormulas } from './bindings/formulas.ts';
import { GATHER_SCRATCH } from './bindings/gather-bytes.ts';
import { createLosses } from './bindings/losses/losses.ts';
import { createRowKernels, LOSS_SCRATCH } from './bindings/losses/row-kernels.ts';
import { createRowReductions } from './bindings/losses/row-reductions.ts';
import { createColumnSums, PIECES_SCRATCH } from './bindings/matrices/column-sums.ts';
import { createMatrices } from './bindings/matrices/matrices.ts';
import { createRowNorms, ROW_NORM_SCRATCH } from './bindings/matrices/row-norms.ts';
import { createMoves } from './bindings/moves.ts';
import { createPanelMemory, PANELS_SCRATCH } from './bindings/panels/panel-memory.ts';
import { createPanels } from './bindings/panels/panels.ts';
import { createPools } from './bindings/pools.ts';
import { createNativeProducts, nativeProductScratch } from './bindings/products.ts';
import { createRecurrent } from './bindings/recurrent.ts';
import { createSequences } from './bindings/sequences.ts';
import { createSteps } from './bindings/steps.ts';
import { createStrided } from './bindings/strided.ts';
import { createUpdates, UPDATE_SCRATCH } from './bindings/updates.ts';
import type { CodeLayout } from './code.ts';
import { CALL_DOUBLES } from './isa/arguments.ts';
import { DROPOUT_SCRATCH } from './kernels/dropout.ts';
import { MACHINE_SCRATCH } from './wasm/machine.ts';

/** Code of kernels, and what runs it. */
export interface Machine {
  readonly name: Kernels['name'];
  readonly layout: CodeLayout;
  readonly play: PlayTape;
  readonly playRepeatedly: PlayRepeatedly | null; // null if the machine cannot repeat a tape by itself
}

/** Calls that a tape holds before they are played, at 0.06 us in machine code. It stays in the first-level cache. */
const TAPE_CALLS = 128;
/** Doubles of scratch for tables of fixed calls. */
const TABLES_SCRATCH = 4096;

/** Takes the scratch of the kernels for products of these shapes. */
export const takeKernelScratch = (products: readonly ProductShape[], allocate: Allocate): KernelScratch => ({
  // Arrays of the same size for every network come first: models that share a memory share the constants in them.
  tape: allocate(TAPE_CALLS * CALL_DOUBLES, FLOAT64),
  machine: allocate(MACHINE_SCRATCH, FLOAT64),
  panels: allocate(PANELS_SCRATCH, FLOAT64),
  tables: allocate(TABLES_SCRATCH, FLOAT64),
  pieces: allocate(PIECES_SCRATCH, FLOAT64),
  updates: allocate(UPDATE_SCRATCH, FLOAT64),
  gathering: allocate(GATHER_SCRATCH, FLOAT64),
  rowNorms: allocate(ROW_NORM_SCRATCH, FLOAT64),
  losses: allocate(LOSS_SCRATCH, FLOAT64),
  dropout: allocate(DROPOUT_SCRATCH, FLOAT64),
  products: allocate(maxScratch(products, nativeProductScratch), FLOAT64),
});

/** Binds operations to the kernels of a machine. `bind` returns null for those that are left to plain code. */
export function createPlayedKernels(machine: Machine, scratch: KernelScratch): Kernels & { readonly tape: CallTape } {
  const { name, layout, play, playRepeatedly } = machine;
  const tape = createCallTape(scratch.tape, (calls, data) => play(scratch.tape, calls, data));
  const memory = createPanelMemory(layout, scratch.panels);
  const panels = createPanels(layout, tape, memory);
  const blocks = createBlocks(layout, play, playRepeatedly);
  const bindOnOwnTape = (calls: readonly FixedCall[]) => blocks(calls, () => null).run; // null: no tape in the memory
  const { take: takeTable } = createTapeMemory(scratch.tables);
  const dense = createNativeProducts(panels, tape, scratch.products);
  const products = {
    ...withFixedProducts(dense, layout, memory, takeTable, scratch.products),
    ...createNativeConvolutions(layout, panels, tape, scratch.products),
    ...createNativeAttention(layout, panels, tape, scratch.products, scratch.dropout),
  };
  const rowKernels = createRowKernels(layout, panels, scratch.losses);
  const binders: readonly BindCall[] = [
    bindByName(products),
    createUpdates(layout, panels, scratch.updates),
    createElementwise(layout, panels),
    createLosses(layout, rowKernels),
    createRowReductions(rowKernels),
    createFormulas(layout, panels),
    createMatrices(layout, panels),
    createColumnSums(layout, bindOnOwnTape, takeTable, panels, scratch.pieces),
    createRowNorms(layout, panels, scratch.rowNorms),
    createRecurrent(layout, tape, panels),
    createDropout(layout, panels, scratch.dropout),
    createPools(layout, panels),
    createSteps(layout),
    createMoves(layout, panels),
    createStrided(layout, panels),
    createAugmentations(layout, tape, panels, scratch.pieces),
    createEmbeddings(layout, tape, panels, scratch.pieces),
    createSequences(layout, tape, panels, scratch.pieces),
  ];
  function bind(call: Call): Bound | null {
    // Code is made for one type.
    if (!isOfType(call, layout)) return null;
    if (Object.hasOwn(products, call.op.name) && argumentOf(call, 'B') === 0) return null; // kernels take a row or more
    for (const bindByKind of binders) {
      const bound = bindByKind(call);
      if (bound !== null) return bound;
    }
    return null;
  }
  return { name, bind, blocks, gatherBytes, tape };
}

export const arraysOf = ({ op, args }: Call): Elements[] =>
  Object.values(op.operands).flatMap(({ kind }, k) =>
    kind === 'array' || kind === 'arrays' ? (args[k] as Elements | Elements[]) : [],
  );

/** Whether all arrays of a call have the type that they have in a run of the layout's type. */
const isOfType = ({ op, args }: Call, { type }: CodeLayout): boolean =>
  Object.values(op.operands).every((operand, k) => {
    if (operand.kind !== 'array' && operand.kind !== 'arrays') return true;
    const expected = operand.type === 'element' ? type : operand.type;
    const arrays = operand.kind === 'array' ? [args[k] as Elements] : (args[k] as Elements[]);
    return arrays.every((array) => typeOf(array) === expected);
  });

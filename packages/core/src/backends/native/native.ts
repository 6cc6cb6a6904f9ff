import { bytesOfElements, type Elements, type ElementType, FLOAT64, typeOf } from '../../math/element-type.ts';
import {
  type Allocate,
  type KernelScratch,
  type MachineCodeScratch,
  mostScratch,
  type ProductShape,
  viewOf,
} from '../../math/scratch.ts';
import { addressOf, placeOutside } from '../../program/address.ts';
import type { GatherBytes, Kernels } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import { gatherBytes as plain } from '../../program/reference/gather-bytes.ts';
import { createWasmKernels, wasmProductScratch } from '../wasm/wasm.ts';
import { allArrays } from '../wasm/wasm-tape.ts';
import type { WasmMemory, WasmModule } from '../wasm/webassembly.ts';
import { withProducts } from '../with-products.ts';
import { type Attention, createNativeAttention } from './attention/attention.ts';
import { type BindCall, type CallTape, createCallTape, createRecorder, type TakeTable } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { type Convolutions, createNativeConvolutions } from './convolutions/convolutions.ts';
import { createDropout } from './dropout.ts';
import { createElementwise } from './elementwise.ts';
import { CALL_DOUBLES } from './isa/arguments.ts';
import { DROPOUT_SCRATCH } from './kernels/dropout.ts';
import { gatherArguments } from './kernels/gather.ts';
import { locateArguments } from './kernels/locate.ts';
import { createLosses } from './losses/losses.ts';
import { LOSS_SCRATCH } from './losses/row-kernels.ts';
import { createColumnSums, PIECES_SCRATCH } from './matrices/column-sums.ts';
import { createMatrices } from './matrices/matrices.ts';
import { createRowNorms, ROW_NORM_SCRATCH } from './matrices/row-norms.ts';
import { PANELS_SCRATCH } from './panels/panel-memory.ts';
import { createPanels } from './panels/panels.ts';
import { createPools } from './pools.ts';
import { createNativeProducts, nativeProductScratch } from './products.ts';
import { createRecurrent } from './recurrent.ts';
import { createRowAdds } from './row-adds.ts';
import { createUpdates, UPDATE_SCRATCH } from './updates.ts';

/** Runs the first `calls` calls of a tape. Arrays are byte offsets into `memory`, except those in `data`. */
export type Play = (tape: Float64Array, memory: Uint8Array, calls: number, data: Uint8Array) => void;

/** Most calls recorded before machine code is entered, which takes 0.06 us. The tape stays in the first-level cache. */
const TAPE_CALLS = 128;

/**
 * Number of weights, or of a head's keys, below which entering machine code costs more than it saves. Smaller layers
 * use the products of wasm.
 */
const MIN_WEIGHTS = 256;

/**
 * Numbers of the largest array of a call, other than a product, below which it is left to wasm: to enter machine code
 * takes 0.1 us. As fast are 40 numbers of tanh, 170 of adam, 300 of relu.
 */
const MIN_NUMBERS = 128;

/** Multiply-adds of a convolution of one row below which a network need not enter machine code for it. */
const MIN_WINDOW_TERMS = 4096;

/** Whether a network has a layer large enough for machine code. Otherwise its bits and its speed are those of wasm. */
export const hasNativeProducts = (products: readonly ProductShape[]): boolean =>
  products.some(([I, O, kind]) => {
    if (kind === undefined || kind === 'attention') return I * O >= MIN_WEIGHTS;
    const [, , , OH, OV] = kind;
    return I * O * OH * OV >= MIN_WINDOW_TERMS;
  });

export interface NativeOptions {
  layout: CodeLayout; // of the code of `enter`
  enter: () => Play; // called at the first kernel call, so that a run without one loads nothing
  module: WasmModule;
  memory: WasmMemory;
  scratch: NativeScratch; // from takeNativeScratch, for all products that are called
  outside?: readonly SharedArrayBuffer[]; // further memory, for gradients and optimizer state
  minNumbers?: number; // of the largest array of a call in machine code; default `MIN_NUMBERS`
}

export interface NativeScratch extends KernelScratch {
  readonly machineCode: MachineCodeScratch;
}

/** Takes the scratch of the kernels for products of these shapes. */
export const takeNativeScratch = (products: readonly ProductShape[], allocate: Allocate): NativeScratch => ({
  machineCode: {
    updates: allocate(UPDATE_SCRATCH, FLOAT64),
    gathering: allocate(GATHER_SCRATCH, FLOAT64),
    panels: allocate(PANELS_SCRATCH, FLOAT64),
    rowNorms: allocate(ROW_NORM_SCRATCH, FLOAT64),
    losses: allocate(LOSS_SCRATCH, FLOAT64),
    dropout: allocate(DROPOUT_SCRATCH, FLOAT64),
    pieces: allocate(PIECES_SCRATCH, FLOAT64),
    tables: allocate(TABLES_SCRATCH, FLOAT64),
  },
  // A product uses either wasm or machine code; both use the same scratch.
  products: allocate(
    Math.max(mostScratch(products, wasmProductScratch), mostScratch(products, nativeProductScratch)),
    FLOAT64,
  ),
});

/**
 * The kernels of wasm, with the products of dense layers in machine code for this processor. The products use fused
 * multiply-add; `fusedProducts` defines their bits. The result of a row does not depend on the other rows.
 */
export function createNativeKernels(options: NativeOptions): Kernels {
  const { kernels, tape, panels, rowAdds } = createParts(options);
  const { layout, scratch } = options;
  const attention = createNativeAttention(layout, panels, tape, scratch.products, scratch.machineCode.dropout);
  const products = createNativeProducts(panels, tape, scratch.products);
  const dense = withProducts('native', kernels, products, (B, I, O) => B > 0 && I * O >= MIN_WEIGHTS);
  const convolutions = createNativeConvolutions(panels, rowAdds, tape, scratch.products);
  const own: Convolutions & Attention = { ...convolutions, ...attention };
  function bind(call: Call): (() => void) | null {
    const { op, args } = call;
    const sizeOf = (name: string): number => args[Object.keys(op.operands).indexOf(name)] as number;
    const isSmall = op.name in attention && sizeOf('T') * sizeOf('d') < MIN_WEIGHTS;
    if (!(op.name in own) || isSmall || sizeOf('B') === 0) return dense.bind(call);
    // The cast is safe: `emit` has checked the types of the arguments.
    const product = own[op.name as keyof typeof own] as (...args: readonly unknown[]) => () => void;
    return product(...args);
  }
  return ofType(layout.type, { ...dense, bind });
}

/** The kernels of wasm, with updates and the gathering of bytes in machine code, to the same bits. */
export const createNativeUpdates = (options: NativeOptions): Kernels =>
  ofType(options.layout.type, createParts(options).kernels);

/** Restricts `kernels` to calls with elements of this type. Machine code is assembled for one type. */
const ofType = (type: ElementType, { bind, ...kernels }: Kernels): Kernels => ({
  ...kernels,
  bind: (call) => (allArrays(call, type, (array, expected) => typeOf(array) === expected) ? bind(call) : null),
});

/**
 * The operations other than products: `bindPart` takes calls of every shape, and the kernels those that are not too
 * short. The tape, panels and additions are for products.
 */
export function createParts(options: NativeOptions) {
  const { layout, enter, module, memory, scratch, outside = [], minNumbers = MIN_NUMBERS } = options;
  const { machineCode } = scratch;
  const doubles = new Float64Array(TAPE_CALLS * CALL_DOUBLES);
  const bytes = new Uint8Array(memory.buffer);
  let play: Play | undefined;
  const playCalls = (doubles: Float64Array, calls: number, data: Uint8Array = bytes): void => {
    play ??= enter();
    play(doubles, bytes, calls, data);
  };
  const tape = createCallTape(doubles, (calls, data) => playCalls(doubles, calls, data));
  const panels = createPanels(layout, tape, machineCode.panels);
  const rowAdds = createRowAdds(layout, tape, panels.maskOf);
  for (const buffer of outside) {
    tape.write(locateArguments, layout.locate, 0);
    tape.run(new Uint8Array(buffer, 0, 1));
    placeOutside(buffer, tape.answer());
  }
  const wasm = createWasmKernels({ module, memory, scratch });
  const gatherBytes = createGatherBytes(layout, tape, machineCode.gathering, minNumbers);
  const record = createRecorder(playCalls);
  const takeTable = createTables(machineCode.tables);
  const parts: readonly BindCall[] = [
    createUpdates(layout, panels.maskOf, rowAdds, machineCode.updates),
    createElementwise(layout, panels),
    createLosses(layout, panels, machineCode.losses),
    createMatrices(layout, panels),
    createColumnSums(layout, record, takeTable, panels, machineCode.pieces),
    createRowNorms(layout, panels, machineCode.rowNorms),
    createRecurrent(layout, tape, panels),
    createDropout(layout, panels, machineCode.dropout),
    createPools(layout, panels),
  ];
  const bindPart: BindCall = (call) => {
    for (const bind of parts) {
      const bound = bind(call);
      if (bound !== null) return bound;
    }
    return null;
  };
  const bind = (call: Call): (() => void) | null => {
    const bound = mostNumbers(call) < minNumbers ? null : bindPart(call);
    return bound === null || typeof bound === 'function' ? bound : record(bound);
  };
  return { kernels: { ...wasm, gatherBytes, bind }, bindPart, tape, panels, rowAdds };
}

/** Numbers of the largest array of a call. */
const mostNumbers = ({ op, args }: Call): number =>
  Object.values(op.operands).reduce((most, { kind }, k) => {
    if (kind !== 'array' && kind !== 'arrays') return most;
    const arrays = kind === 'array' ? [args[k] as Elements] : (args[k] as Elements[]);
    return Math.max(most, ...arrays.map(({ length }) => length));
  }, 0);

/** Doubles of scratch for tables of fixed calls. Calls whose tables do not fit copy them as they run. */
const TABLES_SCRATCH = 4096;

function createTables(memory: Float64Array): TakeTable {
  let used = 0;
  return (doubles) => {
    const from = used;
    if (from + doubles > memory.length) return null;
    used += doubles;
    return viewOf(memory, from, doubles);
  };
}

const ROWS = 62; // most rows of a call
const MAX_BYTES = 4_294_967_296; // from here on it cannot address the bytes

/** Doubles of scratch for gathering. Starts take half a double each, one more than rows. */
const GATHER_SCRATCH = (ROWS + 2) / 2;

function createGatherBytes(
  { gather, type, width }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [GATHER_SCRATCH]
  minNumbers: number,
): GatherBytes {
  const size = bytesOfElements(type, 1);
  const starts = new Uint32Array(scratch.buffer, scratch.byteOffset, ROWS + 1);
  const startsAt = addressOf(scratch);
  return (out, bytes, columns, divisor, order, first, count) => {
    const isShort = columns < width || count * columns < minNumbers; // the kernel takes a whole vector
    if (isShort || bytes.length >= MAX_BYTES || typeOf(out) !== type) {
      plain(out, bytes, columns, divisor, order, first, count);
      return;
    }
    for (let done = 0; done < count; ) {
      const rows = count - done < ROWS ? count - done : ROWS;
      for (let n = 0; n < rows; n++) {
        const row = first + done + n;
        starts[n] = (order === null ? row : order[row]) * columns;
      }
      starts[rows] = starts[rows - 1];
      const rest = columns % width;
      const outAt = addressOf(out) + size * done * columns;
      const vectors = (columns - rest) / width;
      tape.write(gatherArguments, gather, outAt, startsAt, divisor, rows, rest, size * rest, vectors);
      tape.run(bytes);
      done += rows;
    }
  };
}

import type { UpdateKernel } from '../../families/optimizers/optimizer.ts';
import { bytesOfElements, type ElementType, elementView, FLOAT64, typeOf } from '../../math/element-type.ts';
import {
  type Allocate,
  type KernelScratch,
  type MachineCodeScratch,
  mostScratch,
  type ProductShape,
} from '../../math/scratch.ts';
import { addressOf, isInside, placeOutside } from '../../program/address.ts';
import type { GatherBytes, Kernels } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import { gatherBytes as plain } from '../../program/reference/gather-bytes.ts';
import { type add, averageRows } from '../../program/reference/products.ts';
import { createWasmKernels, wasmProductScratch } from '../wasm/wasm.ts';
import { allArrays } from '../wasm/wasm-tape.ts';
import type { WasmMemory, WasmModule } from '../wasm/webassembly.ts';
import { withProducts } from '../with-products.ts';
import { type CallTape, createCallTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { CALL_DOUBLES } from './isa/arguments.ts';
import { gatherArguments } from './kernels/gather.ts';
import { locateArguments } from './kernels/locate.ts';
import { createMeanUpdates, MEAN_UPDATE_SCRATCH, type MeanUpdate } from './mean-updates.ts';
import { PANELS_SCRATCH } from './panels/panel-memory.ts';
import { createPanels } from './panels/panels.ts';
import { createNativeProducts, nativeProductScratch } from './products.ts';
import { createRowAdds, halved } from './row-adds.ts';

/** Runs the first calls of a tape; arrays are byte offsets into `memory`, but for those that lie in `data`. */
export type Play = (tape: Float64Array, memory: Uint8Array, calls: number, data: Uint8Array) => void;

/**
 * Calls that are recorded before machine code is entered, which takes 0.06 us; the tape stays in the first-level cache.
 */
const TAPE_CALLS = 128;

/**
 * Number of weights below which entering machine code costs more than it saves: such layers use the products of wasm.
 */
const MIN_WEIGHTS = 256;

/** Whether a network has a layer whose products use machine code; otherwise its bits and its time are those of wasm. */
export const hasNativeProducts = (products: readonly ProductShape[]): boolean =>
  products.some(([I, O]) => I * O >= MIN_WEIGHTS);

export interface NativeOptions {
  layout: CodeLayout; // of the code that is entered
  enter: () => Play; // called with the first call of a kernel: a run that needs none need not load what it takes
  module: WasmModule;
  memory: WasmMemory;
  scratch: NativeScratch; // as takeNativeScratch takes it for the products that are called
  outside?: readonly SharedArrayBuffer[]; // where gradients and optimizer state may lie, besides the memory
}

export interface NativeScratch extends KernelScratch {
  readonly machineCode: MachineCodeScratch;
}

/** Scratch of the kernels for products of these shapes. */
export const takeNativeScratch = (products: readonly ProductShape[], allocate: Allocate): NativeScratch => ({
  machineCode: {
    meanUpdates: allocate(MEAN_UPDATE_SCRATCH, FLOAT64),
    gathering: allocate(GATHER_SCRATCH, FLOAT64),
    panels: allocate(PANELS_SCRATCH, FLOAT64),
  },
  // A product uses wasm or machine code, with the same doubles of scratch.
  products: allocate(
    Math.max(mostScratch(products, wasmProductScratch), mostScratch(products, nativeProductScratch)),
    FLOAT64,
  ),
});

/**
 * The kernels of wasm with the products of a dense layer in machine code of this processor, multiplication and addition
 * fused: `fusedProducts` defines their bits. A row's result does not depend on the rows beside it.
 */
export function createNativeKernels(options: NativeOptions): Kernels {
  const { kernels, tape, panels } = createParts(options);
  const products = createNativeProducts(panels, tape, options.scratch.products);
  const native = withProducts('native', kernels, products, (B, I, O) => B > 0 && I * O >= MIN_WEIGHTS);
  return ofType(options.layout.type, native);
}

/** The kernels of wasm with adam's update and the gathering of bytes in machine code: their bits are the same. */
export const createNativeUpdates = (options: NativeOptions): Kernels =>
  ofType(options.layout.type, createParts(options).kernels);

/** `kernels` for calls with elements of this type alone: those with others have their own code elsewhere. */
const ofType = (type: ElementType, { bind, ...kernels }: Kernels): Kernels => ({
  ...kernels,
  bind: (call) => (allArrays(call, type, (array, expected) => typeOf(array) === expected) ? bind(call) : null),
});

/** Parameters below which WebAssembly updates as fast, and small networks need not enter machine code. */
const MIN_UPDATE = 2048;

function createParts({ layout, enter, module, memory, scratch, outside = [] }: NativeOptions) {
  const { machineCode } = scratch;
  const doubles = new Float64Array(TAPE_CALLS * CALL_DOUBLES);
  const bytes = new Uint8Array(memory.buffer);
  let play: Play | undefined;
  const tape = createCallTape(doubles, (calls, data = bytes) => {
    play ??= enter();
    play(doubles, bytes, calls, data);
  });
  const panels = createPanels(layout, tape, machineCode.panels);
  const rowAdds = createRowAdds(layout, tape, panels.maskOf);
  for (const buffer of outside) {
    tape.write(locateArguments, layout.locate, 0);
    tape.run(new Uint8Array(buffer, 0, 1));
    placeOutside(buffer, tape.answer());
  }
  const wasm = createWasmKernels({ module, memory, scratch });
  const meanUpdates = createMeanUpdates(layout, tape, panels.maskOf, rowAdds, machineCode.meanUpdates);
  const gatherBytes = createGatherBytes(layout, tape, machineCode.gathering);

  /** Updates of many parameters; and sums over gradients where WebAssembly does not reach them. */
  function bind({ op, args }: Call): (() => void) | null {
    const update = meanUpdates[op.name];
    if (update !== undefined) {
      const [square, theta, state, n, hyper, first, row, S, share] = args as Parameters<MeanUpdate>;
      if (n < MIN_UPDATE && isInside(first)) return null;
      return () => update(square, theta, state, n, hyper, first, row, S, share);
    }
    const ofMean = meanUpdates[`${op.name}OfMean`];
    if (ofMean !== undefined) {
      // A mean that was written for clipping is one row of gradients.
      const [theta, g, state, n, hyper] = args as Parameters<UpdateKernel>;
      return n < MIN_UPDATE && isInside(g) ? null : () => ofMean(spare, theta, state, n, hyper, g, 0, 1, 1);
    }
    if (op.name === 'add') {
      const [sum, term, n] = args as Parameters<typeof add>;
      return isInside(sum) ? null : () => addOutside(sum, term, n);
    }
    if (op.name === 'averageRows') {
      const [square, g, first, S, row, n, share] = args as Parameters<typeof averageRows>;
      return isInside(first) ? null : () => averageOutside(square, g, first, S, row, n, share);
    }
    return null;
  }

  const spare = new Float64Array(1); // the sum of squares that `averageRows` has noted

  const addOutside: typeof add = (sum, term, n) => {
    rowAdds.add(addressOf(sum), addressOf(term), n);
    tape.run();
  };

  const averageOutside: typeof averageRows = (square, g, first, S, row, n, share) => {
    for (let left = S, next = bytesOfElements(layout.type, row); left > 1; left = halved(left), next *= 2) {
      rowAdds.addNeighbours(addressOf(first), next, left, n);
    }
    tape.run();
    averageRows(square, g, first, 1, row, n, share);
  };

  return { kernels: { ...wasm, gatherBytes, bind }, tape, panels };
}

const ROWS = 62; // of a call
const VECTOR = 32; // bytes at most
// Below this, entering machine code takes longer than it saves; above it, it cannot address the bytes.
const MIN_COLUMNS = 16;
const MAX_BYTES = 4_294_967_296;

/** Doubles of scratch that gathering takes, a multiple of eight: two words a double, one start more than rows. */
const GATHER_SCRATCH = VECTOR / 8 + (ROWS + 2) / 2 + 4;

function createGatherBytes(
  { gather, type, arithmeticWidth: width }: CodeLayout,
  tape: CallTape,
  scratch: Float64Array, // [GATHER_SCRATCH]
): GatherBytes {
  const size = bytesOfElements(type, 1);
  const divisors = elementView(type, scratch.buffer, scratch.byteOffset, width);
  const starts = new Uint32Array(scratch.buffer, scratch.byteOffset + VECTOR, ROWS + 1);
  const divisorAt = addressOf(scratch);
  return (out, bytes, columns, divisor, order, first, count) => {
    if (columns < MIN_COLUMNS || bytes.length >= MAX_BYTES || typeOf(out) !== type) {
      plain(out, bytes, columns, divisor, order, first, count);
      return;
    }
    divisors.fill(divisor);
    for (let done = 0; done < count; ) {
      const rows = count - done < ROWS ? count - done : ROWS;
      for (let n = 0; n < rows; n++) {
        const row = first + done + n;
        starts[n] = (order === null ? row : order[row]) * columns;
      }
      starts[rows] = starts[rows - 1];
      const rest = columns % width;
      const outAt = addressOf(out) + size * done * columns;
      const startsAt = divisorAt + VECTOR;
      const vectors = (columns - rest) / width;
      tape.write(gatherArguments, gather, outAt, startsAt, divisorAt, rows, rest, size * rest, vectors);
      tape.run(bytes);
      done += rows;
    }
  };
}

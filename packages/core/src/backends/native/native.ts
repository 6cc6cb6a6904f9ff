import { type KernelScratch, type ProductShape, viewOf } from '../../math/scratch.ts';
import { isInside, placeOutside } from '../../program/address.ts';
import type { Bound, Kernels } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import { createWasmKernels } from '../wasm/wasm.ts';
import type { WasmMemory } from '../wasm/webassembly.ts';
import type { PlayTape } from './call-tape.ts';
import type { CodeLayout } from './code.ts';
import { createGatherBytes } from './gather-bytes.ts';
import { locateArguments } from './kernels/locate.ts';
import { arraysOf, createPlayedKernels } from './played-kernels.ts';

/** Runs the first `calls` calls of a tape. Arrays are byte offsets into `memory`, except those in `data`. */
export type Play = (tape: Float64Array, memory: Uint8Array, calls: number, data: Uint8Array) => void;

/**
 * Number of weights, or of a head's keys, below which entering machine code costs more than it saves. Smaller layers
 * use the products of wasm.
 */
const MIN_WEIGHTS = 256;

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
  memory: WasmMemory;
  scratch: KernelScratch; // from takeKernelScratch, for all products that are called
  outside?: readonly SharedArrayBuffer[]; // further memory, for gradients and optimizer state
}

/**
 * Kernels in machine code for this processor. Products use fused multiply-add: `fusedProducts`, `fusedConvolutions` and
 * `fusedAttention` define their bits. Products of few weights are WebAssembly's, unfused. The result of a row does not
 * depend on the other rows.
 */
export const createNativeKernels = (options: NativeOptions): Kernels => createKernels(options, isLargeProduct);

/** The same with all products in WebAssembly. */
export const createNativeUpdates = (options: NativeOptions): Kernels => createKernels(options, () => false);

function createKernels(
  { layout, enter, memory, scratch, outside = [] }: NativeOptions,
  isFused: (call: Call) => boolean,
): Kernels {
  const bytes = new Uint8Array(memory.buffer);
  let playTape: Play | undefined;
  const play: PlayTape = (doubles, calls, data = bytes) => {
    playTape ??= enter();
    playTape(doubles, bytes, calls, data);
  };
  // Fixed calls of both machines read their tables at any time.
  const half = scratch.tables.length / 2;
  const [own, others] = [0, half].map((from) => ({ ...scratch, tables: viewOf(scratch.tables, from, half) }));
  const { tape, ...kernels } = createPlayedKernels({ name: 'native', layout, play, playTimes: null }, own);
  for (const buffer of outside) {
    tape.write(locateArguments, layout.locate(), 0);
    tape.run(new Uint8Array(buffer, 0, 1));
    placeOutside(buffer, tape.answer());
  }
  const wasm = createWasmKernels({ memory, elementType: layout.type, scratch: others });
  function bind(call: Call): Bound | null {
    if (!isProduct(call) || isFused(call)) return kernels.bind(call);
    if (!arraysOf(call).every(isInside)) return null;
    const bound = wasm.bind(call);
    if (bound === null || typeof bound === 'function' || wasm.blocks === null) return bound;
    return wasm.blocks(bound, () => null).run;
  }
  return { ...kernels, bind, gatherBytes: createGatherBytes(layout, tape, scratch.gathering) };
}

const isProduct = ({ op: { name } }: Call): boolean => /^(affine|conv[FB]|attention)/.test(name);

function isLargeProduct({ op: { name, operands }, args }: Call): boolean {
  const names = Object.keys(operands);
  const [T, d, I, O] = ['T', 'd', 'I', 'O'].map((size) => args[names.indexOf(size)] as number);
  if (name.startsWith('conv')) return true;
  return (name.startsWith('attention') ? T * d : I * O) >= MIN_WEIGHTS;
}

import type { KernelScratch, ProductShape } from '../math/scratch.ts';
import { placeOutside } from '../program/address.ts';
import type { Kernels } from '../program/kernels.ts';
import type { PlayTape } from './bindings/call-tape.ts';
import { createGatherBytes } from './bindings/gather-bytes.ts';
import type { CodeLayout } from './code.ts';
import { locateArguments } from './kernels/gather.ts';
import { createPlayedKernels } from './played-kernels.ts';
import type { WasmMemory } from './wasm/webassembly.ts';

/** Runs the first `calls` calls of a tape. Arrays are byte offsets into `memory`, except those in `data`. */
export type Play = (tape: Float64Array, memory: Uint8Array, calls: number, data: Uint8Array) => void;

/** Number of weights in a layer, or of numbers in a head's keys, from which a network gains by machine code. */
const MIN_WEIGHTS = 256;

/** Number of multiply-adds in the convolution of a row from which a network gains by machine code. */
const MIN_WINDOW_TERMS = 4096;

/** Whether a network has a layer large enough to gain by machine code. Its bits are the same without. */
export const hasNativeProducts = (products: readonly ProductShape[]): boolean =>
  products.some(([I, O, kind]) => {
    // For attention, I is the length of a head and O the number of positions.
    if (kind === undefined || kind === 'attention') return I * O >= MIN_WEIGHTS;
    return I * O * kind.height.outputs * kind.width.outputs >= MIN_WINDOW_TERMS;
  });

export interface NativeOptions {
  layout: CodeLayout; // of the code of `enter`
  enter: () => Play; // called at the first kernel call, so that a run without one loads nothing
  memory: WasmMemory<ArrayBufferLike>;
  scratch: KernelScratch; // from takeKernelScratch, for all products that are called
  outside?: readonly SharedArrayBuffer[]; // further memory, for gradients and optimizer state
}

/** Kernels in machine code for this processor, equal to plain code bit for bit. */
export function createNativeKernels({ layout, enter, memory, scratch, outside = [] }: NativeOptions): Kernels {
  const bytes = new Uint8Array(memory.buffer);
  let playTape: Play | undefined;
  const play: PlayTape = (doubles, calls, data = bytes) => {
    playTape ??= enter();
    playTape(doubles, bytes, calls, data);
  };
  const { tape, ...kernels } = createPlayedKernels({ name: 'native', layout, play, playRepeatedly: null }, scratch);
  for (const buffer of outside) {
    const placeholder = 0; // the argument that the kernel overwrites with its answer
    tape.write(locateArguments, layout.locate(), placeholder);
    tape.run(new Uint8Array(buffer, 0, 1)); // locates this byte
    placeOutside(buffer, tape.answer());
  }
  return { ...kernels, gatherBytes: createGatherBytes(layout, tape, scratch.gathering) };
}

import type { ElementType } from '../../../../math/element-type.ts';
import { viewOf } from '../../../../math/scratch.ts';
import { addressOf } from '../../../../program/address.ts';
import { WasmApi, type WasmMemory, type WasmTable } from '../../../wasm/webassembly.ts';
import { type CodeLayout, createLayout } from '../../code.ts';
import { CALL_DOUBLES } from '../arguments.ts';
import { encodeKernels, encodePlayer, type ModuleOptions, WORD_BYTES } from './module.ts';
import { createWasm, type WasmOptions } from './wasm.ts';

/** Most calls that are played at a time from outside of the memory. */
const COPIED_CALLS = 32;

/** Doubles of scratch of a machine. */
export const MACHINE_SCRATCH = WORD_BYTES / 8 + COPIED_CALLS * CALL_DOUBLES;

/** Kernels of WebAssembly on a memory. They are assembled and compiled when they are first played. */
export interface WasmMachine {
  readonly layout: CodeLayout;
  /** Runs the first `calls` calls of a tape, at least one. */
  play(tape: Float64Array, calls: number): void;
  /**
   * Runs a tape that lies in the memory up to `times` times, until `stop` is not 0 afterwards. Returns how many times
   * it did.
   */
  playTimes(
    tape: Float64Array,
    calls: number,
    times: number,
    stop: Float64Array, // [1]
  ): number;
}

interface Player {
  play(tape: number, calls: number, words: number): void;
  playTimes(tape: number, calls: number, words: number, times: number, stop: number): number;
}

export function createWasmMachine(
  memory: WasmMemory,
  type: ElementType,
  scratch: Float64Array, // [MACHINE_SCRATCH]
  options: WasmOptions & ModuleOptions,
): WasmMachine {
  const { isa, takeKernels } = createWasm(type, options);
  const table: WasmTable = new WasmApi.Table({ element: 'anyfunc', initial: 0 });
  const instantiate = (bytes: Uint8Array): object =>
    new WasmApi.Instance(new WasmApi.Module(bytes), { env: { memory, table } }).exports;
  const words = addressOf(scratch);
  const copied = viewOf(scratch, WORD_BYTES / 8, COPIED_CALLS * CALL_DOUBLES);
  let isComplete = true; // whether all kernels are in the table
  let player: Player | null = null;

  function complete(): Player {
    player ??= instantiate(encodePlayer(options)) as Player;
    if (isComplete) return player;
    isComplete = true;
    const { kernels, first } = takeKernels();
    table.grow(kernels.length);
    instantiate(encodeKernels(kernels, first, options));
    return player;
  }

  return {
    layout: createLayout(isa, (assemble) => {
      isComplete = false;
      return assemble(isa);
    }),
    play(tape, calls) {
      const { play } = player !== null && isComplete ? player : complete();
      if (tape.buffer === memory.buffer) {
        play(addressOf(tape), calls, words);
        return;
      }
      for (let done = 0; done < calls; done += COPIED_CALLS) {
        const some = Math.min(calls - done, COPIED_CALLS);
        copied.set(viewOf(tape, done * CALL_DOUBLES, some * CALL_DOUBLES));
        play(addressOf(copied), some, words);
      }
    },
    playTimes: (tape, calls, times, stop) =>
      complete().playTimes(addressOf(tape), calls, words, times, addressOf(stop)),
  };
}

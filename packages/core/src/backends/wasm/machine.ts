import type { ElementType } from '../../math/element-type.ts';
import { viewOf } from '../../math/scratch.ts';
import { addressOf } from '../../program/address.ts';
import { type CodeLayout, createLayout } from '../code.ts';
import { CALL_DOUBLES } from '../isa/arguments.ts';
import { encodeKernels, encodePlayer, type ModuleOptions, WORD_BYTES } from '../isa/wasm/module.ts';
import { createWasm, type WasmOptions } from '../isa/wasm/wasm.ts';
import { WasmApi, type WasmMemory, type WasmModule, type WasmTable } from './webassembly.ts';

/** Calls that are played at a time if their tape lies outside of the memory. */
const COPIED_CALLS = 32;

export const MACHINE_SCRATCH = WORD_BYTES / 8 + COPIED_CALLS * CALL_DOUBLES;

/** Kernels of WebAssembly on a memory. They are assembled and compiled when they are first played. */
export interface WasmMachine {
  readonly layout: CodeLayout;
  /** Runs the first `calls` calls of a tape, at least one. */
  play(tape: Float64Array, calls: number): void;
  /** Runs a tape in the memory up to `repeats` times, until `stop` is not 0 afterwards. Returns how often it did. */
  playRepeatedly(
    tape: Float64Array,
    calls: number,
    repeats: number,
    stop: Float64Array, // [1]
  ): number;
}

interface Player {
  play(tape: number, calls: number, words: number): void;
  playRepeatedly(tape: number, calls: number, words: number, repeats: number, stop: number): number;
}

export function createWasmMachine(
  memory: WasmMemory<ArrayBufferLike>,
  type: ElementType,
  scratch: Float64Array, // [MACHINE_SCRATCH]
  options: WasmOptions & ModuleOptions,
): WasmMachine {
  const code = codeFor(type, options);
  const table: WasmTable = new WasmApi.Table({ element: 'anyfunc', initial: 0 });
  const instantiate = (module: WasmModule): object => new WasmApi.Instance(module, { env: { memory, table } }).exports;
  const words = addressOf(scratch);
  const copiedCalls = viewOf(scratch, WORD_BYTES / 8, COPIED_CALLS * CALL_DOUBLES);
  const player = instantiate(code.player) as Player;
  let installedCount = 0; // kernels in the table

  /** Puts all kernels of the code into the table. */
  function installKernels(): void {
    const modules = code.modules();
    if (installedCount === code.kernelCount()) return;
    table.grow(code.kernelCount() - installedCount);
    for (const { module, first } of modules) if (first >= installedCount) instantiate(module);
    installedCount = code.kernelCount();
  }

  return {
    layout: code.layout,
    play(tape, calls) {
      if (installedCount !== code.kernelCount()) installKernels();
      if (tape.buffer === memory.buffer) {
        player.play(addressOf(tape), calls, words);
        return;
      }
      for (let done = 0; done < calls; done += COPIED_CALLS) {
        const count = Math.min(calls - done, COPIED_CALLS);
        copiedCalls.set(viewOf(tape, done * CALL_DOUBLES, count * CALL_DOUBLES));
        player.play(addressOf(copiedCalls), count, words);
      }
    },
    playRepeatedly(tape, calls, repeats, stop) {
      installKernels();
      return player.playRepeatedly(addressOf(tape), calls, words, repeats, addressOf(stop));
    },
  };
}

/** The compiled kernels of a type, for every memory of this thread: an engine optimizes them from run to run. */
interface CompiledCode {
  readonly layout: CodeLayout;
  readonly player: WasmModule;
  /** Compiles the kernels that have been assembled since the last time. Returns all modules in order. */
  modules(): readonly { readonly module: WasmModule; readonly first: number }[];
  /** Kernels that have been assembled. */
  kernelCount(): number;
}

const codes = new Map<string, CompiledCode>();

function codeFor(type: ElementType, options: WasmOptions & ModuleOptions): CompiledCode {
  const key = `${type} ${options.fused} ${options.shared}`;
  const compiledCode = codes.get(key);
  if (compiledCode !== undefined) return compiledCode;
  const { isa, kernelCount, takeKernels } = createWasm(type, options);
  const modules: { module: WasmModule; first: number }[] = [];
  let compiledCount = 0;
  const code: CompiledCode = {
    layout: createLayout(isa, (assemble) => assemble(isa)),
    player: new WasmApi.Module(encodePlayer(options)),
    modules() {
      if (compiledCount < kernelCount()) {
        const { kernels, first } = takeKernels();
        modules.push({ module: new WasmApi.Module(encodeKernels(kernels, first, options)), first });
        compiledCount = kernelCount();
      }
      return modules;
    },
    kernelCount,
  };
  codes.set(key, code);
  return code;
}

import { type ExtensionName, extensions, WasmApi } from '@gradloom/core/internal';
import type { Elementwise } from '../../packages/core/src/backends/formulas/arithmetic.ts';
import { CALL_DOUBLES } from '../../packages/core/src/backends/isa/arguments.ts';
import { encodeKernels, encodePlayer, WORD_BYTES } from '../../packages/core/src/backends/isa/wasm/module.ts';
import { createWasm } from '../../packages/core/src/backends/isa/wasm/wasm.ts';
import { assembleElementwise } from '../../packages/core/src/backends/kernels/elementwise.ts';
import type { Elements, ElementType } from '../../packages/core/src/math/element-type.ts';
import { callingConvention, placeCode } from '../../packages/runtime/src/engine/backends/native/code-pages.ts';
import { enterMachineCode } from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { loadKoffi } from '../../packages/runtime/src/system/native/koffi.ts';
import type { Machine } from './installed-extensions.ts';

/** Most bytes of the arrays together. */
const ROOM = 1 << 17;
/** Where they begin, after the words of a call and the call. */
const ARRAYS = 512;

/**
 * Runs one call of a kernel: a formula, on whole vectors. The arrays stand in the order of `arrayNamesOf` and have one
 * length. Overwrites its outputs.
 */
export type PlayFormula = (arrays: readonly Elements[], numbers?: readonly number[]) => void;

/** Assembles a formula for a machine that runs here. */
export function assembleFormula({ name, type }: Pick<Machine, 'name' | 'type'>, operation: Elementwise): PlayFormula {
  const { bytes, width, kernel, play } =
    name === 'WebAssembly' ? ofWasm(type, operation) : ofMachineCode(name, type, operation);
  const call = new Float64Array(bytes.buffer, WORD_BYTES, CALL_DOUBLES);
  return (arrays, numbers = []) => {
    const [{ length, byteLength }] = arrays;
    const froms = arrays.map((_, k) => ARRAYS + k * byteLength);
    for (const [k, { buffer, byteOffset }] of arrays.entries()) {
      bytes.set(new Uint8Array(buffer, byteOffset, byteLength), froms[k]);
    }
    call.set([kernel, ...froms, ...numbers, 0, 1, length / width, 0]);
    play(call);
    for (const [k, { buffer, byteOffset }] of arrays.entries()) {
      new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(froms[k], froms[k] + byteLength));
    }
  };
}

function ofMachineCode(name: ExtensionName, type: ElementType, operation: Elementwise) {
  const isa = extensions[name].createIsa(type, callingConvention);
  const kernel = assembleElementwise(isa, operation);
  const bytes = new Uint8Array(ROOM);
  const play = enterMachineCode({ address: placeCode(loadKoffi(), isa.code()) });
  return { bytes, width: isa.formulas.width, kernel, play: (call: Float64Array) => play(call, bytes, 1, bytes) };
}

function ofWasm(type: ElementType, operation: Elementwise) {
  const { isa, takeKernels } = createWasm(type, { fused: true });
  const kernel = assembleElementwise(isa, operation);
  const { kernels, first } = takeKernels();
  const memory = new WasmApi.Memory({ initial: ROOM >> 16, maximum: ROOM >> 16, shared: true });
  const table = new WasmApi.Table({ element: 'anyfunc', initial: kernels.length });
  const instantiate = (bytes: Uint8Array) =>
    new WasmApi.Instance(new WasmApi.Module(bytes), { env: { memory, table } }).exports;
  instantiate(encodeKernels(kernels, first, { shared: true }));
  const { play } = instantiate(encodePlayer({ shared: true })) as {
    play: (tape: number, calls: number, words: number) => void;
  };
  const bytes = new Uint8Array(memory.buffer);
  return { bytes, width: isa.formulas.width, kernel, play: (call: Float64Array) => play(call.byteOffset, 1, 0) };
}

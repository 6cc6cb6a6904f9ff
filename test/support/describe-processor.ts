import { nativeScratchLength, WasmApi, wasmHeapBase } from '@gradloom/core';
import {
  compileFor,
  compileKernels,
  createBackendKernels,
  resolveBackend,
} from '../../packages/runtime/src/backend.ts';
import { machineCode } from '../../packages/runtime/src/native/machine-code.ts';

/** Prints what machine code the processor that runs this process has, and a product of the backend that `auto` takes. */
const { code, reason } = machineCode();
const auto = resolveBackend('auto');

const [B, I, O] = [4, 32, 16]; // large enough for machine code
const memory = new WasmApi.Memory({ initial: 8, maximum: 8, shared: true });
let end = Math.ceil(wasmHeapBase(compileKernels()) / 64) * 64;
const [y, x, W, b, scratch] = [B * O, B * I, I * O, O, nativeScratchLength(I, O)].map((length) => {
  const array = new Float64Array(memory.buffer, end, length).fill(1);
  end += Math.ceil(length / 8) * 64;
  return array;
});
createBackendKernels(auto, { ...compileFor(auto), memory, scratch }).affine(y, x, W, b, B, I, O);

const products = [...new Set(y)]; // I times 1 · 1, and b
process.stdout.write(JSON.stringify({ extension: code?.extension ?? null, reason, auto: auto.name, products }));

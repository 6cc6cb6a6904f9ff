import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { compileWasmKernels, wasmHeapBase } from '../../../../packages/core/src/backends/wasm/wasm.ts';
import { WasmApi } from '../../../../packages/core/src/backends/wasm/webassembly.ts';

const read = (file: string) => readFileSync(new URL(`../../../../packages/core/${file}`, import.meta.url));
const bytes = read('kernels.wasm');
const files = ['kernels.wasm', 'kernels-float32.wasm'];

afterEach(() => vi.restoreAllMocks());

test('both element types have the same functions', () => {
  const [names, others] = files.map((file) => {
    const memory = new WasmApi.Memory({ initial: 1, maximum: 1, shared: true });
    const { exports } = new WasmApi.Instance(compileWasmKernels(read(file)), { env: { memory } });
    return Object.entries(exports).map(([name, it]) => [name, typeof it]);
  });
  expect(others).toEqual(names);
});

test.each(files)('memory is free from the first byte after the constants of %s', (file) => {
  const module = compileWasmKernels(read(file));
  const memory = new WasmApi.Memory({ initial: 1, maximum: 1, shared: true });
  const words = new Uint8Array(memory.buffer);
  new WasmApi.Instance(module, { env: { memory } });
  expect(wasmHeapBase(module)).toBeGreaterThan(words.findLastIndex((byte) => byte !== 0));
});

test('where WebAssembly has no SIMD, compiling says so and names the backend that runs', () => {
  vi.spyOn(WasmApi, 'validate').mockReturnValue(false);
  expect(() => compileWasmKernels(bytes)).toThrow(/has no SIMD .* every backend except reference/);
});

test('bytes that are no module are refused where SIMD is there', () => {
  expect(() => compileWasmKernels(Uint8Array.of(1, 2, 3))).toThrow(/WebAssembly\.Module/);
});

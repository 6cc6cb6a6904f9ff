import { afterEach, expect, test, vi } from 'vitest';
import { CALL_DOUBLES } from '../../../../packages/core/src/backends/isa/arguments.ts';
import { takeKernelScratch } from '../../../../packages/core/src/backends/played-kernels.ts';
import { createWasmKernels } from '../../../../packages/core/src/backends/wasm/wasm.ts';
import { WasmApi, type WasmMemory, wasmProblem } from '../../../../packages/core/src/backends/wasm/webassembly.ts';
import { type ElementType, elementTypes, FLOAT64 } from '../../../../packages/core/src/math/element-type.ts';
import { createAllocator } from '../../../../packages/core/src/math/scratch.ts';
import { createTapeMemory, link } from '../../../../packages/core/src/program/link.ts';
import { createList } from '../../../../packages/core/src/program/op.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';

const N = 100;

afterEach(() => vi.restoreAllMocks());

/** Kernels of a memory, and its arrays. */
function setUp(
  elementType: ElementType,
  memory: WasmMemory<ArrayBufferLike> = new WasmApi.Memory({ initial: 64, maximum: 64, shared: true }),
  create = createWasmKernels,
) {
  const allocate = createAllocator('setUp', new Float64Array(memory.buffer), elementType);
  const kernels = create({ memory, elementType, scratch: takeKernelScratch([], allocate) });
  return { allocate, kernels, ...createList() };
}

test.each(elementTypes)('a kernel of %s is compiled when it is first played, and once', async (type) => {
  // Kernels are kept for every memory of a thread, also those that other tests have compiled.
  vi.resetModules();
  const fresh = await import('../../../../packages/core/src/backends/wasm/wasm.ts');
  const { allocate, kernels, calls, emit } = setUp(type, undefined, fresh.createWasmKernels); // compiles the player
  const { WasmApi } = await import('../../../../packages/core/src/backends/wasm/webassembly.ts');
  const compile = vi.spyOn(WasmApi, 'Module').mockClear();
  const [a, b] = [allocate(N).fill(1), allocate(N).fill(2)];
  emit(ops.add, a, b, N);
  const program = link(calls, kernels);
  expect(compile).not.toHaveBeenCalled();
  program.run();
  const modules = compile.mock.calls.length;
  expect(modules).toBeGreaterThan(0);
  program.run();
  link(calls, kernels).run();
  expect(compile).toHaveBeenCalledTimes(modules);
  expect(a.every((number) => number === 7)).toBe(true);
  // A kernel that comes later leaves the others where they are.
  emit(ops.plus, a, b, b, N);
  emit(ops.add, a, b, N);
  link(calls, kernels).run();
  expect(compile).toHaveBeenCalledTimes(modules + 1);
  expect(a.every((number) => number === 6)).toBe(true);
});

test.each(elementTypes)('calls of %s from outside of the memory are as many as there are', (type) => {
  for (const room of [0, 100]) {
    const { allocate, kernels, calls, emit } = setUp(type);
    const tape = allocate(room * CALL_DOUBLES, FLOAT64);
    const [a, b] = [allocate(N).fill(0), allocate(N).fill(1)];
    for (let k = 0; k < 100; k++) emit(ops.add, a, b, N);
    const program = link(calls, kernels, createTapeMemory(tape));
    expect(program.block?.calls).toHaveLength(100);
    program.run();
    expect(a.every((number) => number === 100)).toBe(true);
  }
});

test('a memory that no other thread shares has kernels, too', () => {
  const memory = new WasmApi.Memory({ initial: 64, maximum: 64, shared: false });
  expect(memory.buffer).toBeInstanceOf(ArrayBuffer);
  const { allocate, kernels, calls, emit } = setUp('float64', memory);
  const [a, b] = [allocate(N).fill(1), allocate(N).fill(2)];
  emit(ops.add, a, b, N);
  link(calls, kernels, createTapeMemory(allocate(CALL_DOUBLES, FLOAT64))).run();
  expect(a.every((number) => number === 3)).toBe(true);
});

test('where WebAssembly has no SIMD, the problem says so and names the backend that runs', () => {
  expect(wasmProblem()).toBeNull();
  vi.spyOn(WasmApi, 'validate').mockReturnValue(false);
  expect(wasmProblem()).toMatch(/has no SIMD .* every backend except reference/);
});

test('where a page may not compile WebAssembly, the problem says so', () => {
  class Refusal {
    constructor() {
      throw new Error('Wasm code generation disallowed by embedder');
    }
  }
  vi.spyOn(WasmApi, 'Module').mockImplementation(Refusal as never);
  expect(wasmProblem()).toMatch(/may not compile WebAssembly, expected 'wasm-unsafe-eval'/);
});

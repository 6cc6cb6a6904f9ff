import type { CodeLayout } from '../../packages/core/src/backends/native/code.ts';
import { createWasmMachine, type WasmMachine } from '../../packages/core/src/backends/native/isa/wasm/machine.ts';
import { arraysOf, createPlayedKernels } from '../../packages/core/src/backends/native/played-kernels.ts';
import type { WasmMemory } from '../../packages/core/src/backends/wasm/webassembly.ts';
import type { Call } from '../../packages/core/src/program/op.ts';
import type { CreateKernels } from './guarded-memory.ts';

/** The layout of kernels that are called for a single number, too. */
export const eager = (layout: CodeLayout): CodeLayout => withSteps(layout);

const withSteps = <T extends object>(record: T): T =>
  new Proxy(record, {
    get(target, key) {
      const value = Reflect.get(target, key);
      return key === 'steps' ? 4096 : typeof value === 'object' && value !== null ? withSteps(value) : value;
    },
  });

/** Machines by memory: kernels on another scratch of it need not be compiled again. */
const machines = new WeakMap<WasmMemory, WasmMachine>();

/** Kernels in WebAssembly, and the layout that `change` makes of theirs. The scratch of a memory begins at one place. */
export const wasmKernelsOf =
  (fused: boolean, change = (layout: CodeLayout): CodeLayout => layout): CreateKernels =>
  ({ memory, elementType, scratch }) => {
    const machine =
      machines.get(memory) ?? createWasmMachine(memory, elementType, scratch.machine, { fused, shared: true });
    machines.set(memory, machine);
    const layout = change(machine.layout);
    const { bind, ...kernels } = createPlayedKernels({ name: 'wasm', ...machine, layout }, scratch);
    const isInside = (call: Call): boolean => arraysOf(call).every(({ buffer }) => buffer === memory.buffer);
    return { ...kernels, bind: (call) => (isInside(call) ? bind(call) : null) };
  };

import type { ElementType } from '../../math/element-type.ts';
import type { KernelScratch } from '../../math/scratch.ts';
import type { Kernels } from '../../program/kernels.ts';
import type { Call } from '../../program/op.ts';
import { referenceKernels } from '../../program/reference/reference-kernels.ts';
import { arraysOf, createPlayedKernels } from '../played-kernels.ts';
import { unfusedKernels } from '../unfused.ts';
import { createWasmMachine } from './machine.ts';
import { hasFusedWasm } from './relaxed-simd.ts';
import type { WasmMemory } from './webassembly.ts';

export interface WasmKernelOptions {
  memory: WasmMemory<ArrayBufferLike>;
  elementType: ElementType;
  scratch: KernelScratch; // from takeKernelScratch, for all products that are called
  /** Whether products and sums are rounded each, as `unfusedProducts` defines. @default if `hasFusedWasm` is false */
  unfused?: boolean;
}

/**
 * The kernels in WebAssembly, equal to plain code bit for bit. Calls on arrays outside of `memory` are left to plain
 * code. `scratch` lies in `memory` and is used by this thread only.
 */
export function createWasmKernels({
  memory,
  elementType,
  scratch,
  unfused = !hasFusedWasm(),
}: WasmKernelOptions): Kernels {
  const { buffer } = memory;
  const isShared = typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
  const machine = createWasmMachine(memory, elementType, scratch.machine, { fused: !unfused, shared: isShared });
  const { bind, ...kernels } = createPlayedKernels({ name: 'wasm', ...machine }, scratch);
  const isInside = (call: Call): boolean => arraysOf(call).every((array) => array.buffer === buffer);
  const plainKernels = unfused ? unfusedKernels : referenceKernels;
  return { ...kernels, bind: (call) => (isInside(call) ? bind(call) : null) ?? plainKernels.bind(call) };
}

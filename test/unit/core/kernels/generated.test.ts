import { hasFusedWasm } from '../../../../packages/core/src/backends/wasm/relaxed-simd.ts';
hasFusedWasm();
import { describe, expect, test } from 'vitest';
import { createWasmMachine } from '../../../../packages/core/src/backends/native/isa/wasm/machine.ts';
import { createPlayedKernels } from '../../../../packages/core/src/backends/native/played-kernels.ts';
import { elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { type CreateKernels, guardKernels } from '../../../support/guarded-memory.ts';
import { propertySeed } from '../../../support/seed.ts';
import { compareDrawn, eager } from '../../runtime/engine/backends/native/compare-case.ts';
import { cases } from './cases.ts';

const generated: CreateKernels = ({ memory, elementType, scratch }) => {
  const machine = createWasmMachine(memory, elementType, scratch.machine, { shared: true, fused: true });
  return createPlayedKernels({ name: 'wasm', ...machine, layout: eager(machine.layout) }, scratch);
};

describe.each(elementTypes)(`WebAssembly of %s (seed ${propertySeed})`, (type) => {
  test.each(Object.entries(cases))('%s has the bits of the reference', (_name, kernel) => {
    const memory = guardKernels(generated, undefined, type);
    const made = compareDrawn(memory, type, kernel);
    expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
  });
});

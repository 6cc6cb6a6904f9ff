import { describe, expect, test } from 'vitest';
import {
  createPlayedKernels,
  type NativeScratch,
  takeNativeScratch,
} from '../../../../packages/core/src/backends/native/native.ts';
import { createWasmMachine } from '../../../../packages/core/src/backends/native/isa/wasm/machine.ts';
import { elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { guardKernels, type KernelsUnderGuard } from '../../../support/guarded-memory.ts';
import { propertySeed } from '../../../support/seed.ts';
import { compareDrawn, eager } from '../../runtime/engine/backends/native/compare-case.ts';
import { cases } from './cases.ts';

const generated = (type: (typeof elementTypes)[number]): KernelsUnderGuard<NativeScratch> => ({
  take: takeNativeScratch,
  create({ memory, scratch }) {
    const machine = createWasmMachine(memory, type, scratch.machineCode.machine, { shared: true, fused: false });
    return createPlayedKernels({ name: 'wasm', layout: eager(machine.layout), play: machine.play, scratch });
  },
});

describe.each(elementTypes)(`WebAssembly of %s (seed ${propertySeed})`, (type) => {
  test.each(Object.entries(cases))('%s has the bits of the reference', (_name, kernel) => {
    const memory = guardKernels(generated(type), undefined, type);
    const made = compareDrawn(memory, type, kernel);
    expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
  });
});

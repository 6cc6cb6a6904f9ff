import { referenceKernels } from '@gradloom/core';
import { fusedAttention, type NativeScratch, takeNativeScratch } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createNativeAttention } from '../../../../../../packages/core/src/backends/native/attention/attention.ts';
import { createParts } from '../../../../../../packages/core/src/backends/native/native.ts';
import { createElements } from '../../../../../../packages/core/src/math/element-type.ts';
import type { Kernels } from '../../../../../../packages/core/src/program/kernels.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import {
  enterMachineCode,
  kernelsOf,
  type MachineCode,
} from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted } from '../../../../../support/count.ts';
import { guardKernels, type KernelsUnderGuard } from '../../../../../support/guarded-memory.ts';
import { everyExtension } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { attentionCases } from '../../../../core/kernels/attention-cases.ts';
import type { Arrays } from '../../../../core/kernels/kernel-case.ts';
import { arraysOf, callsOf, copiesOf } from '../../../../core/kernels/run-case.ts';

/** Attention in machine code, heads of few keys too. */
const attentionOf = (code: MachineCode): KernelsUnderGuard<NativeScratch> => ({
  take: takeNativeScratch,
  create(own) {
    const options = { ...own, layout: kernelsOf(code), enter: () => enterMachineCode(code) };
    const { panels, tape } = createParts(options);
    const { products, machineCode } = own.scratch;
    const attention = createNativeAttention(options.layout, panels, tape, products, machineCode.dropout);
    return {
      ...referenceKernels,
      bind({ op, args }) {
        const pass = attention[op.name as keyof typeof attention] as (...args: never[]) => () => void;
        return pass(...(args as never[]));
      },
    };
  },
});

/** Attention by its definition. */
const fused: Kernels = {
  ...referenceKernels,
  bind({ op, args }) {
    const pass = fusedAttention[op.name as keyof typeof fusedAttention] as (...args: never[]) => void;
    return () => pass(...(args as never[]));
  },
};

const { attentionForward, attentionBackward } = attentionCases;

/** The forward pass of a case of the backward pass. */
const attend = (arrays: Arrays, dims: readonly number[]): boolean =>
  link(callsOf(attentionForward, arrays, dims), fused).run();

describe.each(everyExtension)(
  `in machine code for $name, $type (seed ${propertySeed})`,
  ({ type, code, lack, reason }) => {
    test.for(Object.entries({ attentionForward, attentionBackward }))(
      '%s has the bits of the fused attention, and writes nothing but its outputs',
      ([, kernel], context) => {
        if (code === null) return skipFor(context, lack, reason);
        const memory = guardKernels(attentionOf(code), 600, type);
        // Keys that are not read have a factor of 0 in some products, so numbers are finite, and so are their sums.
        const input = fc.tuple(kernel.dims, fc.constantFrom('plain' as const, 'broad' as const), fc.integer());
        const check = fc.property(input, ([dims, mix, seed]) => {
          memory.reset(kernel.products(dims));
          const expected = arraysOf(kernel, dims, mix, seed, type, (length, own) => createElements(own, length));
          const actual = copiesOf(expected, memory.allocate);
          if (kernel === attentionBackward) for (const arrays of [actual, expected]) attend(arrays, dims);
          memory.snapshot();
          link(callsOf(kernel, actual, dims), memory.kernels).run();
          link(callsOf(kernel, expected, dims), fused).run();
          for (const name of kernel.writes) {
            const difference = firstDifference(actual[name], expected[name]);
            if (difference !== null) throw new Error(name + difference);
          }
          expect(memory.firstStrayByte(kernel.writes.map((name) => actual[name]))).toBeNull();
        });
        fc.assert(check, { seed: propertySeed, numRuns: counted(40, 400) });
      },
    );
  },
);

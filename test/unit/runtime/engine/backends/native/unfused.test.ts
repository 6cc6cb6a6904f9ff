import { unfusedKernels, unfusedProducts } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createElements, elementTypes } from '../../../../../../packages/core/src/math/element-type.ts';
import { link } from '../../../../../../packages/core/src/program/link.ts';
import { referenceKernels } from '../../../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { guardKernels, wasmKernelsOf } from '../../../../../support/guarded-memory.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';
import { compareDrawn } from './compare-case.ts';

const products = Object.entries(cases).filter(([, { ops }]) =>
  ops.some(({ name }) => Object.hasOwn(unfusedProducts, name)),
);

describe.each(elementTypes)(`in %s (seed ${propertySeed})`, (type) => {
  const memory = guardKernels(wasmKernelsOf({ unfused: true }), 600, type);

  test.each(products)('%s of unfused WebAssembly has the bits of unfused plain code', (_name, kernel) => {
    compareDrawn(memory, type, kernel, unfusedKernels);
  });

  test.each(products)('%s has other bits fused than unfused', (_name, kernel) => {
    const drawn = fc.sample(kernel.dims, { seed: propertySeed, numRuns: 40 });
    const differences = drawn.flatMap((dims) => {
      const [fused, unfused] = [referenceKernels, unfusedKernels].map((kernels) => {
        const arrays = arraysOf(kernel, dims, 'plain', 1, type, (length, elementType) =>
          createElements(elementType, length),
        );
        link(callsOf(kernel, arrays, dims), kernels).run();
        return arrays;
      });
      return kernel.writes.flatMap((name) => firstDifference(fused[name], unfused[name]) ?? []);
    });
    expect(differences).not.toEqual([]);
  });
});

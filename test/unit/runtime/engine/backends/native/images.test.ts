import { describe, expect, type TestContext, test } from 'vitest';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { valueMixes } from '../../../../../support/hard-values.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import type { KernelCase } from '../../../../core/kernels/kernel-case.ts';
import { layerCases } from '../../../../core/kernels/layer-cases.ts';
import { poolCases } from '../../../../core/kernels/pool-cases.ts';
import { compareCase, compareDrawn } from './compare-case.ts';

const { dropout, channelDropout } = layerCases;
const pools = Object.entries(poolCases).filter(([name]) => /pool|upsample/i.test(name));
const ownCases: Record<string, KernelCase> = { dropout, channelDropout, ...Object.fromEntries(pools) };

/** Images and rows that are cut into groups, chunks and pieces. */
const large: readonly (readonly [name: keyof typeof ownCases, dims: readonly number[]])[] = [
  ['dropout', [3, 1000, 0, 2 ** 32 - 1, 2 ** 32 - 2, -5, 7, 2 ** 31]],
  ['channelDropout', [3, 40, 150, 1, 5, 2 ** 52 + 7, -5, 7, 2 ** 30]],
  ['maxPoolForward', [3, 23, 24, 70, 3, 2, 2, 1, 1, 1, 12, 25]],
  ['maxPoolForward', [2, 40, 60, 16, 3, 3, 1, 1, 1, 1, 40, 60]],
  ['maxPoolBackward', [3, 24, 24, 65, 3, 3, 2, 2, 1, 1, 12, 12, 1]],
  ['maxPoolBackward', [3, 25, 33, 48, 3, 3, 1, 1, 1, 1, 25, 33, 1]],
  ['maxPoolBackward', [3, 25, 33, 48, 2, 2, 2, 2, 0, 0, 12, 16, 0]],
  ['avgPoolForward', [3, 24, 24, 70, 3, 3, 2, 2, 1, 1, 12, 12]],
  ['avgPoolBackward', [3, 24, 24, 70, 3, 3, 2, 2, 1, 1, 12, 12]],
  ['avgPoolBackward', [3, 25, 33, 48, 2, 2, 3, 2, 0, 0, 8, 16]],
  ['upsampleForward', [2, 15, 16, 40, 2, 3]],
];

describe.each(everyMachine)(`$name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  const guard = (context: TestContext) =>
    createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels(), undefined, type);

  test.for(Object.entries(ownCases))(
    '%s has the bits of the reference, and writes nothing but its outputs',
    ([, kernel], context) => {
      const made = compareDrawn(guard(context), type, kernel);
      expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
    },
  );

  test.for(large)('%s has the bits of the reference in several calls: %j', ([name, dims], context) => {
    const memory = guard(context);
    for (const mix of valueMixes) {
      const made = compareCase(memory, type, ownCases[name], dims, mix, propertySeed);
      expect(made).toEqual(new Set(ownCases[name].ops.map((op) => op.name)));
    }
  });
});

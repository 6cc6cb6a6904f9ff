import { describe, expect, type TestContext, test } from 'vitest';
import { lossOperations } from '../../../../packages/core/src/backends/bindings/losses/losses.ts';
import { columnSums } from '../../../../packages/core/src/backends/bindings/matrices/column-sums.ts';
import { elementwise } from '../../../../packages/core/src/backends/formulas/index.ts';
import { matrixOps, rowFormulas } from '../../../../packages/core/src/backends/formulas/norms.ts';
import type { ElementType } from '../../../../packages/core/src/math/element-type.ts';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { recurrentOps } from '../../../../packages/core/src/program/ops/recurrent.ts';
import { type GuardedMemory, guardKernels } from '../../../support/guarded-memory.ts';
import { everyMachine } from '../../../support/installed-extensions.ts';
import { skipFor } from '../../../support/needs.ts';
import { propertySeed } from '../../../support/seed.ts';
import { cases, plainOps } from '../../../unit/core/kernels/cases.ts';
import { compareCase, compareDrawn } from '../../../unit/runtime/engine/backends/native/compare-case.ts';

test('every operation has a case, or is plain code', () => {
  const covered = Object.values(cases).flatMap((kernel) => kernel.ops.map(({ name }) => name));
  const formulas = { ...elementwise, ...recurrentOps, ...matrixOps, ...rowFormulas };
  const names = [...Object.keys(ops), ...Object.keys(formulas), ...lossOperations, ...columnSums];
  expect(names.filter((name) => !covered.includes(name) && !plainOps.includes(name))).toEqual([]);
});

/** Sizes at which kernels go through several vectors, blocks, groups, chunks or calls. */
const large: readonly (readonly [name: keyof typeof cases, ...dims: number[]])[] = [
  ['leafSums', 1, 1000, 8320, 132],
  ['leafGradients', 5, 2, 700, 140],
  ['layerNormBackwardWeights', 3, 650, 141, 2, 1],
  ['batchNormForward', 501, 140],
  ['batchNormBackwardInput', 130, 520],
  ['layerNormForward', 301, 140, 1e-5],
  ['layerNormForward', 7, 4096, 1e-5],
  ['layerNormBackwardInput', 523, 4],
  ['recordStep', 1025, 300, 3, 700],
  ['transpose', 70, 130, 1],
  ['transpose', 256, 64, 1],
  ['transpose', 3, 300, 2],
  ['rowSums', 2050, 3],
  ['spreadRows', 70, 1030],
  ['softmaxForward', 301, 140],
  ['softmaxBackward', 2050, 7],
  ['logSoftmaxBackward', 6, 2050],
  ['rowLogSums', 1027, 65],
  ['zeroPadding', 9, 40, 70, 3],
  ['sequenceMeanForward', 9, 200, 70],
  ['sequenceMeanForward', 3, 20_000, 5],
  ['embeddingBackward', 70, 60, 4, 1, 30, 20],
  ['rotate', 3, 20, 4, 4, 128, 0],
  ['rotate', 3, 20, 4, 2, 70, 1],
  ...[0, 1, 2, 3].flatMap((step) => [1, 3, 20].map((C) => ['augment', 4, 12, 17, C, step % 2, step] as const)),
  ['dropout', 3, 1000, 0, 2 ** 32 - 1, 2 ** 32 - 2, -5, 7, 2 ** 31],
  ['channelDropout', 3, 40, 150, 1, 5, 2 ** 52 + 7, -5, 7, 2 ** 30],
  ['maxPoolForward', 3, 23, 24, 70, 3, 2, 2, 1, 1, 1],
  ['maxPoolForward', 2, 40, 60, 16, 3, 3, 1, 1, 1, 1],
  ['maxPoolBackward', 3, 24, 24, 65, 3, 3, 2, 2, 1, 1, 1],
  ['maxPoolBackward', 3, 25, 33, 48, 3, 3, 1, 1, 1, 1, 1],
  ['maxPoolBackward', 3, 25, 33, 48, 2, 2, 2, 2, 0, 0, 0],
  ['avgPoolForward', 3, 24, 24, 70, 3, 3, 2, 2, 1, 1],
  ['avgPoolBackward', 3, 24, 24, 70, 3, 3, 2, 2, 1, 1],
  ['avgPoolBackward', 3, 25, 33, 48, 2, 2, 3, 2, 0, 0],
  ['upsampleForward', 2, 15, 16, 40, 2, 3],
];

// Images of more than half a MiB with their gradients are added one after the other, and their sums wait; of weights of
// more than a MiB, only some columns at a time: B, H, V, C, OH, OV, O, ..., joins.
const manyBlocks: Record<string, readonly number[]> = {
  '7 blocks of one image': [7, 1, 35_000, 1, 1, 35_000, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0],
  '6 blocks of one image, joined': [6, 1, 35_000, 1, 1, 35_000, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
  '4 blocks of up to 64 images': [250, 1, 1, 3, 1, 1, 2, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
  'wide weights': [3, 1, 2, 600, 1, 1, 260, 1, 2, 1, 1, 0, 0, 1, 1, 1, 1],
  'wide weights, 2 blocks': [66, 1, 1, 500, 1, 1, 270, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0],
  'wide weights, 2 blocks, joined': [66, 1, 1, 500, 1, 1, 270, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1],
};

describe.each(everyMachine)(`in $name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  let memory: GuardedMemory<ElementType> | undefined;
  const memoryOf = (context: TestContext): GuardedMemory<ElementType> => {
    memory ??= createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels, 600, type);
    return memory;
  };

  test.for(Object.entries(cases))('%s has the bits of the reference', ([, kernel], context) => {
    compareDrawn(memoryOf(context), type, kernel);
  });

  test.for(large)('%s has the bits of the reference at larger sizes, twice: %j', ([name, ...dims], context) => {
    compareCase(memoryOf(context), type, cases[name], dims, { times: 2 });
  });

  test.for(Object.entries(manyBlocks))('dW of convolutions has the bits of the reference: %s', ([, dims], context) => {
    compareCase(memoryOf(context), type, cases.convBackwardWeights, dims);
  });
});

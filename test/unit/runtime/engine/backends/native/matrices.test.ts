import { describe, expect, type TestContext, test } from 'vitest';
import { matrixOps, rowFormulas } from '../../../../../../packages/core/src/backends/native/formulas/norms.ts';
import { columnSums } from '../../../../../../packages/core/src/backends/native/matrices/column-sums.ts';
import { eager } from '../../../../../support/generated-wasm.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { compareCase, compareDrawn } from './compare-case.ts';

const names = [...Object.keys(matrixOps), ...columnSums, ...Object.keys(rowFormulas)];
const ownCases = Object.entries(cases).filter(([, { ops }]) => ops.every(({ name }) => names.includes(name)));

test('every operation of matrices, every sum over rows and every operation of layer-norm has a case', () => {
  const covered = ownCases.flatMap(([, { ops }]) => ops.map(({ name }) => name));
  expect(new Set(covered)).toEqual(new Set(names));
});

/** Dimensions that are cut into blocks of rows, chunks of them, or more calls than the tape takes. */
const large: readonly (readonly [name: keyof typeof cases, ...dims: number[]])[] = [
  ['leafSums', 1, 1000, 8320, 132],
  ['leafGradients', 5, 2, 700, 140],
  ['layerNormBackwardWeights', 3, 650, 141, 2, 1],
  ['batchNormForward', 501, 140],
  ['batchNormBackwardInput', 130, 520],
  ['layerNormForward', 301, 140, 1e-5],
  ['layerNormForward', 7, 4096, 1e-5],
  ['layerNormBackwardInput', 523, 4],
];

describe.each(everyMachine)(`$name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  const guard = (context: TestContext) =>
    createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels(eager), undefined, type);

  test.for(ownCases)('%s has the bits of the reference, and writes nothing but its outputs', ([, kernel], context) => {
    const made = compareDrawn(guard(context), type, kernel);
    expect(made).toEqual(new Set(kernel.ops.map(({ name }) => name)));
  });

  test.for(large)('%s has the same bits in several calls: %j', ([name, ...dims], context) => {
    const memory = guard(context);
    expect(compareCase(memory, type, cases[name], dims, 'plain', 1)).toEqual(new Set([name]));
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { activations } from '../../../../packages/core/src/families/activations/index.ts';
import { createLoss } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer, optimizers } from '../../../../packages/core/src/families/optimizers/index.ts';
import { createElements, type ElementType, elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { link } from '../../../../packages/core/src/program/link.ts';
import { FORMULA } from '../../../../packages/core/src/program/ops/formula.ts';
import { activationOps, lossOp, ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { arithmetics } from '../../../support/arithmetic.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { type ValueMix, valueMixes } from '../../../support/hard-values.ts';
import { matrixOptimizer } from '../../../support/matrix-optimizer.ts';
import { propertySeed } from '../../../support/seed.ts';
import { cases as allCases } from './cases.ts';
import { definitionKernels, definitions } from './definitions/index.ts';
import { documentedLosses, documentedVariants } from './definitions/losses.ts';
import type { KernelCase } from './kernel-case.ts';
import { arraysOf, callsOf } from './run-case.ts';

/** Operations on doubles alone, in every run. */
const ofDoubles = ['clip', 'loadHyper', 'recordStep', 'drawAugmentation', 'gaussian', 'inverseNorm'];
/** Operations that compute nothing, or a table. */
const ofNothing = ['checkIndices', 'rotaryTable'];

const specs = [...Object.values(documentedLosses), ...documentedVariants].map(({ spec }) => spec);

const isDefined = ({ ops }: KernelCase): boolean =>
  ops.some(({ name }) => name === FORMULA || Object.hasOwn(definitions, name));
const cases = Object.entries(allCases).filter(([, kernel]) => isDefined(kernel));

test('every operation has a definition of its own, and a case', () => {
  const momenta = [
    createOptimizer({ kind: 'sgd', momentum: 0.5 }),
    createOptimizer({ kind: 'rmsprop', momentum: 0.5 }),
  ];
  const updates = [
    ...Object.keys(optimizers).map((kind) => createOptimizer(kind as 'sgd')),
    ...momenta,
    matrixOptimizer('muon'),
  ];
  const all = [
    ...Object.keys(ops).filter((name) => ![...ofDoubles, ...ofNothing].includes(name)),
    ...Object.values(activationOps).flatMap(({ forward, backward }) => [forward.name, backward.name]),
    ...updates.map((optimizer) => updateOp(optimizer).name),
    ...specs.map((spec) => lossOp(createLoss(spec)).name),
  ];
  expect(new Set(Object.keys(definitions))).toEqual(new Set(all));
  expect(Object.keys(activationOps)).toEqual(Object.keys(activations));
  expect(cases.flatMap(([, kernel]) => kernel.ops.map(({ name }) => name))).toEqual(expect.arrayContaining(all));
});

/** Numbers of a case at most: whole numbers of any size take a thousand times as long as floats. */
const MOST = 500;
const small = (kernel: KernelCase) => (dims: readonly number[]) =>
  Object.values(kernel.arrays(dims)).reduce((sum, length) => sum + length, 0) <= MOST;

const casesOfTypes = elementTypes.flatMap((type) => cases.map(([name, kernel]) => [name, type, kernel] as const));

/** Compares plain code with the definition of a case. */
function compare(kernel: KernelCase, type: ElementType, dims: readonly number[], mix: ValueMix, seed: number): void {
  const [actual, expected] = [0, 1].map(() =>
    arraysOf(kernel, dims, mix, seed, type, (length, elementType) => createElements(elementType, length)),
  );
  link(callsOf(kernel, actual, dims), referenceKernels).run();
  link(callsOf(kernel, expected, dims), definitionKernels(arithmetics[type])).run();
  for (const name of kernel.writes) {
    const difference = firstDifference(actual[name], expected[name]);
    if (difference !== null) throw new Error(name + difference);
  }
}

describe.each(casesOfTypes)(`%s of %s (seed ${propertySeed})`, (_name, type, kernel) => {
  test('plain code has the bits of the definition, each operation rounded once', () => {
    const input = fc.tuple(kernel.dims.filter(small(kernel)), fc.constantFrom(...valueMixes), fc.integer());
    const check = fc.property(input, ([dims, mix, seed]) => compare(kernel, type, dims, mix, seed));
    fc.assert(check, { seed: propertySeed, numRuns: counted(50, 1000) });
  });
});

// They have more numbers than the cases above.
test.each(['convForward', 'convBackwardInput'] as const)("%s of floats has them by Winograd's tiles, too", (name) => {
  for (const [k, mix] of valueMixes.entries()) {
    compare(allCases[name], 'float32', [1, 4, 5, 16, 4, 5, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1], mix, propertySeed + k);
    compare(allCases[name], 'float32', [1, 5, 4, 17, 5, 4, 16, 3, 3, 1, 1, 2, 0, 1, 1, 1], mix, propertySeed + k);
  }
});

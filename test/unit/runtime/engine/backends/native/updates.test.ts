import { createOptimizer, type OptimizerSpec, optimizers } from '@gradloom/core';
import { updateOp } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { updates } from '../../../../../../packages/core/src/backends/native/formulas/updates.ts';
import { eager } from '../../../../../support/generated-wasm.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { updateCases } from '../../../../core/kernels/update-cases.ts';
import { vectorCases } from '../../../../core/kernels/vector-cases.ts';
import { compareDrawn } from './compare-case.ts';

const { averageRows, maxNorm } = vectorCases;
const cases = Object.entries({ averageRows, maxNorm, ...updateCases });

/** Every variant of every optimizer. */
const specs = (Object.keys(optimizers) as (keyof typeof optimizers)[]).flatMap((kind): OptimizerSpec[] =>
  kind === 'sgd' || kind === 'rmsprop' ? [kind, { kind, momentum: 0.5 }] : [kind],
);

test('every update has a formula that takes the numbers of its optimizer, and a case', () => {
  const names = specs.map((spec) => {
    const optimizer = createOptimizer(spec);
    const { name } = updateOp(optimizer);
    expect([name, updates[name].numbers.length]).toEqual([name, optimizer.hyperLength]);
    expect([name, updates[name].arrays.length]).toEqual([name, 1 + optimizer.slots.length]);
    return name;
  });
  expect(new Set([...names, 'averageRows'])).toEqual(new Set(Object.keys(updates)));
  const covered = new Set(cases.flatMap(([, { ops }]) => ops.map(({ name }) => name)));
  expect(names.filter((name) => !covered.has(name))).toEqual([]);
});

describe.each(everyMachine)(`$name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  test.for(cases)('%s has the bits of the reference, and writes nothing but its outputs', ([, kernel], context) => {
    const memory =
      createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels(eager), undefined, type);
    expect(compareDrawn(memory, type, kernel)).toContain(kernel.ops[0].name);
  });
});

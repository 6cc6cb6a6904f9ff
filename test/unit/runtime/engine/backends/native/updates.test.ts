import { createOptimizer, type OptimizerSpec, optimizers } from '@gradloom/core';
import { updateOp } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { updates } from '../../../../../../packages/core/src/backends/formulas/updates.ts';
import { MATRIX_RATE } from '../../../../../../packages/core/src/families/optimizers/muon.ts';
import { matrixOptimizer } from '../../../../../support/matrix-optimizer.ts';

/** Every variant of every optimizer. */
const specs = (Object.keys(optimizers) as (keyof typeof optimizers)[]).flatMap((kind): OptimizerSpec[] =>
  kind === 'sgd' || kind === 'rmsprop' ? [kind, { kind, momentum: 0.5 }] : [kind],
);

test('every update has a formula that takes the numbers and the state of its optimizer', () => {
  const names = [...specs.map(createOptimizer), matrixOptimizer('muon')].map((optimizer) => {
    const { name } = updateOp(optimizer);
    // Those of muon after the first are for matrices that are orthogonalized.
    const numbers = name === 'muon' ? MATRIX_RATE : optimizer.groupLength;
    expect([name, updates[name].numbers.length]).toEqual([name, numbers]);
    expect([name, updates[name].arrays.length]).toEqual([name, 1 + optimizer.slots.length]);
    return name;
  });
  expect(new Set([...names, 'averageRows'])).toEqual(new Set(Object.keys(updates)));
});

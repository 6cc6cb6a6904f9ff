import { createOptimizer, type OptimizerSpec, optimizers } from '@gradloom/core';
import { updateOp } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { updates } from '../../../../../../packages/core/src/backends/formulas/updates.ts';

/** Every variant of every optimizer. */
const specs = (Object.keys(optimizers) as (keyof typeof optimizers)[]).flatMap((kind): OptimizerSpec[] =>
  kind === 'sgd' || kind === 'rmsprop' ? [kind, { kind, momentum: 0.5 }] : [kind],
);

test('every update has a formula that takes the numbers and the state of its optimizer', () => {
  const names = specs.map((spec) => {
    const optimizer = createOptimizer(spec);
    const { name } = updateOp(optimizer);
    expect([name, updates[name].numbers.length]).toEqual([name, optimizer.hyperLength]);
    expect([name, updates[name].arrays.length]).toEqual([name, 1 + optimizer.slots.length]);
    return name;
  });
  expect(new Set([...names, 'averageRows'])).toEqual(new Set(Object.keys(updates)));
});

import { describe, expect, test } from 'vitest';
import { elementwise } from '../../../../../../packages/core/src/backends/native/formulas/index.ts';
import { recurrentOps } from '../../../../../../packages/core/src/backends/native/formulas/recurrent.ts';
import { lossOperations } from '../../../../../../packages/core/src/backends/native/losses/losses.ts';
import { eager } from '../../../../../support/generated-wasm.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { compareDrawn } from './compare-case.ts';

/** Names of the operations with machine code that is made of formulas. */
const made = [...Object.keys(elementwise), ...Object.keys(recurrentOps), ...lossOperations];
const ownCases = Object.entries(cases).filter(([, { ops }]) => ops.every(({ name }) => made.includes(name)));

test('every operation of formulas has a case', () => {
  const covered = ownCases.flatMap(([, { ops }]) => ops.map(({ name }) => name));
  expect(new Set(covered)).toEqual(new Set(made));
});

describe.each(everyMachine)(`$name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  test.for(ownCases)('%s has the bits of the reference, and writes nothing but its outputs', ([, kernel], context) => {
    const memory =
      createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels(eager), undefined, type);
    expect(compareDrawn(memory, type, kernel)).toEqual(new Set(kernel.ops.map(({ name }) => name)));
  });
});

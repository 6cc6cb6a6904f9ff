import { takeNativeScratch } from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BindCall } from '../../../../../../packages/core/src/backends/native/call-tape.ts';
import { createParts } from '../../../../../../packages/core/src/backends/native/native.ts';
import {
  enterMachineCode,
  kernelsOf,
} from '../../../../../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyExtension } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { type AllocateAs, arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

const [{ type, code, lack, reason }] = everyExtension;
/** Steps of recurrent layers read the lengths of rows as they run. */
const functions = ['gru', 'lstm'];

test.for(Object.entries(cases))('%s is fixed calls, if it is a part and no function', ([name, kernel], context) => {
  if (code === null) return skipFor(context, lack, reason);
  let bindPart: BindCall = () => null;
  const memory = guardKernels({
    take: takeNativeScratch,
    create(own) {
      const parts = createParts({ ...own, layout: kernelsOf(code), enter: () => enterMachineCode(code) });
      bindPart = parts.bindPart;
      return parts.kernels;
    },
  });
  for (const dims of fc.sample(kernel.dims, { seed: propertySeed, numRuns: 5 })) {
    memory.reset();
    const arrays = arraysOf(kernel, dims, 'plain', 1, type, memory.allocate as AllocateAs);
    for (const call of callsOf(kernel, arrays, dims)) {
      const isFunction = functions.some((name) => call.op.name.startsWith(name));
      expect([name, typeof bindPart(call)]).toEqual([name, isFunction ? 'function' : 'object']); // null is one
    }
  }
});

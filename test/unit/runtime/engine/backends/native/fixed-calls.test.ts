import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyMachine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases, isPlain } from '../../../../core/kernels/cases.ts';
import { type AllocateAs, arraysOf, callsOf } from '../../../../core/kernels/run-case.ts';

/** Beginnings of the names of operations that decide as they run, by numbers of their arrays or for many images. */
const functions = /^(conv(Forward|Backward)|attention|gru|lstm|augment|embeddingBackward|sequenceMean)/;
/** Most rows and weights of dense layers whose products are fixed. */
const [MOST_ROWS, MOST_WEIGHTS] = [256, 4096];

describe.each(everyMachine)(`in $name, $type (seed ${propertySeed})`, ({ createKernels, type, lack, reason }) => {
  test('all calls but those of a few operations are fixed', (context) => {
    const memory = createKernels === null ? skipFor(context, lack, reason) : guardKernels(createKernels, 600, type);
    for (const [name, kernel] of Object.entries(cases)) {
      for (const dims of fc.sample(kernel.dims, { seed: propertySeed, numRuns: 5 })) {
        memory.reset(kernel.products?.(dims));
        const arrays = arraysOf(kernel, dims, 'plain', 1, type, memory.allocate as AllocateAs);
        for (const call of callsOf(kernel, arrays, dims)) {
          const [B, I, O] = dims;
          const isLarge = call.op.name.startsWith('affine') && (B > MOST_ROWS || I * O > MOST_WEIGHTS);
          if (isPlain(call) || isLarge) continue;
          const expected = functions.test(call.op.name) ? 'function' : 'object';
          expect([name, dims, typeof memory.kernels.bind(call)]).toEqual([name, dims, expected]);
        }
      }
    }
  });
});

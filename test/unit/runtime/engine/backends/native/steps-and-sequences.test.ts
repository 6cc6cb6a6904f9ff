import { describe, expect, type TestContext, test } from 'vitest';
import { guardKernels } from '../../../../../support/guarded-memory.ts';
import { everyExtension, nativeKernelsOf } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { propertySeed } from '../../../../../support/seed.ts';
import { cases } from '../../../../core/kernels/cases.ts';
import { compareCase, compareDrawn } from './compare-case.ts';

/** Operations of steps, of sequences, and those that move numbers. */
const names = [
  ...(['takeHyper', 'clip', 'noteStep', 'transpose', 'embeddingForward', 'embeddingBackward'] as const),
  ...(['lastPositionForward', 'lastPositionBackward', 'sequenceMeanForward', 'sequenceMeanBackward'] as const),
  ...(['zeroPadding', 'rotate', 'augment'] as const),
];

/** Sizes at which kernels go through several vectors, blocks or calls. */
const large: readonly (readonly [name: keyof typeof cases, ...dims: number[]])[] = [
  ['noteStep', 1025, 300, 3, 700],
  ['transpose', 70, 130],
  ['transpose', 256, 64],
  ['transpose', 3, 300],
  ['zeroPadding', 9, 40, 70, 3],
  ['sequenceMeanForward', 9, 200, 70],
  ['sequenceMeanForward', 3, 20_000, 5],
  ['embeddingBackward', 70, 60, 4, 1, 30, 20],
  ['rotate', 3, 20, 4, 128, 0],
  ['rotate', 3, 20, 4, 70, 1],
  ...[0, 1, 2, 3].flatMap((step) => [1, 3, 20].map((C) => ['augment', 4, 12, 17, C, step % 2, step] as const)),
];

describe.each(everyExtension)(
  `machine code for $name, $type (seed ${propertySeed})`,
  ({ code, type, lack, reason }) => {
    const guard = (context: TestContext) =>
      code === null ? skipFor(context, lack, reason) : guardKernels(nativeKernelsOf(code), undefined, type);

    test.for(names)('%s has the bits of the reference, and writes nothing but its outputs', (name, context) => {
      expect(compareDrawn(guard(context), type, cases[name])).toEqual(new Set([name]));
    });

    test.for(large)('%s has the bits of the reference for larger sizes, twice: %j', ([name, ...dims], context) => {
      expect(compareCase(guard(context), type, cases[name], dims, 'plain', 1, 2)).toEqual(new Set([name]));
    });
  },
);

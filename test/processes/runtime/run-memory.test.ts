import type { LayerSpec, NetworkSpec } from '@gradloom/core';
import { dense, sequential, type TrainOptions, tanh } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { measureMemory } from '../../support/measure-memory.ts';
import type { Sizes } from '../../support/memory-use.ts';
import { needs } from '../../support/needs.ts';

const MiB = 1024 ** 2;

/** What a thread takes for the loader of sources; with the bundle it has none (`control-group.test.ts`). */
const SOURCES_BYTES = 24 * MiB;
const network = (input: number, layers: LayerSpec[]): NetworkSpec => ({ input, layers });
const deep = network(4, [...Array.from({ length: 1000 }, () => [dense(4), tanh()]).flat(), dense(3)]);
const coupled = network(2, Array.from({ length: 100 }, (): LayerSpec[] => [dense(2), { kind: 'batch-norm' }]).flat());
/** Convolutions of one shape, and of 400. */
const alike = sequential(
  [4, 4, 1],
  ...Array.from({ length: 1500 }, (): LayerSpec => ({ kind: 'conv2d', out: 1, kernel: 3, padding: 1 })),
);
const unlike: NetworkSpec = {
  input: [4, 4, 1],
  layers: Array.from({ length: 400 }, (_, k): LayerSpec => {
    const kernel = [1 + (Math.floor(k / 20) % 4), 1 + Math.floor(k / 80)];
    return { kind: 'conv2d', out: 1 + (k % 20), kernel, padding: 'same', init: { kind: 'glorot-uniform' } };
  }),
};
const wide = network(8, [dense(1000), tanh(), dense(1000), tanh(), dense(3)]);
/** With more parameters than all that a plan rounds up. */
const wider = network(8, [dense(4000), tanh(), dense(4000), tanh(), dense(3)]);

const P = 1000 * 1000;

/**
 * Each has much of one thing; `least` is what that thing takes for certain, so that nothing is measured beside the run.
 */
const runs: [title: string, Sizes, TrainOptions, least: number][] = [
  ['many layers', { spec: deep, rows: 64, classes: 3 }, { threads: 2, steps: 5 }, 8 * MiB],
  [
    'many passes that go on together, and looks into them',
    { spec: coupled, rows: 5000, classes: 2 },
    { threads: 1, steps: 1, batch: 'full', probe: 1 },
    64 * MiB,
  ],
  [
    'many rows that are shuffled',
    { spec: network(2, [dense(2)]), rows: 3_000_000, classes: 2 },
    { threads: 1, steps: 100, batch: 1000 },
    4 * 3e6,
  ],
  ['looks that nobody reads', { spec: wide, rows: 64, classes: 3 }, { threads: 1, steps: 15, probe: 1 }, 9 * 8 * P],
  [
    'many parameters',
    { spec: wider, rows: 16, classes: 3 },
    { threads: 1, steps: 1, batch: 16, optimizer: 'sgd' },
    3 * 8 * 16e6,
  ],
  [
    'many parameters, with a copy to roll back to',
    { spec: wide, rows: 64, classes: 3 },
    { threads: 1, steps: 8, batch: 16, onNan: 'rollback' },
    10 * 8 * P,
  ],
  [
    'many epochs',
    { spec: network(2, [dense(2)]), rows: 32, classes: 2 },
    { threads: 1, epochs: 500_000, batch: 'full' },
    2 * 8 * 500_000,
  ],
];

/** The same in machine code. */
const nativeRuns: typeof runs = [
  [
    'many convolutions',
    { spec: { ...alike, layers: [...alike.layers, { kind: 'flatten' }, dense(20), dense(3)] }, rows: 32, classes: 3 },
    { threads: 2, steps: 3, batch: 32 },
    8 * MiB,
  ],
  [
    'convolutions of many shapes',
    { spec: { ...unlike, layers: [...unlike.layers, { kind: 'flatten' }, dense(3)] }, rows: 40, classes: 3 },
    { threads: 1, steps: 3, batch: 32 },
    16 * MiB,
  ],
];

describe('at its peak', needs('peaks'), () => {
  describe.each([
    ['wasm', runs],
    ['native', nativeRuns],
  ] as const)('on backend %s', (backend, runs) => {
    test.each(runs)(
      'a run of %s takes no more than its plan says',
      needs(backend),
      async (_title, sizes, runOptions, minBytes) => {
        const options = { backend, ...runOptions };
        const { bytes, plannedBytes } = await measureMemory({ kind: 'train', network: sizes, options });

        expect(bytes).toBeLessThanOrEqual(plannedBytes);
        expect(bytes).toBeGreaterThan(0.9 * minBytes);
      },
    );
  });

  test('an evaluation takes no more than its plan says, and does not keep outputs that nobody reads', async () => {
    const sizes = { spec: network(4, [dense(2000)]), rows: 17_000, classes: 2000 };
    const { bytes, plannedBytes } = await measureMemory({ kind: 'evaluate', network: sizes });
    expect(bytes).toBeLessThanOrEqual(plannedBytes + SOURCES_BYTES);
    expect(bytes).toBeLessThan(16_384 * 2000 * 8);
  });
});

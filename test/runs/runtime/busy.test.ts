import type { NetworkSpec } from '@gradloom/core';
import { createPool, dense, relu, sequential, type TrainEvent, type TrainOptions, train } from '@gradloom/runtime';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { allocateWorkTimes, createWorkClock, workShare } from '../../../packages/runtime/src/engine/step/clock.ts';
import { SPAN_MS } from '../../../packages/runtime/src/engine/threads/span.ts';
import { createBusyMeter } from '../../../packages/runtime/src/training/tuning/tune.ts';
import { programUrl } from '../../support/program-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 256, inputs: 40, classes: 5 });
const spec = sequential(40, dense(300), relu(), dense(5));

/**
 * What `progress` says of the threads, span after span. Their clocks count, so that no other work on the machine is
 * seen.
 */
async function busyIn(options: TrainOptions, network = spec): Promise<(readonly number[])[]> {
  const pool = await createPool({
    threads: 3,
    execArgv: [...process.execArgv, '--import', programUrl('counting-clock')],
  });
  onTestFinished(() => pool.destroy());
  const seen: TrainEvent[] = [];
  const common = { seed: 1, backend: 'wasm', pool, onEvent: (event: TrainEvent) => void seen.push(event) } as const;
  await train(network, { train: dataset }, { ...common, ...options });
  const spans = seen.flatMap((event) => (event.type === 'progress' ? [event.busy] : []));
  // Of 400 steps in a row three are timed at the least: the last span has figures, its own or those of an earlier one.
  expect(spans.at(-1)).toBeDefined();
  return spans.filter((busy) => busy !== undefined);
}

test('of any steps in a row the share that is asked for is timed, to within three', () => {
  const { begin } = createWorkClock(allocateWorkTimes(1), 0);
  const run = fc.record({
    first: fc.integer({ min: 0, max: 2 ** 40 }),
    steps: fc.integer({ min: 1, max: 5000 }),
    // Every n-th step alone, as the last batch of an epoch: those are no more often timed than others.
    every: fc.integer({ min: 1, max: 100 }),
    share: fc.double({ min: 0.001, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(run, ({ first, steps, share }) => {
      let timed = 0;
      for (let k = 0; k < steps; k++) if (begin(first + k, share)) timed++;
      expect(Math.abs(timed - share * steps)).toBeLessThan(3);
    }),
  );
  expect([0, 1, 2, 3].every((step) => begin(step, 1))).toBe(true);
});

test('a clock tells work from waiting, and each thread has times of its own', () => {
  const times = allocateWorkTimes(2);
  const clocks = [0, 1].map((thread) => createWorkClock(times, thread));
  expect(workShare(times, 0)).toBeNaN();
  clocks[0].begin(0, 1);
  clocks[0].work();
  expect([workShare(times, 0), workShare(times, 1)]).toEqual([1, Number.NaN]);
  clocks[1].begin(0, 1);
  clocks[1].wait();
  expect([workShare(times, 0), workShare(times, 1)]).toEqual([1, 0]);
});

test('a meter asks for about 100 timed steps a span, and keeps the newest figures of a span that had some', () => {
  const times = allocateWorkTimes(3);
  const meter = createBusyMeter(times, 3);
  expect(meter.read()).toBeUndefined();
  meter.recordSpan(2, 4000, SPAN_MS);
  expect([meter.timedShare(2), meter.timedShare(1), meter.read()]).toEqual([1 / 40, 0, undefined]);
  times.set([3, 1], 0); // ms of work and of waiting, of thread 0
  times.set([2, 2], 16);
  meter.recordSpan(2, 10, SPAN_MS / 2);
  expect([meter.timedShare(2), meter.read()]).toEqual([1, [0.75, 0.5, 0]]);
  meter.recordSpan(2, 10, SPAN_MS / 2);
  expect(meter.read()).toEqual([0.75, 0.5, 0]);
  meter.recordSpan(1, 10, SPAN_MS / 2);
  expect(meter.read()).toEqual([1, 0, 0]);
});

test('a thread that has the only leaf is busier than one that waits for its gradient', async () => {
  const spans = await busyIn({ threads: 2, batch: 16, steps: 1000 });
  for (const busy of spans) {
    expect(busy).toHaveLength(2);
    for (const share of busy) expect(share > 0 && share < 1).toBe(true);
  }
  // Leaf 0 of 1 falls to the last of the threads; the first has half of the blocks alone. The steps in which a thread
  // writes its tapes are longer than the others, so that one span of few timed steps tells nothing.
  const [first, last] = [0, 1].map((thread) => spans.reduce((sum, busy) => sum + busy[thread], 0) / spans.length);
  expect(first).toBeLessThan(last);
});

test('one thread waits for nobody; one without a leaf or a block is not counted', async () => {
  expect(new Set((await busyIn({ threads: 1, batch: 64, steps: 400 })).flat())).toEqual(new Set([1]));
  for (const busy of await busyIn({ threads: 3, batch: 48, steps: 400 })) expect(busy).toHaveLength(3);
  const small: NetworkSpec = { input: 40, layers: [{ kind: 'dense', out: 5 }] };
  for (const busy of await busyIn({ threads: 3, batch: 32, steps: 400 }, small)) expect(busy).toHaveLength(2);
});

import { createTrainer, type DataSplits, type TrainEvent, type TrainOptions, train } from '@gradloom/runtime';
import { measuredSteps } from '@gradloom/runtime/internal';
import { describe, expect, test, vi } from 'vitest';
import { reluNetwork, reluRows } from '../../support/diverging-run.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';

const pool = await poolOfFile(2);

/** Times of a machine in ms: to begin, of a step, and of the evaluation of a row. */
interface Machine {
  readonly start: number;
  readonly step: number;
  readonly row: number;
}

/** Passes the time that a run takes on a machine, with its evaluations; emits the events of each epoch. */
async function passTime(
  { start, step: stepMs, row }: Machine,
  data: DataSplits,
  options: TrainOptions,
): Promise<number> {
  const { signal, onEvent, steps = 0, evaluateEvery = 1 } = options;
  const stepsPerEpoch = 31;
  const { train: _, validation, test } = data;
  const beginMs = performance.now();
  vi.advanceTimersByTime(start);
  onEvent?.({ type: 'start', batch: 5, stepsPerEpoch, tunesThreads: false } as TrainEvent & { type: 'start' });
  let elapsedMs = 0;
  for (let step = 0; step < steps && !signal?.aborted; ) {
    const count = Math.min(stepsPerEpoch, steps - step);
    step += count;
    vi.advanceTimersByTime(count * stepMs);
    elapsedMs += count * stepMs;
    if (validation !== undefined && (step % (stepsPerEpoch * evaluateEvery) === 0 || step === steps)) {
      vi.advanceTimersByTime(validation.rows * row);
      onEvent?.({ type: 'epoch', step, validation: { rows: validation.rows, loss: 1 } } as TrainEvent & {
        type: 'epoch';
      });
    }
    onEvent?.({ type: 'progress', step, elapsedMs } as TrainEvent & { type: 'progress' });
  }
  vi.advanceTimersByTime((test?.rows ?? 0) * row);
  return performance.now() - beginMs;
}

describe('minutes', () => {
  test.each<[string, Machine, TrainOptions]>([
    ['a slow start', { start: 2000, step: 3, row: 1 }, {}],
    ['slow evaluations', { start: 10, step: 1, row: 10 }, {}],
    ['fewer evaluations', { start: 10, step: 1, row: 10 }, { evaluateEvery: 20 }],
    ['slow steps', { start: 10, step: 100, row: 1 }, {}],
  ])('of a machine with %s are nearly filled, with the time of measuring', async (_name, machine, options) => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const data = { ...reluRows, test: reluRows.validation };
      let trialMs = 0;
      const {
        minutes,
        steps = 0,
        ...others
      } = await measuredSteps(
        reluNetwork,
        data as DataSplits,
        { minutes: 1, batch: 5, ...options },
        async (_spec, sets, trial) => {
          trialMs = await passTime(machine, sets, trial);
          return {} as Awaited<ReturnType<typeof train>>;
        },
      );
      expect(minutes).toBeUndefined();
      expect(others).toEqual({ batch: 5, ...options });
      const every = options.evaluateEvery ?? Math.ceil(steps / 31 / 100);
      const runMs = await passTime(machine, data as DataSplits, { steps, evaluateEvery: every });
      expect(trialMs + runMs).toBeLessThan(60_000);
      expect(trialMs + runMs).toBeGreaterThan(0.94 * 60_000);
    } finally {
      vi.useRealTimers();
    }
  });

  test('train as a run of the steps that they had time for, to the bit', async () => {
    // Early stopping ends the run long before its time.
    const common = {
      schedule: 'cosine',
      batch: 5,
      backend: 'wasm',
      threads: 1,
      patience: 1,
      pool,
    } satisfies TrainOptions;
    const starts: number[] = [];
    const run = train(reluNetwork, reluRows, {
      ...common,
      minutes: 0.5,
      onEvent: (event) => {
        if (event.type === 'start') starts.push(event.totalSteps);
      },
    });
    const { fingerprint, stopped } = await run;
    expect({ runs: starts.length, stopped }).toEqual({ runs: 1, stopped: 'early' });
    expect((await train(reluNetwork, reluRows, { ...common, steps: starts[0] })).fingerprint).toBe(fingerprint);
  });

  test('are refused beside another length, without time for a step, and where steps are called', async () => {
    const run = (options: TrainOptions) => train(reluNetwork, reluRows, { minutes: 1, pool, ...options });
    await expect(run({ epochs: 3 })).rejects.toThrow(
      'train: minutes and epochs are both given, expected one of the two',
    );
    await expect(run({ steps: 3 })).rejects.toThrow('train: minutes and steps are both given, expected one of the two');
    await expect(run({ minutes: 0 })).rejects.toThrow('train: minutes has 0, expected a number above 0');
    await expect(run({ minutes: 1e-6 })).rejects.toThrow(
      /^train: minutes has 0.000001, expected more: measuring the time of a step takes [\d.e-]+ minutes$/,
    );
    await expect(createTrainer(reluNetwork, reluRows, { minutes: 1 })).rejects.toThrow(
      'createTrainer: minutes has 1, expected steps or epochs (the calls of a trainer take their own time)',
    );
  });
});

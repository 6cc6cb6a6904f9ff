import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  createPool,
  dense,
  dropout,
  loadCheckpoint,
  type Pool,
  relu,
  sequential,
  type TrainEvent,
  type TrainOptions,
  type TrainResult,
  train,
} from '@gradloom/runtime';
import { afterEach, describe, expect, test } from 'vitest';
import { counted, onlyInAll } from '../../support/count.ts';
import type { PlannedFault } from '../../support/fault.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { programFile } from '../../support/program-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const dataset = randomDataset({ rows: 600, inputs: 16, classes: 4 });
const spec = sequential(16, dense(64), relu(), dropout(0.2), dense(4));
const options = { epochs: 12, batch: 32, clipNorm: 1 } as const;
const fault = programFile('fault', 'cjs');
const execArgv = process.execArgv;
const temporary = temporaryFolder();
let folders = 0;

const calmPool = await poolOfFile(1); // of runs that nothing disturbs
const calm = await train(spec, { train: dataset }, { ...options, threads: 1, pool: calmPool });

let pool: Pool | undefined;
afterEach(async () => {
  delete process.env.GRADLOOM_TEST_FAULT;
  await pool?.destroy();
});

function newFolder(): string {
  const path = join(temporary.path, String(folders++));
  mkdirSync(path);
  return path;
}

async function poolWithFault(planned: PlannedFault): Promise<Pool> {
  process.env.GRADLOOM_TEST_FAULT = JSON.stringify(planned);
  const limits = planned.kind === 'memory' ? { heapMiB: 48 } : {};
  pool = await createPool({ threads: 2, execArgv: [...execArgv, '--require', fault], ...limits });
  return pool;
}

type Recovery = Extract<TrainEvent, { type: 'recovery' }>;

async function runWithFault(
  planned: PlannedFault,
  options: TrainOptions,
  data: Parameters<typeof train>[1] = { train: dataset },
): Promise<{ result: TrainResult; recoveries: Recovery[] }> {
  const faulty = await poolWithFault(planned);
  const recoveries: Recovery[] = [];
  const onEvent = (event: TrainEvent) => void (event.type === 'recovery' && recoveries.push(event));
  const result = await train(spec, data, { threads: 2, ...options, pool: faulty, onEvent });
  return { result, recoveries };
}

type Failure = readonly [kind: PlannedFault['kind'], reason: string];
const thrown: Failure = ['throw', 'injected fault'];
const exited: Failure = ['exit', 'worker exited with code: 7'];
const outOfMemory: Failure = ['memory', 'memory limit'];
describe.each([thrown, exited, outOfMemory])('a thread that does %s', (kind, reason) => {
  test.each(kind === 'exit' ? [1, 101, ...onlyInAll(2)] : [2, ...onlyInAll(1, 101)])(
    'at arrival %i: new threads go on from the state before the span, and end in the bits of a calm run',
    async (arrivals) => {
      const marks = newFolder();
      const times = kind === 'exit' ? 2 : counted(1, 2);
      const { result, recoveries } = await runWithFault({ kind, arrivals, again: 1, times, marks }, options);
      expect(result.fingerprint).toBe(calm.fingerprint);
      expect(result.epochLosses).toEqual(calm.epochLosses);
      expect(readdirSync(marks).length).toBe(times);
      const failed = Array.from({ length: times }, (_, k) => [k + 1, 3]);
      expect(recoveries.map(({ failures, retries }) => [failures, retries])).toEqual(failed);
      for (const recovery of recoveries) expect(recovery.reason).toContain(reason);
    },
  );
});

describe.each([exited, ...onlyInAll(thrown, outOfMemory)])('a thread that does %s', (kind, reason) => {
  test('in an evaluation: its rows are computed again, with the same figures', async () => {
    const data = { train: dataset, validation: dataset, test: dataset };
    // Each thread opens, then begins spans and evaluations in turns: one span an epoch.
    const planned: PlannedFault = { kind, at: 'checkedIn', arrivals: 3, times: 1, marks: newFolder() };
    const { result, recoveries } = await runWithFault(planned, { ...options, epochs: 3 }, data);
    const calm = await train(spec, data, { ...options, epochs: 3, threads: 1, pool: calmPool });
    expect(recoveries.map(({ failures }) => failures)).toEqual([1]);
    expect([result.fingerprint, result.validation, result.test]).toEqual([
      calm.fingerprint,
      calm.validation,
      calm.test,
    ]);
  });

  test('ends a run that allows no failure, and leaves the pool fit for the next', async () => {
    const faulty = await poolWithFault({ kind, arrivals: 50, times: 1, marks: newFolder() });
    const run = { ...options, retries: 0, threads: 2, pool: faulty };
    await expect(train(spec, { train: dataset }, run)).rejects.toThrow(reason);
    const after = await train(spec, { train: dataset }, run);
    expect(after.fingerprint).toBe(calm.fingerprint);
  });

  test('again and again ends the run with its reason, and a checkpoint from which a resume ends in the bits of a calm run', async () => {
    const folder = newFolder();
    const faulty = await poolWithFault({ kind, arrivals: 301, again: 1, times: 9, marks: newFolder() });
    // A look ends a span after each step: the fault comes after some.
    const checkpoint = { folder };
    const run = train(
      spec,
      { train: dataset },
      { ...options, probe: 1, threads: 2, retries: 2, pool: faulty, checkpoint },
    );
    const error = await run.catch((cause: Error) => cause);
    expect(String(error)).toContain(reason);
    expect(String(error)).toMatch(/\(failures in a row: 3, expected at most 2\) \(in steps \d+ to \d+\)$/);
    delete process.env.GRADLOOM_TEST_FAULT;
    const resume = loadCheckpoint(join(folder, 'last.gradloom'));
    expect(resume.progress.step).toBeGreaterThan(0);
    const resumed = await train(spec, { train: dataset }, { ...options, resume, threads: 1, pool: calmPool });
    expect(resumed.fingerprint).toBe(calm.fingerprint);
  });

  test('again and again in an evaluation ends the run too', async () => {
    const folder = newFolder();
    const data = { train: dataset, validation: dataset };
    const planned: PlannedFault = { kind, at: 'checkedIn', arrivals: 7, again: 1, times: 9, marks: newFolder() };
    const faulty = await poolWithFault(planned);
    const checkpoint = { folder };
    const run = train(spec, data, { ...options, threads: 2, retries: 1, pool: faulty, checkpoint });
    await expect(run).rejects.toThrow(/failures in a row: 2, expected at most 1/);
    delete process.env.GRADLOOM_TEST_FAULT;
    const resume = loadCheckpoint(join(folder, 'last.gradloom'));
    const resumed = await train(spec, data, { ...options, resume, threads: 1, pool: calmPool });
    const calm = await train(spec, data, { ...options, threads: 1, pool: calmPool });
    expect([resumed.fingerprint, resumed.epochLosses, resumed.validation]).toEqual([
      calm.fingerprint,
      calm.epochLosses,
      calm.validation,
    ]);
  });

  test('while looking for a bad step ends the run in the same way, and a resume finds that step', async () => {
    const folder = newFolder();
    // The first update overflows: each thread opens, begins one span, which is bad however long it is, and then those
    // of the search.
    const diverging = { ...options, optimizer: { kind: 'sgd', lr: 1e308, weightDecay: 1e3 } } as const;
    const faulty = await poolWithFault({ kind, at: 'checkedIn', arrivals: 3, again: 1, times: 9, marks: newFolder() });
    const run = { ...diverging, threads: 2, retries: 1, pool: faulty, checkpoint: { folder } };
    await expect(train(spec, { train: dataset }, run)).rejects.toThrow(
      /^train: a worker thread failed: .*failures in a row: 2, expected at most 1\) \(while looking for the bad step among 0 to \d+\)$/,
    );
    delete process.env.GRADLOOM_TEST_FAULT;
    const resume = loadCheckpoint(join(folder, 'last.gradloom'));
    const resumed = await train(spec, { train: dataset }, { ...diverging, resume, threads: 1, pool: calmPool }).catch(
      (e: unknown) => e,
    );
    const calm = await train(spec, { train: dataset }, { ...diverging, threads: 1, pool: calmPool }).catch(
      (e: unknown) => e,
    );
    expect(calm).toMatchObject({ name: 'TrainingError', step: 0 });
    expect(resumed).toEqual(calm);
  });

  test('before the first step is started again after, and ends a run that allows no other', async () => {
    const once = await poolWithFault({ kind, at: 'checkedIn', arrivals: 1, times: 1, marks: newFolder() });
    const run = await train(spec, { train: dataset }, { ...options, threads: 2, pool: once });
    expect(run.fingerprint).toBe(calm.fingerprint);
    const ever = await poolWithFault({ kind, at: 'checkedIn', arrivals: 1, times: 9, marks: newFolder() });
    await expect(train(spec, { train: dataset }, { ...options, threads: 2, retries: 1, pool: ever })).rejects.toThrow(
      /failures in a row: 2, expected at most 1\) \(before step 0\)$/,
    );
  });
});

test.each(['float32' as const, ...onlyInAll('float64' as const)])(
  'weights of rows, limits and averages are those before the span that failed, in %s',
  async (precision) => {
    const array = new Uint8Array(new SharedArrayBuffer(dataset.rows)).fill(1, 0, 300);
    const data = { train: { ...dataset, weights: { array, columns: 1, divisor: 1 } }, validation: dataset };
    const runOptions: TrainOptions = {
      ...options,
      batch: 16,
      accumulate: 2,
      classWeight: 'balanced',
      maxNorm: 0.7,
      ema: 0.99,
      loss: { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 },
      precision,
    };
    const [kind] = exited;
    const { result, recoveries } = await runWithFault(
      { kind, arrivals: 101, times: 1, marks: newFolder() },
      runOptions,
      data,
    );
    const calm = await train(spec, data, { ...runOptions, threads: 1, pool: calmPool });
    expect(recoveries).toHaveLength(1);
    expect([result.fingerprint, result.validation]).toEqual([calm.fingerprint, calm.validation]);
  },
);

test('runs that share a pool all end in their own bits, whichever of them a thread fails', async () => {
  const faulty = await poolWithFault({ kind: 'exit', arrivals: 40, times: 2, marks: newFolder() });
  const options = (seed: number) => ({ seed, epochs: 6, batch: 32 });
  const shared = await Promise.all(
    [1, 2, 3].map((seed) =>
      train(spec, { train: dataset }, { ...options(seed), threads: seed === 1 ? 1 : 2, pool: faulty }),
    ),
  );
  for (const [k, { fingerprint }] of shared.entries()) {
    const calm = await train(spec, { train: dataset }, { ...options(k + 1), threads: 1, pool: calmPool });
    expect(fingerprint).toBe(calm.fingerprint);
  }
});

test('a thread that cannot start rejects with its reason', async () => {
  const file = temporary.write('no-start.cjs', "throw new Error('no start')");
  const broken = createPool({ threads: 2, execArgv: ['--require', file] });
  await expect(broken).rejects.toThrow('no start');
});

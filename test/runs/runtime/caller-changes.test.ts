import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import {
  createPool,
  type DataSplits,
  FolderInUseError,
  loadCheckpoint,
  syntheticDatasets,
  TrainingError,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { lockFolder } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../support/command-line.ts';

const moons = (seed: number) => syntheticDatasets.moons({ rows: 64, seed });
const spec: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 2 }] };
const options: TrainOptions = { batch: 32, epochs: 6, threads: 2, backend: 'wasm' };

test('changes by the caller to its objects after the start change nothing in the run or its checkpoints', async () => {
  const folder = temporaryDirectory();
  const pool = await createPool({ threads: 2 });
  const parameters = Float64Array.from({ length: 6 }, (_, i) => i / 8);
  const whole = { train: moons(1), validation: moons(2) };
  const untouched = await train(spec, whole, { ...options, parameters: parameters.slice() });
  const data: { -readonly [K in keyof DataSplits]: DataSplits[K] } = { ...whole };
  const mine: TrainOptions = { ...options, parameters: parameters.slice(), checkpoint: { folder }, pool };
  const seen: string[] = [];
  mine.onEvent = ({ type }) => {
    seen.push(type);
    if (type !== 'start') return;
    mine.parameters?.fill(0.25);
    data.train = moons(9);
    delete data.validation;
    data.test = moons(3);
    delete mine.pool;
    delete mine.onEvent;
  };
  const result = await train(spec, data, mine);
  expect(result.fingerprint).toBe(untouched.fingerprint);
  expect(result.validation).toEqual(untouched.validation);
  expect(result.test).toBeUndefined();
  expect(seen.filter((type) => type === 'epoch')).toHaveLength(6);
  const resume = loadCheckpoint(join(folder, 'last.gradloom'));
  const again = { ...options, epochs: 8, parameters, resume, pool };
  const on = await train(spec, whole, again);
  expect(on.steps).toBe(16);
  await pool.destroy();
});

test.each(['stop', 'rollback'] as const)('the weights of a result are in memory of their own (%s)', async (onNan) => {
  const data = { train: moons(1), test: moons(2) };
  const { parameters } = await train(spec, data, { ...options, onNan });
  expect(parameters.buffer).toBeInstanceOf(ArrayBuffer);
  expect(parameters.buffer.byteLength).toBe(8 * 6);
  const failing = train(spec, data, { ...options, onNan, loss: 'mse', optimizer: { kind: 'sgd', lr: 1e308 } });
  const error = await failing.catch((reason: unknown) => reason as TrainingError);
  expect(error).toBeInstanceOf(TrainingError);
  expect((error as TrainingError).parameters.buffer).toBeInstanceOf(ArrayBuffer);
});

test('layers and options without an end, or nested 5,000 deep, are refused in one sentence', async () => {
  const data = { train: moons(1) };
  let deep: unknown = { kind: 'dense', out: 2 };
  for (let level = 0; level < 5000; level++) deep = { kind: 'residual', layers: [deep] };
  const cyclic: { kind: string; layers: unknown[] } = { kind: 'residual', layers: [] };
  cyclic.layers.push(cyclic);
  for (const layer of [deep, cyclic]) {
    await expect(train({ input: 2, layers: [layer] } as NetworkSpec, data, options)).rejects.toThrow(
      /has more than 16 levels of nested layers, expected at most 16/,
    );
  }
  const optimizer: { kind: string; beta?: unknown } = { kind: 'adam' };
  optimizer.beta = optimizer;
  await expect(train(spec, data, { ...options, optimizer } as TrainOptions)).rejects.toThrow(/beta/);
});

test('a folder that was removed and made again by another run is left to it', async () => {
  const folder = join(temporaryDirectory(), 'run');
  const warnings: string[] = [];
  let other: ReturnType<typeof lockFolder> | undefined;
  const checkpoint = { folder, every: 2 };
  const { checkpoint: newest } = await train(
    spec,
    { train: moons(1) },
    {
      ...options,
      checkpoint,
      onEvent(event) {
        if (event.type === 'warning') warnings.push(event.message);
        if (event.type !== 'checkpoint' || other !== undefined) return;
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        other = lockFolder('train', folder, 'train');
      },
    },
  );
  expect(newest?.step).toBe(2);
  expect(warnings).toEqual([expect.stringMatching(/^the checkpoint of step 4 could not be written, .* in use by /)]);
  expect(existsSync(join(folder, 'last.gradloom'))).toBe(false);
  other?.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(FolderInUseError).toBeDefined();
});

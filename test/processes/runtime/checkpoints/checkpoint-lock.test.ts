import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import { FolderInUseError, loadCheckpoint, type TrainOptions, train } from '@gradloom/runtime';
import { lockFolder } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../../support/command-line.ts';
import { startLockProcess } from '../../../support/lock-process.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

const spec: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 3 }] };
const data = { train: randomDataset({ rows: 20, inputs: 4, classes: 3 }) };
const options = { batch: 8, epochs: 4, backend: 'wasm', threads: 1 } satisfies TrainOptions;

test('two runs of one process into one folder: the second is refused, the first goes on, and the folder is free afterwards', async () => {
  const folder = join(temporaryDirectory(), 'moons');
  const checkpoint = { folder, every: 1 };
  const steps: number[] = [];
  let second: Promise<unknown> | undefined;
  await train(spec, data, {
    ...options,
    checkpoint,
    onEvent(event) {
      if (event.type === 'start') second = train(spec, data, { ...options, checkpoint }).catch((error) => error);
      if (event.type === 'checkpoint') steps.push(event.step);
    },
  });
  const error = await second;
  expect(error).toBeInstanceOf(FolderInUseError);
  expect(String(error)).toContain(`train: ${folder} is in use by this process (train, since `);
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(readdirSync(folder).sort()).toEqual(['best.gradloom', 'last.gradloom']);
  await train(spec, data, { ...options, checkpoint });
});

test('a folder that another process has is refused before the first step, and stays as it is', async () => {
  const folder = temporaryDirectory();
  const other = startLockProcess();
  await other.ask({ do: 'take', folder });
  const events: string[] = [];
  const run = train(spec, data, { ...options, checkpoint: { folder }, onEvent: ({ type }) => events.push(type) });
  await expect(run).rejects.toThrow(`is in use by process ${other.child.pid} (test, since `);
  expect({ events, names: readdirSync(folder) }).toEqual({ events: [], names: ['gradloom.lock'] });
});

test('a run that fails leaves its folder free', async () => {
  const folder = temporaryDirectory();
  const run = train(spec, data, {
    ...options,
    checkpoint: { folder },
    onEvent() {
      throw new Error('enough');
    },
  });
  await expect(run).rejects.toThrow('enough');
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that the caller has locked is written to, and stays locked', async () => {
  const lock = lockFolder('test', temporaryDirectory(), 'test');
  await train(spec, data, { ...options, checkpoint: { folder: () => lock } });
  expect(loadCheckpoint(join(lock.path, 'last.gradloom')).progress.step).toBe(12);
  expect(readdirSync(lock.path).sort()).toEqual(['best.gradloom', 'gradloom.lock', 'last.gradloom']);
  lock.release();
  expect(readdirSync(lock.path).sort()).toEqual(['best.gradloom', 'last.gradloom']);
});

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { bundleThread } from '../../../.ci/bundle-thread.mjs';
import { sharedArrays } from '../../../packages/runtime/src/data/number-types.ts';
import { openInference } from '../../../packages/runtime/src/engine/evaluation/open-inference.ts';
import { TALLIES } from '../../../packages/runtime/src/engine/evaluation/tally.ts';
import { resetControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { toMessage } from '../../../packages/runtime/src/engine/threads/messages.ts';
import type { EvaluationTask, SpanTask } from '../../../packages/runtime/src/engine/threads/protocol.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import work from '../../../packages/runtime/src/worker.ts';
import { temporaryDirectory } from '../../support/command-line.ts';
import { randomDataset } from '../../support/random-dataset.ts';

/** Of ended runs, what a thread may hold: less than a run of `spec` takes. */
const maxHeldBytes = 32 * 1024 ** 2;
const spec: NetworkSpec = { input: 3000, layers: [{ kind: 'dense', out: 500 }] };
const data = { train: randomDataset({ rows: 40, inputs: 3000, classes: 500 }) };

const small: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
const few = randomDataset({ rows: 40, inputs: 3, classes: 2 });
const machine = { threads: 1, startsThreads: false, backend: 'wasm', blas: undefined } as const;

/** One step of a new run as a thread does it; `live` are runs that still go on. Returns its name and its memory. */
function stepOfNewRun(live: readonly number[]) {
  const prepared = complete(prepareRun(complete(planRun(spec, data, { threads: 1, backend: 'wasm' })), data));
  const setup = { ...prepared.setup, maxHeldBytes };
  resetControl(setup.control);
  const teamTask = { setup, live: [...live, setup.run], thread: 0, threads: 1 };
  const task: SpanTask = { kind: 'span', ...teamTask, first: 0, limit: 1 };
  void work(toMessage(task));
  return { run: setup.run, memory: new WeakRef(setup.memory) };
}

test('at the next task a thread frees the memory of a large run that has ended, and keeps that of other runs', async () => {
  const ended = stepOfNewRun([]);
  const goesOn = stepOfNewRun([ended.run]);
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds on until its job ends
  stepOfNewRun([goesOn.run]);
  expect(ended.memory.deref()).toBeUndefined();
  expect(goesOn.memory.deref()).toBeDefined();
});

test('a thread that evaluates a model frees the memory of runs that have ended', async () => {
  const ended = stepOfNewRun([]);
  await new Promise((resolve) => setImmediate(resolve)); // likewise
  const model = buildNetwork(small);
  const opened = openInference('test', model, new Float64Array(model.parameterCount), 'mse', machine);
  const setup = { ...opened.setup, maxHeldBytes };
  resetControl(setup.control);
  const outputs = sharedArrays.float64(40 * model.outputs);
  const tallies = sharedArrays.float64(TALLIES);
  const teamTask = { setup, live: [setup.run], thread: 0, threads: 1 };
  const task: EvaluationTask = { kind: 'evaluation', ...teamTask, dataset: few, first: 0, rows: 40, outputs, tallies };
  void work(toMessage(task));
  expect(ended.memory.deref()).toBeUndefined();
});

// Of an ES module that is required, Node 20 ends the process where its thread is told to end meanwhile.
test('a thread is CommonJS that loads only modules of Node, and decoders only for images', async () => {
  const folder = temporaryDirectory();
  await bundleThread(folder);
  const loadedBy = (name: string): string[] =>
    Array.from(
      readFileSync(join(folder, name), 'utf8').matchAll(/\b(?:require|import)\(["']([^"']+)/g),
      ([, loaded]) => loaded,
    );
  const files = readdirSync(folder);
  for (const name of files) {
    // Nothing but Node can give a module whose name starts so; node:sqlite is newer than some Nodes.
    const others = loadedBy(name).filter((loaded) => !loaded.startsWith('node:') && !isBuiltin(loaded));
    expect(others.filter((loaded) => !files.includes(loaded.replace('./', '')))).toEqual([]);
  }
  expect(files.filter((name) => !name.endsWith('.cjs'))).toEqual([]);
  expect(loadedBy('worker.cjs')).toContain('node:os');
  const path = join(folder, 'worker.cjs');
  const require = createRequire(path);
  expect(require(path)({ kind: 'ping' })).toBeUndefined();
  const began = Object.keys(require.cache).filter((file) => file.startsWith(folder));
  expect(began).toContain(path);
  expect(began.filter((file) => file.includes('decoders'))).toEqual([]);
  expect(files.filter((name) => name.startsWith('decoders'))).toHaveLength(1);
});

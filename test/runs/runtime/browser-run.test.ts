import type { NetworkSpec, OptimizerSpec } from '@gradloom/core';
import { NO_PARTS } from '@gradloom/core/internal';
import { fingerprint, loadParts, splitDataset, syntheticDatasets, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { browserEnvironment } from '../../../packages/runtime/src/browser/browser-environment.ts';
import { createTeam } from '../../../packages/runtime/src/browser/team.ts';
import { joinTeam, openBrowserRun, type TeamMessage } from '../../../packages/runtime/src/browser.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const dense = (...units: number[]): NetworkSpec => ({
  input: 2,
  layers: units.flatMap((out, l) => [
    { kind: 'dense' as const, out },
    ...(l < units.length - 1 ? [{ kind: 'activation' as const, fn: 'tanh' as const }] : []),
  ]),
});

const runs: [spec: NetworkSpec, optimizer: OptimizerSpec, batch: number | 'full', precision: 'float64' | 'float32'][] =
  [
    [dense(8, 2), 'adam', 32, 'float64'],
    [dense(16, 8, 4, 2), { kind: 'sgd', lr: 0.1, momentum: 0.9 }, 'full', 'float64'],
    [dense(5, 2), 'lion', 30, 'float32'],
  ];

test.each(runs)('a run of a browser has the bits of train: %#', async (spec, optimizer, batch, precision) => {
  const { train: rows, test: others = rows } = splitDataset(syntheticDatasets.moons({ rows: 210, noise: 0.2 }), {
    test: 0.2,
  });
  const steps = 40; // in the middle of an epoch
  const shared = { optimizer, batch, seed: 3, precision };
  const run = await openBrowserRun(spec, rows, { ...shared, loss: 'softmax-cross-entropy', totalSteps: 1000 });
  const losses: number[] = [];
  while (run.steps < steps - 1) losses.push(...run.advance(Math.min(7, steps - 1 - run.steps)));
  const { layers, loss } = run.probe();
  losses.push(loss);
  const outputs = new Float64Array(new SharedArrayBuffer(8 * 2 * others.rows));
  const expected: number[] = [];
  const looks: unknown[] = [];
  const result = train(
    spec,
    { train: rows, test: others },
    {
      ...shared,
      steps,
      schedule: 'constant',
      threads: 1,
      backend: 'wasm',
      probe: [steps - 1],
      onEvent(event) {
        if (event.type === 'steps') expected.push(event.loss.mean);
        if (event.type === 'probe' && event.step === steps - 1) looks.push(event.layers);
      },
    },
  );
  const { parameters, test: tested } = await result;
  expect(run.fingerprint()).toBe(fingerprint(parameters));
  expect(losses).toEqual(expected);
  expect([layers]).toEqual(looks);
  expect(run.evaluate(others, outputs)).toBe(tested?.loss);
});

test('a run with a formula of the user has the bits of train', async () => {
  const film = `export const film = { part: 'layer', name: 'film', tensors: (_options, shape) => ({ gamma: { shape, start: 1 } }),
    formula: ({ x, gamma }) => x.times(gamma).tanh() };`;
  const path = temporaryFolder().write('film.mjs', film);
  const spec: NetworkSpec = {
    input: 2,
    layers: [{ kind: 'dense', out: 8 }, { kind: 'film' } as never, { kind: 'dense', out: 2 }],
  };
  const rows = syntheticDatasets.moons({ rows: 96 });
  const shared = {
    loss: 'softmax-cross-entropy',
    optimizer: 'adam',
    batch: 32,
    seed: 1,
    precision: 'float32',
  } as const;
  const { customParts: parts } = await loadParts(path);
  const run = await openBrowserRun(spec, rows, { ...shared, totalSteps: 12, parts });
  while (run.steps < 12) run.advance(4);
  const result = await train(
    spec,
    { train: rows },
    { ...shared, modules: [path], steps: 12, threads: 2, backend: 'wasm' },
  );
  expect(run.fingerprint()).toBe(fingerprint(result.parameters));
});

test('a run ends in a sentence if a member of its team is gone, before a task and within one', async () => {
  const options = { loss: 'mse', optimizer: 'sgd', batch: 64, seed: 0, precision: 'float64', totalSteps: 9 } as const;
  const { train: rows } = splitDataset(syntheticDatasets.moons({ rows: 64 }), {});
  const messages: TeamMessage[] = [];
  const first = {
    postMessage(message: TeamMessage) {
      messages.push(message);
      throw new Error('its setup is known');
    },
  };
  await expect(openBrowserRun(dense(8, 1), rows, options, [first])).rejects.toThrow('its setup');
  const [{ setup }] = messages;
  // It joins, and does nothing.
  const gone = { postMessage: ({ commandWords }: TeamMessage) => void Atomics.add(commandWords, 5, 1) };
  const team = await createTeam(setup, [gone], { ...browserEnvironment(NO_PARTS), maxSleeps: 1 });
  const sentence = 'createTeam: a worker no longer answers, and the run has ended';
  expect(() => team.run({ kind: 'opening', drawsWeights: true })).toThrow(sentence);
  expect(() => team.run({ kind: 'span', first: 0, limit: 2, probe: false })).toThrow(sentence);
});

test('a team that does not come together lets its members go', async () => {
  const reasons: string[] = [];
  const messages: TeamMessage[] = [];
  const other = { postMessage: (message: TeamMessage) => void messages.push(message) };
  const setup = {} as TeamMessage['setup']; // of which no thread makes a context
  await expect(createTeam(setup, [other])).rejects.toThrow();
  const [member] = messages;
  joinTeam(member, (reason) => reasons.push(reason));
  expect([reasons.length, ...member.commandWords]).toEqual([1, 1, 2, 0, 0, 0, 0, 0, 1]); // left in turn 1, one failed
});

import { complete } from '@gradloom/core/internal';
import { dense, sequential, type TrainOptions, tanh, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../../packages/runtime/src/engine/step/context.ts';
import { runSteps } from '../../../packages/runtime/src/engine/step/run-steps.ts';
import { teamPrograms } from '../../../packages/runtime/src/engine/step/step-program.ts';
import { CONTROL, resetControl } from '../../../packages/runtime/src/engine/threads/barrier.ts';
import { toMessage } from '../../../packages/runtime/src/engine/threads/messages.ts';
import { nodeEnvironment } from '../../../packages/runtime/src/engine/threads/node-environment.ts';
import { DECISION, type SpanTask } from '../../../packages/runtime/src/engine/threads/protocol.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import work from '../../../packages/runtime/src/worker.ts';
import { needs } from '../../support/needs.ts';
import { randomDataset } from '../../support/random-dataset.ts';

const dataset = randomDataset({ rows: 6, inputs: 4, classes: 3 });
const spec = sequential(4, dense(5), tanh(), dense(3));
const whole: TrainOptions = { batch: 6, shuffle: false, steps: 500, backend: 'wasm' };

/** A run that is about to begin, as a thread of it sees it. */
function open(options: TrainOptions = {}, { threads = 1, probe = false } = {}) {
  const data = { train: dataset };
  const { setup, arena } = complete(prepareRun(complete(planRun(spec, data, { ...whole, threads, ...options })), data));
  const context = createContext(setup, 0, nodeEnvironment);
  const task: SpanTask = { kind: 'span', setup, live: [setup.run], thread: 0, threads, probe, first: 0, limit: 500 };
  resetControl(setup.control);
  return { setup, arena, context, task };
}

/** Whether a thread's step is one block, which the backend repeats without JavaScript in between. */
const isRepeated = ({ context, task }: ReturnType<typeof open>): boolean =>
  teamPrograms(context, task.threads, task.probe === true).fullBatch.block !== null;

const outcomeOf = ({ setup, arena }: ReturnType<typeof open>) => ({
  theta: [...arena.theta],
  state: arena.state.map((slot) => [...slot]),
  scalars: [...arena.scalars],
  losses: [...arena.losses.subarray(0, 500)],
  norms: [...arena.norms.subarray(0, 500)],
  control: [setup.control[CONTROL.steps], setup.control[CONTROL.decision]],
});

describe.each(['wasm', 'native'] as const)('the steps of a team of one with the same rows in each: %s', (backend) => {
  test.each<[string, TrainOptions]>([
    ['adam', { optimizer: 'adam', schedule: 'cosine' }],
    ['sgd with momentum', { optimizer: { kind: 'sgd', lr: 0.1, momentum: 0.9 }, loss: 'mse' }],
    ['until they diverge', { optimizer: { kind: 'sgd', lr: 1e160 }, loss: 'mse' }],
    ['until adam diverges', { optimizer: { kind: 'adam', lr: 1e200 }, loss: 'mse' }],
    ['rmsprop', { optimizer: { kind: 'rmsprop', momentum: 0.5 }, loss: 'huber' }],
    ['a clipped gradient', { optimizer: 'adam', clipNorm: 0.01 }],
  ])('are repeated with the bits of plain code, one after the other: %s', needs(backend), (name, options) => {
    const [one, many] = [open({ ...options, backend: 'reference' }), open({ ...options, backend })];
    expect([one, many].map(isRepeated)).toEqual([false, true]);
    // As the main thread writes them.
    for (const { arena } of [one, many])
      for (let k = 0; k < 500; k++) arena.learningRates[k] = one.context.optimizer.lr / (1 + k);
    for (const { task } of [one, many]) void work(toMessage(task));
    expect(outcomeOf(many)).toEqual(outcomeOf(one));
    const diverges = name.startsWith('until');
    expect(many.setup.control[CONTROL.decision]).toBe(diverges ? DECISION.bad : DECISION.end);
  });
});

test('a requested end comes within a moment, after a whole step', () => {
  const [requested, other] = [open(), open()];
  for (const { arena } of [requested, other]) arena.learningRates.fill(0.1);
  requested.setup.control[CONTROL.request] = 1;
  void work(toMessage(requested.task));
  const steps = requested.setup.control[CONTROL.steps];
  expect(requested.setup.control[CONTROL.decision]).toBe(DECISION.end);
  expect(steps).toBeLessThan(500);
  runSteps(other.context, { ...other.task, limit: steps });
  expect([...requested.arena.theta]).toEqual([...other.arena.theta]);
});

test.each<[string, TrainOptions, object?]>([
  ['there are several batches', { batch: 3 }],
  ['time is measured', { profile: true }],
  ['there is a team', {}, { threads: 2 }],
  ['layers are looked into', { probe: 1 }, { probe: true }],
  ['the backend is plain code', { backend: 'reference' }],
])('steps are not repeated where %s', (_name, options, task) => {
  expect(isRepeated(open(options, task))).toBe(false);
});

test('a run of repeated steps is the run step by step', async () => {
  const options = { ...whole, steps: 20_000, optimizer: 'adam', schedule: 'cosine', threads: 1 } as const;
  const repeated = await train(spec, { train: dataset }, options);
  const timed = await train(spec, { train: dataset }, { ...options, profile: true });
  expect(repeated.steps).toBe(20_000);
  expect(repeated.fingerprint).toBe(timed.fingerprint);
});

import { availableParallelism } from 'node:os';
import { syntheticDatasets, type TrainEvent, train } from '@gradloom/runtime';
import { afterEach, expect, test, vi } from 'vitest';

const cores = availableParallelism();

afterEach(() => {
  vi.unstubAllEnvs();
});

test('of more threads than cores, as many as there are cores work, to the same result', async () => {
  const requested = cores + 3;
  const events: TrainEvent[] = [];
  const run = (threads: number) =>
    train(
      // Enough parameters for more threads than any machine has cores.
      { input: 2, layers: [1000, 1000, 2].map((out) => ({ kind: 'dense', out })) },
      { train: syntheticDatasets.moons({ rows: 64 }) },
      { threads, steps: 3, onEvent: (event) => events.push(event) },
    );
  const all = await run(requested);
  vi.stubEnv('GRADLOOM_OVERSUBSCRIBE', '');
  events.length = 0;
  const some = await run(requested);
  expect([all.threads, some.threads]).toEqual([requested, cores]);
  expect(some.fingerprint).toBe(all.fingerprint);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  expect(warnings.join()).toMatch(
    new RegExp(
      `threads has ${requested}, but this machine has ${cores} cores?: the run uses ${cores} threads?, with the same result`,
    ),
  );
});

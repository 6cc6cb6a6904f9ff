import { dense, sequential, syntheticDatasets, type TrainingRun, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';

const begin = () =>
  train(sequential(2, dense(1)), { train: syntheticDatasets.xor() }, { threads: 1, steps: 1, backend: 'wasm' });

test('a run that is awaited itself is refused by the compiler, and in a sentence that names its result', async () => {
  const awaiting = async () => {
    // @ts-expect-error: TypeScript says that a run is no promise.
    await begin();
  };
  await expect(awaiting()).rejects.toThrow(
    'train: await has the run itself, expected its result (await run.result; an async function that returns a run awaits ' +
      'it too: return run.result, or { run })',
  );
});

test('so is one that an async function returns', async () => {
  // @ts-expect-error: likewise.
  const returning = async (): Promise<TrainingRun> => begin();
  await expect(returning()).rejects.toThrow('return run.result, or { run }');
});

test('its result, and an object that holds it, may be awaited', async () => {
  const { run } = await (async () => ({ run: begin() }))();
  expect(await run.result).toMatchObject({ steps: 1 });
});

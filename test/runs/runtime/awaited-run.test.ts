import { dense, sequential, syntheticDatasets, type TrainResult, train } from '@gradloom/runtime';
import { expect, expectTypeOf, test } from 'vitest';

const begin = () =>
  train(sequential(2, dense(1)), { train: syntheticDatasets.xor() }, { threads: 1, steps: 1, backend: 'wasm' });

test('a run is awaited for its result, and so is one that an async function returns', async () => {
  const result = await begin();
  expectTypeOf(result).toEqualTypeOf<TrainResult<'float64'>>();
  expect(result.steps).toBe(1);
  const returning = async (): Promise<TrainResult> => begin();
  expect((await returning()).fingerprint).toBe(result.fingerprint);
});

test('a run is read for its events and awaited for its result, in either order', async () => {
  const run = begin();
  const types: string[] = [];
  for await (const event of run) types.push(event.type);
  expect(types).toContain('epoch');
  expect((await run).steps).toBe(1);
  const ended = begin();
  await ended;
  const unread: string[] = [];
  for await (const event of ended) unread.push(event.type);
  expect(unread).toEqual(types);
});

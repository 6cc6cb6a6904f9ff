import { expect, test } from 'vitest';
import { inLanes } from '../../../../../packages/cli/src/lab/experiments/remedies/remedies.ts';

test.each([1, 2, 3, 10])('%i lanes keep the order of the items, and run that many at once', async (lanes) => {
  const waiting: (() => void)[] = [];
  let maxWaiting = 0;
  const work = async (item: number): Promise<number> => {
    const turn = new Promise<void>((resolve) => waiting.push(resolve));
    maxWaiting = Math.max(maxWaiting, waiting.length);
    // The last to come is done first.
    setImmediate(() => waiting.pop()?.());
    await turn;
    return item * item;
  };
  expect(await inLanes([1, 2, 3, 4, 5], lanes, work)).toEqual([1, 4, 9, 16, 25]);
  expect(maxWaiting).toBe(Math.min(lanes, 5));
});

test('one failure fails all', async () => {
  const work = async (item: number): Promise<number> => {
    if (item === 2) throw new Error('no 2');
    return item;
  };
  await expect(inLanes([1, 2, 3], 2, work)).rejects.toThrow('no 2');
});

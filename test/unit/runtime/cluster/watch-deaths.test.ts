import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchDeaths } from '../../../../packages/runtime/src/cluster/mpi/open-cluster.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a rank that three looks do not find has died, and not one of which a look is mistaken', () => {
  let gone: readonly number[] = [];
  const noted: (readonly number[])[] = [];
  const unwatch = watchDeaths(
    () => gone,
    (ranks) => void noted.push(ranks),
  );
  const check = (ranks: readonly number[]): void => {
    gone = ranks;
    vi.advanceTimersByTime(1000);
  };
  for (const ranks of [[], [1], [1], [], [2], [2]]) check(ranks);
  expect(noted).toEqual([]);
  check([2, 3]);
  expect(noted).toEqual([[2, 3]]);
  unwatch();
  check([2, 3]);
  expect(noted).toHaveLength(1);
});

import { OptionError, type Pausable } from '@gradloom/core';
import { bytesOf, checkMemory, type MemoryRoom, type Part } from '../../system/memory/memory.ts';

/** Resources of a run. Smaller numbers save memory, cost some time, and do not change results. */
export interface MemoryBudget {
  readonly threads: number;
  readonly chunks: number; // chunks of an evaluation whose outputs are held at once
  readonly orders: number; // epochs whose row order is held at once
  readonly texts: boolean; // whether the model writes texts while it trains
}

/** A part of the memory plan. */
interface Planned {
  readonly parts: readonly Part[];
}

/** How often the number of chunks is halved before threads are reduced. */
const LEVELS = 6;

/**
 * The plan with as much of `wanted` as fits. Chunks are reduced first, then orders, then texts, then threads.
 * @throws OptionError with the size of each part if even the minimum does not fit.
 */
export function* fitMemory<Plan extends Planned>(
  planOf: (means: MemoryBudget) => Plan,
  wanted: MemoryBudget,
  room: MemoryRoom,
): Pausable<{ plan: Plan; means: MemoryBudget }> {
  const at = (threads: number, level: number, texts: boolean): MemoryBudget => ({
    ...{ threads, texts },
    chunks: Math.min(wanted.chunks, Math.max(threads, wanted.chunks >> level)),
    orders: level === LEVELS ? Math.min(1, wanted.orders) : wanted.orders,
  });
  const fits = (means: MemoryBudget): boolean => {
    try {
      return bytesOf(planOf(means).parts) <= room.bytes;
    } catch (error) {
      // More threads than fit into a 32-bit memory.
      if (error instanceof OptionError && means.threads > 1) return false;
      throw error;
    }
  };
  // A plan that fits with more threads also fits with fewer.
  const spared = yield* firstThat(wanted.threads - 1, (given) => fits(at(wanted.threads - given, LEVELS, false)));
  const threads = wanted.threads - spared;
  const texts = wanted.texts && fits(at(threads, LEVELS, true));
  const level = yield* firstThat(LEVELS, (lower) => fits(at(threads, lower, texts)));
  const means = at(threads, level, texts);
  const plan = planOf(means);
  checkMemory(plan.parts, room);
  return { plan, means };
}

/** The first of 0, 1, ... `last` that is `good`, by bisection: all after it must be good too. `last` if none is. */
function* firstThat(last: number, good: (n: number) => boolean): Pausable<number> {
  let [low, high] = [0, last];
  if (good(low)) return low;
  while (high - low > 1) {
    yield;
    const middle = (low + high) >> 1;
    if (good(middle)) high = middle;
    else low = middle;
  }
  return high;
}

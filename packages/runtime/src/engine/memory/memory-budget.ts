import { OptionError } from '@gradloom/core';
import { bytesOf, checkMemory, type MemoryRoom, type Part } from '../../system/memory/memory.ts';

/** Resources that a run may take. Smaller numbers save memory, cost some time, and do not change results. */
export interface MemoryBudget {
  readonly threads: number;
  readonly chunks: number; // chunks of an evaluation whose outputs are held at once
  readonly orderSlots: number; // epochs whose row order is held at once
  readonly texts: boolean; // whether the model writes texts while it trains
}

/** Saving levels: each halves the number of chunks; the last also keeps the orders of one epoch only. */
const LEVELS = 6;

/**
 * The plan with as much of the `requested` budget as fits. Chunks are reduced first, then the epochs with orders, then
 * texts, then threads.
 * @throws OptionError with the size of each part if even the minimum does not fit.
 */
export function fitMemory<Plan extends { readonly parts: readonly Part[] }>(
  planOf: (budget: MemoryBudget) => Plan,
  requested: MemoryBudget,
  room: MemoryRoom,
): { plan: Plan; budget: MemoryBudget } {
  const budgetOf = (threads: number, level: number, texts: boolean): MemoryBudget => ({
    threads,
    texts,
    chunks: Math.min(requested.chunks, Math.max(threads, requested.chunks >> level)),
    orderSlots: level === LEVELS ? Math.min(1, requested.orderSlots) : requested.orderSlots,
  });
  const fits = (budget: MemoryBudget): boolean => {
    try {
      return bytesOf(planOf(budget).parts) <= room.bytes;
    } catch (error) {
      // More threads than fit into a 32-bit memory.
      if (error instanceof OptionError && budget.threads > 1) return false;
      throw error;
    }
  };
  // A plan that fits with more threads also fits with fewer.
  const droppedThreads = firstThat(requested.threads - 1, (n) => fits(budgetOf(requested.threads - n, LEVELS, false)));
  const threads = requested.threads - droppedThreads;
  const texts = requested.texts && fits(budgetOf(threads, LEVELS, true));
  const level = firstThat(LEVELS, (candidate) => fits(budgetOf(threads, candidate, texts)));
  const budget = budgetOf(threads, level, texts);
  const plan = planOf(budget);
  checkMemory(plan.parts, room);
  return { plan, budget };
}

/** The first of 0, 1, ... `last` that `holds`, by bisection: all after it must hold too. `last` if none does. */
function firstThat(last: number, holds: (n: number) => boolean): number {
  let [low, high] = [0, last];
  if (holds(low)) return low;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

import { availableParallelism } from 'node:os';

/**
 * Threads of a run's own that work at a time, at most: as many as there are cores. More would take turns, and each
 * would pack the weights once more for fewer rows, which made 16 threads on two cores three times as slow as two. The
 * result is the same. GRADLOOM_OVERSUBSCRIBE=1 lets all that are asked for work: tests need more than most machines
 * have cores.
 */
export const mostWorking = (): number =>
  process.env.GRADLOOM_OVERSUBSCRIBE === '1' ? Number.POSITIVE_INFINITY : availableParallelism();

import { OptionError } from '@gradloom/core';
import { type Pool, TrainingError, train } from '@gradloom/runtime';
import { without } from '../../options/option.ts';
import { whole } from '../../terminal/text/format.ts';
import type { Recipe } from '../train/recipe.ts';

/** How the threads are shared among runs. */
export interface Lanes {
  readonly atOnce: number;
  readonly threads: number; // threads of each run
  readonly why: string;
}

const MEASURE_MS = 300;

/** One run on all threads is preferred if it is this much faster: concurrent runs do all other work side by side. */
const MARGIN = 1.05;

/** How runs share the threads: as asked for, or as measured with the first runs to do. */
export function createLanes(
  pool: Pool,
  requested: number | 'auto',
  signal: AbortSignal,
  onChoice: (lanes: Lanes) => void,
) {
  let lanes: Lanes | null = null;
  return async (recipes: readonly Recipe[]): Promise<Lanes> => {
    if (lanes === null) {
      const atOnce = requested === 'auto' ? null : Math.min(requested, pool.threads);
      lanes =
        atOnce === null
          ? await chooseLanes(recipes, pool, signal).catch((error) => oneAtATime(error, pool))
          : { atOnce, threads: Math.floor(pool.threads / atOnce), why: 'as asked for' };
      onChoice(lanes);
    }
    // If few runs are left, each gets more threads.
    if (recipes.length >= lanes.atOnce) return lanes;
    return { ...lanes, atOnce: recipes.length, threads: Math.floor(pool.threads / recipes.length) };
  };
}

/** The lanes if memory does not suffice for the measurement: runs that fit one at a time are still done. */
function oneAtATime(error: unknown, { threads }: Pool): Lanes {
  if (!lacksMemory(error)) throw error;
  return { atOnce: 1, threads, why: 'memory does not suffice for the first runs at once' };
}

/**
 * Compares the steps a second of one run on all threads with those of as many concurrent runs as there are threads, one
 * thread each. Both are measured twice, alternately. No result depends on the choice.
 */
async function chooseLanes(
  recipes: readonly Recipe[], // recipes of the first runs
  pool: Pool,
  signal: AbortSignal,
): Promise<Lanes> {
  const { threads } = pool;
  if (threads === 1) return { atOnce: 1, threads: 1, why: 'there is one thread' };
  if (recipes.length === 1) return { atOnce: 1, threads, why: 'there is one run' };
  const runCount = Math.min(threads, recipes.length);
  const concurrent = recipes.slice(0, runCount);
  const bestSpeeds = { alone: 0, together: 0 };
  for (let round = 0; round < 2 && !signal.aborted; round++) {
    bestSpeeds.alone = Math.max(bestSpeeds.alone, await stepsASecond(recipes[0], pool, threads, signal));
    const speeds = await Promise.all(concurrent.map((recipe) => stepsASecond(recipe, pool, 1, signal)));
    // Runs of other networks have other steps, so the speed of the first run beside the others counts.
    bestSpeeds.together = Math.max(bestSpeeds.together, speeds[0] * runCount);
  }
  const [aloneText, togetherText] = [whole(bestSpeeds.alone), whole(bestSpeeds.together)];
  if (bestSpeeds.alone > MARGIN * bestSpeeds.together) {
    const why = `measured: ${aloneText} steps/s this way, ${togetherText} by ${runCount} runs on a thread each`;
    return { atOnce: 1, threads, why };
  }
  const why = `measured: ${togetherText} steps/s this way, ${aloneText} by one run on ${threads} threads`;
  return { atOnce: runCount, threads: Math.floor(threads / runCount), why };
}

async function stepsASecond(
  { spec, sets, options }: Recipe,
  pool: Pool,
  threads: number,
  signal: AbortSignal,
): Promise<number> {
  const timeLimit = AbortSignal.any([signal, AbortSignal.timeout(MEASURE_MS)]);
  const measuredOptions = without(options, 'patience', 'minDelta', 'monitor', 'probe');
  const startMs = performance.now();
  try {
    const { steps, elapsedMs } = await train(
      spec,
      { train: sets.train },
      { ...measuredOptions, pool, threads, signal: timeLimit },
    );
    return elapsedMs === 0 ? 0 : (1000 * steps) / elapsedMs;
  } catch (error) {
    // A run that diverges still has a speed.
    if (!(error instanceof TrainingError)) throw error;
    return (1000 * error.step) / (performance.now() - startMs);
  }
}

/** Whether a run failed for lack of memory: for its rows, its plan or its threads. */
export const lacksMemory = (error: unknown): error is Error =>
  error instanceof Error &&
  (error instanceof RangeError ||
    error.cause instanceof RangeError ||
    (error instanceof OptionError && error.about === 'the plan'));

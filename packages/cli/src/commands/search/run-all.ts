import { type Evaluation, type Pool, TrainingError, train } from '@gradloom/runtime';
import type { Recipe } from '../train/recipe.ts';
import { type Lanes, lacksMemory } from './choose-lanes.ts';
import type { RunKey, RunOutcome } from './outcome.ts';

/** Runs to do, and the callbacks for their results. */
export interface Work {
  readonly recipeOf: (key: RunKey) => Promise<Recipe>;
  readonly pool: Pool;
  readonly lanesOf: (recipes: readonly Recipe[]) => Promise<Lanes>;
  readonly signal: AbortSignal;
  readonly onLackOfMemory: (key: RunKey, error: Error) => void; // called if memory does not suffice for the run
  readonly done: (outcome: RunOutcome) => void;
}

/** Does the runs, several at a time. One that lacks memory is repeated alone; if that fails, it is left out. */
export async function runAll(
  keys: readonly RunKey[],
  { recipeOf, pool, lanesOf, signal, onLackOfMemory, done }: Work,
): Promise<void> {
  if (keys.length === 0 || signal.aborted) return;
  const firstRecipes = await Promise.all(keys.slice(0, pool.threads).map(recipeOf));
  const { atOnce, threads } = await lanesOf(firstRecipes);
  const waitingKeys = [...keys];
  const retriedKeys: RunKey[] = []; // lacked memory beside other runs
  let failure: unknown;
  async function runOne(key: RunKey, runThreads: number): Promise<void> {
    const outcome = await runTrial(key, await recipeOf(key), pool, runThreads, signal);
    if (outcome !== null) done(outcome);
  }
  async function runLane(): Promise<void> {
    for (let key = waitingKeys.shift(); key !== undefined && !signal.aborted; key = waitingKeys.shift()) {
      try {
        await runOne(key, threads);
      } catch (error) {
        if (lacksMemory(error)) retriedKeys.push(key);
        else {
          failure ??= error;
          waitingKeys.length = 0;
        }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runLane));
  if (failure !== undefined) throw failure;
  for (const key of retriedKeys) {
    if (signal.aborted) return;
    try {
      await runOne(key, pool.threads);
    } catch (error) {
      if (!lacksMemory(error)) throw error;
      onLackOfMemory(key, error);
    }
  }
}

/**
 * Trains one run and measures it on its held-out rows: the test rows if it has a fold, else the validation rows. The
 * test rows of a run without folds are never used. Null if `signal` ended it.
 */
export async function runTrial(
  key: RunKey,
  { spec, sets, options }: Recipe,
  pool: Pool,
  threads: number,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  const { test: _test, ...setsWithoutTest } = sets;
  const startMs = performance.now();
  try {
    const result = await train(spec, key.fold === null ? setsWithoutTest : sets, { ...options, pool, threads, signal });
    if (signal.aborted) return null;
    const evaluation = key.fold === null ? result.validation : result.test;
    if (evaluation === undefined) throw new Error('search: the run has no held-out rows, expected some');
    return {
      ...key,
      state: 'done',
      figures: figuresOf(evaluation),
      step: result.steps,
      early: result.stopped === 'early',
      fingerprint: result.fingerprint,
      elapsedMs: performance.now() - startMs,
    };
  } catch (error) {
    if (!(error instanceof TrainingError)) throw error;
    const elapsedMs = performance.now() - startMs;
    return { ...key, state: 'diverged', figures: {}, step: error.step, early: false, fingerprint: null, elapsedMs };
  }
}

/** The figures as JSON can hold them. */
const figuresOf = (evaluation: Evaluation): Record<string, number | null> =>
  Object.fromEntries(
    Object.entries(evaluation)
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
      .map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );

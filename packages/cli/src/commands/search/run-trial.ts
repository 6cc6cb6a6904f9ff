import type { Evaluation, Pool } from '@gradloom/runtime';
import { TrainingError, train } from '@gradloom/runtime';
import type { Recipe } from '../train/recipe.ts';
import type { RunKey, RunOutcome } from './outcome.ts';

/**
 * Trains one run and measures it on its held-out rows: the test rows where it has a fold, else the validation rows. The
 * test rows of a run without folds are never looked at. Null where `signal` ended it.
 */
export async function runTrial(
  key: RunKey,
  { spec, sets, options }: Recipe,
  pool: Pool,
  threads: number,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  const { test, ...others } = sets;
  const startMs = performance.now();
  try {
    const result = await train(spec, key.fold === null ? others : sets, { ...options, pool, threads, signal }).result;
    if (signal.aborted) return null;
    const held = key.fold === null ? result.validation : result.test;
    if (held === undefined) throw new Error('search: the run has no held-out rows, expected some');
    return {
      ...key,
      state: 'done',
      figures: figuresOf(held),
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

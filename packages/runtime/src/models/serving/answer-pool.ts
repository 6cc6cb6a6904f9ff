import type { Model } from '@gradloom/core';
import { elements, option, record } from '@gradloom/core/internal';
import { createPool } from '../../engine/threads/pool.ts';
import type { AnswersTask } from './answer-task.ts';
import { createTextAnswerer, type TextLimits } from './answer-texts.ts';
import type { Reply } from './reply.ts';
import { shareModel } from './shared-model.ts';

/** Threads that answer bodies of requests. */
export interface AnswerPool {
  readonly threads: number;
  /**
   * Answers the texts in one call, on the next thread that is free, or here where that is sooner.
   * @throws Error (rejects) if the thread fails.
   */
  answer(texts: readonly string[]): Promise<readonly Reply[]>;
  /** Waits for the calls that have begun, and ends the threads. */
  close(): Promise<void>;
}

/**
 * Starts threads that answer with a model. A thread that fails is replaced.
 * @throws Error (rejects) if they do not start, or the model cannot answer at all.
 */
export async function createAnswerPool(model: Model, options: TextLimits & { threads: number }): Promise<AnswerPool> {
  record('createAnswerPool', 'model', model, 'a model');
  record('createAnswerPool', 'options', options, '{ threads, mostRows }');
  const threads = option.positiveInteger.check('createAnswerPool', 'threads', options.threads);
  const mostRows = option.positiveInteger.check('createAnswerPool', 'mostRows', options.mostRows);
  elements('createAnswerPool', 'model.parameters', model.parameters);
  // First: without the memory for a copy there are no threads to end.
  const shared = shareModel(model);
  const pool = await createPool({ threads });
  const answerHere = createTextAnswerer(model, { mostRows });
  const mostCharacters = charactersOfSmall(model);
  const answer = async (texts: readonly string[]): Promise<readonly Reply[]> => {
    if (texts.reduce((sum, { length }) => sum + length, 0) <= mostCharacters) return answerHere(texts);
    const team = await pool.acquire(1);
    let failed = true;
    try {
      const task: AnswersTask = { kind: 'answers', id: shared.id, texts, mostRows };
      // A pool does not say which thread gets which task, and a shared memory in a message costs as much as ten rows.
      let [replies] = await Promise.all(team.run([task]));
      const withModel: AnswersTask = { ...task, model: shared };
      if (replies === 'unknown') [replies] = await Promise.all(team.run([withModel]));
      failed = false;
      return replies as readonly Reply[];
    } finally {
      await team.release(failed);
    }
  };
  return { threads, answer, close: () => pool.close() };
}

// To wake a thread and to hear of it takes 25 to 30 µs. Of iris, 1 row takes 4 µs, 45 rows of 3,400 characters 70 µs.
const SMALL_CHARACTERS = 4096;
const SMALL_PRODUCTS = 1 << 18;

/** Most characters of texts that this thread answers sooner than it could wake another. A number takes two or more. */
function charactersOfSmall({ spec, parameters }: Model): number {
  const mostRows = SMALL_PRODUCTS / parameters.length;
  return Math.min(SMALL_CHARACTERS, Math.floor(2 * spec.input * mostRows));
}

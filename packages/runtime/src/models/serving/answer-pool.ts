import type { Model } from '@gradloom/core';
import { elements, inputsOf, ofImages, option, record } from '@gradloom/core/internal';
import { createPool } from '../../engine/threads/pool.ts';
import type { Task } from '../../engine/threads/protocol.ts';
import type { AnswersTask } from './answer-task.ts';
import { type Body, createTextAnswerer, type Reply, type TextLimits } from './answer-texts.ts';
import { shareModel } from './shared-model.ts';
import type { WritingStep, WritingTask, Written } from './writing-task.ts';

/** Threads that answer request bodies. */
export interface AnswerPool {
  readonly threads: number;
  /**
   * Answers the bodies in one call, on the next free thread, or in this thread if that is faster.
   * @throws Error (rejects) if the thread fails.
   */
  answer(bodies: readonly Body[]): Promise<readonly Reply[]>;
  /**
   * Writes a part of a text on the next free thread.
   * @throws Error (rejects) if the thread fails.
   */
  write(step: WritingStep): Promise<Written>;
  /** Waits for pending calls and ends the threads. */
  close(): Promise<void>;
}

/**
 * Starts threads that answer with a model. Failed threads are replaced.
 * @throws Error (rejects) if they do not start, or the model cannot answer.
 */
export async function createAnswerPool(
  model: Model,
  options: TextLimits & { threads: number; mostTokens?: number },
): Promise<AnswerPool> {
  record('createAnswerPool', 'model', model, 'a model');
  record('createAnswerPool', 'options', options, '{ threads, mostRows }');
  const threads = option.positiveInteger.check('createAnswerPool', 'threads', options.threads);
  const mostRows = option.positiveInteger.check('createAnswerPool', 'mostRows', options.mostRows);
  elements('createAnswerPool', 'model.parameters', model.parameters);
  // Done first: if there is no memory for a copy, no threads must be ended.
  const shared = shareModel(model);
  const pool = await createPool({ threads });
  const answerHere = createTextAnswerer(model, { mostRows });
  const mostCharacters = charactersOfSmall(model);
  const answer = async (bodies: readonly Body[]): Promise<readonly Reply[]> => {
    if (bodies.reduce((sum, { length }) => sum + length, 0) <= mostCharacters) return answerHere(bodies);
    const task: AnswersTask = { kind: 'answers', id: shared.id, bodies, mostRows };
    return call<readonly Reply[]>(task);
  };
  const { mostTokens = Number.MAX_SAFE_INTEGER } = options;
  function write(step: WritingStep): Promise<Written> {
    const task: WritingTask = { kind: 'writing', id: shared.id, step, mostTokens };
    return call<Written>(task);
  }

  async function call<Answer>(task: Task<Answer | 'unknown'>): Promise<Answer> {
    const team = await pool.acquire(1);
    let failed = true;
    try {
      // The pool chooses the thread, which may not have the model yet. It is sent only then: shared memory in a message
      // costs as much as ten rows.
      let [reply] = await Promise.all(team.run([task]));
      const withModel = { ...task, model: shared };
      if (reply === 'unknown') [reply] = await Promise.all(team.run([withModel]));
      failed = false;
      return reply as Answer;
    } finally {
      await team.release(failed);
    }
  }

  return { threads, answer, write, close: () => pool.close() };
}

// Waking a thread and receiving its answer takes 25 to 30 µs. With iris, 1 row takes 4 µs, 45 rows of 3,400 characters
// take 70 µs.
const SMALL_CHARACTERS = 4096;
const SMALL_PRODUCTS = 1 << 18;

/**
 * Longest texts, in characters, that this thread answers sooner than it could wake another. A number takes at least two
 * characters. Images always go to threads: a short file may take long to decode.
 */
function charactersOfSmall({ spec, parameters, preprocessing }: Model): number {
  if (ofImages(preprocessing) !== undefined) return -1;
  const mostRows = SMALL_PRODUCTS / parameters.length;
  return Math.min(SMALL_CHARACTERS, Math.floor(2 * inputsOf(spec) * mostRows));
}

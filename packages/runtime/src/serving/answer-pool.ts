import type { Model } from '@gradloom/core';
import { doubles, positiveInteger, record } from '@gradloom/core/internal';
import { createPool } from '../threads/pool.ts';
import type { TextLimits } from './answer-texts.ts';
import type { Reply } from './reply.ts';
import { shareModel } from './shared-model.ts';

/** Threads that answer bodies of requests. */
export interface AnswerPool {
  readonly threads: number;
  /** Answers the texts in one call, on the next thread that is free. @throws Error (rejects) if the thread fails. */
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
  const threads = positiveInteger('createAnswerPool', 'threads', options.threads);
  const mostRows = positiveInteger('createAnswerPool', 'mostRows', options.mostRows);
  doubles('createAnswerPool', 'model.parameters', model.parameters);
  const pool = await createPool({ threads });
  const shared = shareModel(model);
  const answer = async (texts: readonly string[]): Promise<readonly Reply[]> => {
    const team = await pool.acquire(1);
    let failed = true;
    try {
      const task = { kind: 'answers', id: shared.id, texts, mostRows } as const;
      // A pool does not say which thread gets which task, and a shared memory in a message costs as much as ten rows.
      let [replies] = await Promise.all(team.run([task]));
      if (replies === 'unknown') [replies] = await Promise.all(team.run([{ ...task, model: shared }]));
      failed = false;
      return replies as readonly Reply[];
    } finally {
      await team.release(failed);
    }
  };
  return { threads, answer, close: () => pool.close() };
}

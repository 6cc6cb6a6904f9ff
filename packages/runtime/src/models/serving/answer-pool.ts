import { buildNetwork, type Model } from '@gradloom/core';
import {
  checkElements,
  checkObject,
  inputsOf,
  mayLack,
  ofImages,
  ofTable,
  ofText,
  option,
} from '@gradloom/core/internal';
import { createPool } from '../../engine/threads/pool.ts';
import type { Task } from '../../engine/threads/protocol.ts';
import { productsOfRow } from '../row-work.ts';
import type { AnswersTask } from './answer-task.ts';
import { type Body, createTextAnswerer, type Reply, type TextLimits } from './answer-texts.ts';
import { shareModel } from './shared-model.ts';
import type { WritingStep, WritingTask, Written } from './writing-task.ts';

/** Threads that answer request bodies. */
export interface AnswerPool {
  readonly threads: number;
  /**
   * Answers the bodies in one call, on the next free thread, or in this thread if that is faster. If the call takes
   * longer than a thread may, its bodies are answered one by one, so that only the slow ones have no answer.
   * @throws Error (rejects) if the thread fails.
   */
  answer(bodies: readonly Body[]): Promise<readonly Reply[]>;
  /**
   * Writes a part of a text on the next free thread. `takeStep` is called when there is one: null if nobody waits for
   * the text any more, which ends it.
   * @throws Error (rejects) if the thread fails.
   */
  write(takeStep: () => Promise<WritingStep | null>): Promise<Written>;
  /** From now on a thread has `limitMs` milliseconds for a call, if that is less, and no body has a second try. */
  hurry(limitMs: number): void;
  /** Ends the threads. Pending calls fail. */
  close(): Promise<void>;
}

export interface AnswerPoolOptions extends TextLimits {
  readonly threads: number;
  readonly maxTokens?: number; // maximum number of tokens of a text, default no limit
  readonly maxSeconds?: number; // time of a thread for a call, after which it is ended and replaced, default 30
}

/**
 * Starts threads that answer with a model. Failed and slow threads are replaced.
 * @throws Error (rejects) if they do not start, or the model cannot answer.
 */
export async function createAnswerPool(model: Model, options: AnswerPoolOptions): Promise<AnswerPool> {
  checkObject('createAnswerPool', 'model', model, 'a model');
  checkObject('createAnswerPool', 'options', options, '{ threads, maxRows }');
  const threads = option.positiveInteger.check('createAnswerPool', 'threads', options.threads);
  const maxRows = option.positiveInteger.check('createAnswerPool', 'maxRows', options.maxRows);
  const seconds = option.positive.check('createAnswerPool', 'maxSeconds', options.maxSeconds ?? 30);
  checkElements('createAnswerPool', 'model.parameters', model.parameters);
  // Done first: if there is no memory for a copy, no threads must be ended.
  const sharedModel = shareModel(model);
  const pool = await createPool({ threads });
  const answerHere = createTextAnswerer(model, { maxRows });
  const maxCharacters = charactersOfSmall(model);
  let limitMs = Math.min(seconds * 1000, MAX_TIMER_MS);
  let isHurried = false;
  const ends = new Set<() => void>(); // each ends a call that is running

  async function answer(bodies: readonly Body[]): Promise<readonly Reply[]> {
    if (bodies.reduce((sum, { length }) => sum + length, 0) <= maxCharacters) return answerHere(bodies);
    const task: AnswersTask = { kind: 'answers', id: sharedModel.id, bodies, maxRows };
    const replies = await call<readonly Reply[]>(async () => task);
    if (replies !== null) return replies;
    if (isHurried || bodies.length === 1) return bodies.map(() => ({ rows: 0, ...late() }));
    const oneByOne: Reply[] = [];
    for (const body of bodies) oneByOne.push(...(await answer([body])));
    return oneByOne;
  }

  const { maxTokens = Number.MAX_SAFE_INTEGER } = options;
  async function write(takeStep: () => Promise<WritingStep | null>): Promise<Written> {
    let isAbandoned = false;
    const writtenTexts = await call<Written>(async (): Promise<WritingTask | null> => {
      const step = await takeStep();
      isAbandoned = step === null;
      return step && { kind: 'writing', id: sharedModel.id, step, maxTokens };
    });
    return writtenTexts ?? (isAbandoned ? { text: '', rest: null } : late());
  }

  const late = () => ({
    fault: 'time' as const,
    text: `answer has taken longer than ${limitMs / 1000} seconds, expected less (${isHurried ? 'the server stops' : 'ask for fewer or shorter rows'})`,
  });

  /** Null if there is no task, or the thread took too long; then it is ended. */
  async function call<Answer>(takeTask: () => Promise<Task<Answer | 'unknown'> | null>): Promise<Answer | null> {
    const team = await pool.acquire(1);
    const task = await takeTask();
    if (task === null) {
      void team.release();
      return null;
    }
    async function run(task: Task<Answer | 'unknown'>): Promise<Answer> {
      // The pool chooses the thread, which may not have the model yet. It is sent only then: shared memory in a message
      // costs as much as ten rows.
      let [reply] = await Promise.all(team.run([task]));
      const withModel = { ...task, model: sharedModel };
      if (reply === 'unknown') [reply] = await Promise.all(team.run([withModel]));
      return reply as Answer;
    }
    let end = () => {};
    const poolEnd = new Promise<null>((resolve) => {
      end = () => resolve(null);
    });
    ends.add(end);
    const timer = setTimeout(end, limitMs);
    let hasFailed = true;
    try {
      const reply = await Promise.race([poolEnd, run(task)]);
      hasFailed = reply === null;
      return reply;
    } finally {
      clearTimeout(timer);
      ends.delete(end);
      // Not awaited: the old threads end when the last of them is free, and new ones answer meanwhile.
      void team.release(hasFailed);
    }
  }

  return {
    threads,
    answer,
    write,
    hurry(maxMs) {
      isHurried = true;
      limitMs = Math.min(limitMs, maxMs);
      const running = [...ends];
      setTimeout(() => {
        for (const end of running) end();
      }, limitMs).unref();
    },
    close: () => pool.close(),
  };
}

/** Longest time of a timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

// Waking a thread and receiving its answer takes 25 to 30 µs. With iris, 1 row takes 4 µs, 45 rows of 3,400 characters
// take 70 µs.
const SMALL_CHARACTERS = 4096;
const SMALL_PRODUCTS = 1 << 18;

/**
 * Longest texts, in characters, that this thread answers sooner than it could wake another: -1 if there are none.
 * Images always go to threads, since a short file may take long to decode, and so do models with parts of the user's
 * own. Reading takes time by the length of a text, and predicting by its rows: see `charactersOfRow` and
 * `productsOfRow`.
 */
export function charactersOfSmall(model: Model): number {
  const { spec, preprocessing, parts } = model;
  if (ofImages(preprocessing) !== undefined || (parts?.modules.length ?? 0) > 0) return -1;
  const network = buildNetwork(spec);
  return Math.min(
    SMALL_CHARACTERS,
    Math.floor((charactersOfRow(model) * SMALL_PRODUCTS) / productsOfRow(network)) || -1,
  );
}

/** Fewest characters of a row that is predicted, with its comma: '"",', '{},', or two for each required cell. */
function charactersOfRow({ spec, preprocessing }: Model): number {
  const table = ofTable(preprocessing);
  if (ofText(preprocessing) !== undefined) return 3;
  if (table === undefined) return 2 * inputsOf(spec);
  const cells = table.columns.filter((column) => !mayLack(column)).length;
  return Math.max(3, 2 * cells) * (table.series?.context ?? 1);
}

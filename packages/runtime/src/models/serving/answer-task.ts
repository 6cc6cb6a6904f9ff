import type { Task } from '../../engine/threads/protocol.ts';
import { createTextAnswerer, type Reply, type TextAnswerer } from './answer-texts.ts';
import { modelFrom, type SharedModel } from './shared-model.ts';

/** Request bodies to answer. The thread answers 'unknown' if the model must be sent along. */
export interface AnswersTask extends Task<readonly Reply[] | 'unknown'> {
  readonly kind: 'answers';
  readonly id: number; // id of the model
  readonly model?: SharedModel; // sent to a thread that does not have it yet
  readonly texts: readonly string[];
  readonly mostRows: number; // most rows of a text
}

/** Answerers by the model's id. */
const answerers = new Map<number, TextAnswerer>();

/** In a thread: answers with the model, which it builds when it is first sent. */
export function answerTask({ id, model, texts, mostRows }: AnswersTask): readonly Reply[] | 'unknown' {
  let answerer = answerers.get(id);
  if (answerer === undefined) {
    if (model === undefined) return 'unknown';
    answerer = createTextAnswerer(modelFrom(model), { mostRows });
    answerers.set(id, answerer);
  }
  return answerer(texts);
}

import type { AnswersTask, TaskAnswers } from '../threads/protocol.ts';
import { createTextAnswerer, type TextAnswerer } from './answer-texts.ts';
import { modelFrom } from './shared-model.ts';

/** By the model's id. */
const answerers = new Map<number, TextAnswerer>();

/** In a thread: answers with the model that it has made, or makes now. */
export function answerTask({ id, model, texts, mostRows }: AnswersTask): TaskAnswers['answers'] {
  let answerer = answerers.get(id);
  if (answerer === undefined) {
    if (model === undefined) return 'unknown';
    answerer = createTextAnswerer(modelFrom(model), { mostRows });
    answerers.set(id, answerer);
  }
  return answerer(texts);
}

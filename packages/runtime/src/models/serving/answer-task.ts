import { ofImages } from '@gradloom/core/internal';
import { createImageReader, type ImageReader } from '../../data/images/image-reader.ts';
import type { Task } from '../../engine/threads/protocol.ts';
import { type Body, createTextAnswerer, type Reply, type TextAnswerer } from './answer-texts.ts';
import { modelFrom, type SharedModel } from './shared-model.ts';

/** Request bodies to answer. The thread answers 'unknown' if the model must be sent along. */
export interface AnswersTask extends Task<readonly Reply[] | 'unknown'> {
  readonly kind: 'answers';
  readonly id: number; // id of the model
  readonly model?: SharedModel; // sent to a thread that does not have it yet
  readonly bodies: readonly Body[];
  readonly maxRows: number; // most rows of a body
}

/** Answerers by the model's id. */
const answerers = new Map<number, TextAnswerer>();

/** In a thread: answers with the model, which it builds when it is first sent. */
export function answerTask(task: AnswersTask): AnswersTask['answer'] | Promise<readonly Reply[]> {
  const answerer = answerers.get(task.id);
  if (answerer !== undefined) return answerer(task.bodies);
  if (task.model === undefined) return 'unknown';
  const model = modelFrom(task.model);
  const images = ofImages(model.preprocessing);
  const answerFirst = (readImage?: ImageReader): readonly Reply[] => {
    const newAnswerer = createTextAnswerer(model, task, readImage);
    answerers.set(task.id, newAnswerer);
    return newAnswerer(task.bodies);
  };
  return images === undefined ? answerFirst() : createImageReader(images.image).then(answerFirst);
}

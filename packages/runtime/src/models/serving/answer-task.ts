import type { Model } from '@gradloom/core';
import { ofImages, ofTable } from '@gradloom/core/internal';
import { createImageReader, type ImageReader } from '../../data/images/image-reader.ts';
import type { Task } from '../../engine/threads/protocol.ts';
import { type Body, type CellReaders, createTextAnswerer, type Reply, type TextAnswerer } from './answer-texts.ts';
import { modelFrom, type SharedModel } from './shared-model.ts';

/** Request bodies to answer. The thread answers 'unknown' if the model must be sent along. */
export interface AnswersTask extends Task<readonly Reply[] | 'unknown'> {
  readonly kind: 'answers';
  readonly id: number; // id of the model
  readonly model?: SharedModel; // sent to a thread that does not have it yet
  readonly bodies: readonly Body[];
  readonly maxRows: number; // maximum number of rows of a body
}

/** Answerers by the model's id. */
const answerers = new Map<number, TextAnswerer>();

/** In a thread: answers with the model, which it builds when it is first sent. */
export function answerTask(task: AnswersTask): AnswersTask['answer'] | Promise<readonly Reply[]> {
  const answerer = answerers.get(task.id);
  if (answerer !== undefined) return answerer(task.bodies);
  if (task.model === undefined) return 'unknown';
  const model = modelFrom(task.model);
  return readersOf(model).then(([readImage, cellReaders]) => {
    const newAnswerer = createTextAnswerer(model, task, readImage, cellReaders);
    answerers.set(task.id, newAnswerer);
    return newAnswerer(task.bodies);
  });
}

/** Readers of the images that a model takes as rows, and of those in the cells of rows. */
async function readersOf({ preprocessing }: Model): Promise<[ImageReader | undefined, CellReaders]> {
  const images = ofImages(preprocessing)?.image;
  const cellReaders = new Map<string, ImageReader>();
  for (const column of ofTable(preprocessing)?.columns ?? [])
    if (column.type === 'image') cellReaders.set(column.name, await createImageReader(column));
  return [images && (await createImageReader(images)), cellReaders];
}

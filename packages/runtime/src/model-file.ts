import { CHECKPOINT_KIND } from './checkpoints/checkpoint-file.ts';
import { readContainer, writeContainer } from './files/container.ts';
import { checkModel, createModel, type Model, type ModelContents } from './model.ts';

const KIND = 'model';
const PARAMETERS = 'parameters';

/**
 * Writes a model to `path`, in place of an older file, all of it or nothing.
 * @throws Error where its parts do not fit or the file cannot be written.
 */
export function saveModel(path: string, model: ModelContents): void {
  checkModel('saveModel', model);
  const { spec, parameters, loss, metadata } = model;
  writeContainer('saveModel', path, KIND, { spec, loss, metadata }, new Map([[PARAMETERS, parameters]]));
}

/**
 * The model that `saveModel` wrote to `path`, or the one that a checkpoint holds, ready to predict.
 * @throws Error naming the path and what is wrong, where any byte of the file has changed, is missing or is too many.
 */
export function loadModel(path: string): Model {
  const { content, sections } = readContainer('loadModel', path, [KIND, CHECKPOINT_KIND]);
  const parameters = sections.get(PARAMETERS);
  if (parameters === undefined) {
    throw new Error(`loadModel: ${path} has the sections ${[...sections.keys()].join()}, expected ${PARAMETERS}`);
  }
  try {
    // What a file claims to be is checked part by part where the model is made.
    const { spec, loss, metadata } = content;
    return createModel({ spec, loss, metadata, parameters } as unknown as ModelContents);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`loadModel: ${path} has parts that do not fit (${reason}), expected those of one model`, {
      cause: error,
    });
  }
}

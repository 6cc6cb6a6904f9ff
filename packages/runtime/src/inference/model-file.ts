import type { Container } from '@gradloom/core/internal';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { CHECKPOINT_KIND, checkpointOf } from '../checkpoints/checkpoint-file.ts';
import { readContainer, writeContainer } from '../files/container.ts';
import { checkModel, createModel, type Model, type ModelContents } from './model.ts';

const KIND = 'model';
const PARAMETERS = 'parameters';

/**
 * Writes a model to `path`, replacing an older file as a whole.
 * @throws Error if its parts do not fit together or the file cannot be written.
 */
export function saveModel(path: string, model: ModelContents): void {
  const { network, preprocessing } = checkModel('saveModel', model);
  const { spec } = network; // in its long form
  const { parameters, loss, metadata } = model;
  writeContainer('saveModel', path, KIND, { spec, loss, metadata, preprocessing }, new Map([[PARAMETERS, parameters]]));
}

/**
 * Loads the model that `saveModel` wrote to `path`, or the model of a checkpoint.
 * @throws Error naming the path and the problem if any byte of the file is changed, missing or added.
 */
export const loadModel = (path: string): Model =>
  modelOf('loadModel', path, readContainer('loadModel', path, [KIND, CHECKPOINT_KIND]));

/** Content of a model or checkpoint file. */
export interface ModelFile {
  /** Size of the file. */
  readonly bytes: number;
  /** Version of the file format. */
  readonly format: number;
  /** The network and its weights, ready to predict. */
  readonly model: Model;
  /** The rest of a checkpoint; null if the file is only a model. */
  readonly checkpoint: Checkpoint | null;
}

/** A model or a checkpoint, whichever `path` holds. @throws Error as loadModel and loadCheckpoint do. */
export function openModelFile(path: string): ModelFile {
  const container = readContainer('openModelFile', path, [KIND, CHECKPOINT_KIND]);
  const { kind, bytes, format } = container;
  const checkpoint = kind === CHECKPOINT_KIND ? checkpointOf('openModelFile', path, container) : null;
  return { bytes, format, model: modelOf('openModelFile', path, container), checkpoint };
}

function modelOf(where: string, path: string, { content, sections }: Container): Model {
  const parameters = sections.get(PARAMETERS);
  if (parameters === undefined) {
    throw new Error(`${where}: ${path} has the sections ${[...sections.keys()].join()}, expected ${PARAMETERS}`);
  }
  try {
    // The content is checked when the model is created.
    const { spec, loss, metadata, preprocessing } = content;
    return createModel({ spec, loss, metadata, preprocessing, parameters } as unknown as ModelContents);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${where}: ${path} has parts that do not belong together (${reason}), expected those of one model`,
      {
        cause: error,
      },
    );
  }
}

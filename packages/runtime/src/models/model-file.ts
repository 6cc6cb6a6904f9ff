import type { Model, ModelContents } from '@gradloom/core';
import { checkModel, MODEL_KINDS, modelOf, PARAMETERS, showPath } from '@gradloom/core/internal';
import type { LoadOptions } from '../engine/modules/load-parts.ts';
import { packContainer, readContainer } from '../system/files/container.ts';
import { writeAtomically } from '../system/files/write-atomically.ts';
import type { Checkpoint } from '../training/checkpoints/checkpoint.ts';
import { CHECKPOINT_KIND, checkpointOf } from '../training/checkpoints/checkpoint-file.ts';
import { nodeEngine } from './model.ts';

const KINDS = Object.values(MODEL_KINDS);

/**
 * Writes a model to `path`, atomically replacing an older file.
 * @throws Error if its parts do not fit together or the file cannot be written.
 */
export const saveModel = (path: string, model: ModelContents): void =>
  writeAtomically('saveModel', path, packModel('saveModel', model));

/** The contents of a model file. @throws Error if the parts of the model do not fit together. */
export function packModel(where: string, model: ModelContents): Iterable<Uint8Array> {
  const { network, preprocessing } = checkModel(where, model);
  const { spec } = network; // with all defaults filled in
  const { parameters, loss, metadata, parts, fused } = model;
  const modules = parts === undefined || parts.modules.length === 0 ? undefined : parts.modules;
  const content = { spec, loss, metadata, preprocessing, modules, fused };
  return packContainer(where, MODEL_KINDS.model, content, new Map([[PARAMETERS, parameters]]));
}

/**
 * Loads the model that `saveModel` wrote to `path`, or the model of a checkpoint.
 * @throws Error naming the path and the problem if any byte of the file is changed, missing or added.
 */
export function loadModel(path: string, { parts }: LoadOptions = {}): Model {
  const container = readContainer('loadModel', path, KINDS);
  return modelOf(`loadModel: ${showPath(path)}`, container, nodeEngine, parts);
}

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

/** Opens a model file or a checkpoint. @throws Error as loadModel and loadCheckpoint do. */
export function openModelFile(path: string, options: LoadOptions = {}): ModelFile {
  const container = readContainer('openModelFile', path, KINDS);
  const { kind, bytes, format } = container;
  const checkpoint = kind === CHECKPOINT_KIND ? checkpointOf('openModelFile', path, container, options) : null;
  return {
    bytes,
    format,
    model: modelOf(`openModelFile: ${showPath(path)}`, container, nodeEngine, options.parts),
    checkpoint,
  };
}

import type { Model, ModelContents } from '@gradloom/core';
import { assembleModel, type ModelEngine } from '@gradloom/core/internal';
import { loadTokenizer } from '../data/index.ts';
import { createContinuation, createPredictor } from '../engine/evaluation/predictor.ts';
import { fingerprint } from '../system/files/hash.ts';
import { createParallelPredictor } from './parallel-predictor.ts';

/** Runs models by the fastest backend of this machine, and hashes with Node's SHA-256. */
export const nodeEngine: ModelEngine = {
  createPredictor,
  createParallelPredictor,
  createContinuation,
  fingerprint,
  loadTokenizer,
};

/**
 * Creates a model from weights in memory. Weights are copied at the first call of a method.
 * @throws Error if its parts do not fit together.
 */
export const createModel = (contents: ModelContents): Model => assembleModel('createModel', contents, nodeEngine);

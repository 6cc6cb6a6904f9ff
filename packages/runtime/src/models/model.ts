import type { Model, ModelContents } from '@gradloom/core';
import { assembleModel, type ModelEngine } from '@gradloom/core/internal';
import { fingerprint } from '../system/files/hash.ts';
import { createPredictor } from './predictor.ts';

/** WebAssembly where it is there, and Node's own SHA-256. */
export const wasmEngine: ModelEngine = { createPredictor, fingerprint };

/**
 * A model from weights in memory; it uses the weights as they were at the first call.
 * @throws Error if its parts do not fit together.
 */
export const createModel = (contents: ModelContents): Model => assembleModel('createModel', contents, wasmEngine);

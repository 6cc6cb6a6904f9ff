import { createPredictor } from '../network/predict.ts';
import { hexadecimal } from './files/container.ts';
import { sha256Of } from './files/sha256.ts';
import type { ModelEngine } from './model.ts';

/** Plain JavaScript, for wherever it runs. */
export const plainEngine: ModelEngine = {
  createPredictor: (network, parameters) => createPredictor(network, parameters),
  // Models with own parts are opened by the runtime alone, which imports modules.
  fingerprint: (parameters) => hexadecimal(sha256Of(parameters)),
};

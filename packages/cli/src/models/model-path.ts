import { statSync } from 'node:fs';
import { join } from 'node:path';

/** A run's model, beside its config.json and metrics.jsonl. */
export const MODEL_FILE = 'model.gradloom';

/** The model file that is meant: of a run's directory, the one inside. */
export const modelPath = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, MODEL_FILE) : path;

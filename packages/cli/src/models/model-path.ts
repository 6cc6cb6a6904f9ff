import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_FILE } from '@gradloom/runtime';
import { MODEL_FILE } from '../run-files/names.ts';

/** The model file that is meant: of a run's directory, the one inside. */
export const modelPath = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, MODEL_FILE) : path;

/** Likewise; of a run that has not ended, its newest checkpoint. */
export function anyModelPath(path: string): string {
  const model = modelPath(path);
  const last = join(path, LAST_FILE);
  return !existsSync(model) && existsSync(last) ? last : model;
}

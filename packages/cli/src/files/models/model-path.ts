import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { showPath } from '@gradloom/core/internal';
import { LAST_FILE } from '@gradloom/runtime';
import { MODEL_FILE } from '../run-files/names.ts';

/**
 * The path of a model file; for the directory of a run, that of the file inside. @throws Error if a directory has none.
 */
export function modelPath(path: string): string {
  if (!isFolder(path)) return path;
  const model = join(path, MODEL_FILE);
  if (existsSync(model)) return model;
  const last = join(path, LAST_FILE);
  const hint = existsSync(last) ? `it has not ended; its newest checkpoint is ${last}` : `it has no ${MODEL_FILE}`;
  throw new Error(`no model found in "${showPath(path)}", expected a run that train wrote (${hint})`);
}

/** The path of a model file; for a run that has not ended, that of its newest checkpoint. */
export function anyModelPath(path: string): string {
  const last = join(path, LAST_FILE);
  return isFolder(path) && !existsSync(join(path, MODEL_FILE)) && existsSync(last) ? last : modelPath(path);
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

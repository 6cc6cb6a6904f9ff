import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { showPath, suggest } from '@gradloom/core/internal';
import { LAST_FILE } from '@gradloom/runtime';
import { tableFormatOf } from '@gradloom/runtime/internal';
import { isFolder, pathsIn } from '../folders.ts';
import { MODEL_FILE, RUNS_FOLDER } from '../run-files/names.ts';

/**
 * The path of a model file; for the directory of a run, that of the file inside. @throws Error if there is none, and
 * for a table that has a run of its name.
 */
export function modelPath(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  const expected = 'expected a run or a model file';
  if (stats === undefined) throw new Error(`${showPath(path)} does not exist, ${expected}${suggestRun(path)}`);
  // Many files that end in .json are no tables.
  const suggestion = tableFormatOf(path) === undefined ? '' : suggestRun(path);
  if (stats.isFile() && (suggestion !== '' || /\.([ct]sv(\.gz)?|parquet)$/i.test(path))) {
    const advice = ` (gradloom train --dataset ${showPath(path)} makes a run of it)`;
    throw new Error(`${showPath(path)} is a table, ${expected}${suggestion || advice}`);
  }
  if (!stats.isDirectory()) return path;
  const model = join(path, MODEL_FILE);
  if (existsSync(model)) return model;
  const checkpoint = join(path, LAST_FILE);
  const why = existsSync(checkpoint)
    ? ` (it has not ended; its newest checkpoint is ${checkpoint})`
    : ` (it has no ${MODEL_FILE})${suggestRun(path)}`;
  throw new Error(`no model found in "${showPath(path)}", expected a run that train wrote${why}`);
}

/** The path of a model file; for a run that has not ended, that of its newest checkpoint. */
export function anyModelPath(path: string): string {
  const last = join(path, LAST_FILE);
  return isFolder(path) && !existsSync(join(path, MODEL_FILE)) && existsSync(last) ? last : modelPath(path);
}

/** Whether a path looks like that of a model: a run, or a file with the extension of models. */
export const looksLikeModel = (path: string): boolean =>
  path.endsWith('.gradloom') ? existsSync(path) : [MODEL_FILE, LAST_FILE].some((file) => existsSync(join(path, file)));

/** ' (did you mean runs/iris-1?)' if a run has nearly the name of a path, beside it or in `runs`; else ''. */
export function suggestRun(path: string): string {
  const folder = dirname(path) === '.' ? RUNS_FOLDER : dirname(path);
  return suggest(
    join(folder, basename(path)),
    pathsIn(folder).filter((run) => run !== path && looksLikeModel(run)),
  );
}

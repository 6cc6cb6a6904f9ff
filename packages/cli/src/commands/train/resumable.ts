import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BEST_FILE, type Checkpoint, LAST_FILE, loadCheckpoint } from '@gradloom/runtime';
import { readRun } from '@gradloom/runtime/internal';
import { suggestRun } from '../../files/models/model-path.ts';
import { CONFIG_FILE } from '../../files/run-files/names.ts';
import { sealOf } from '../../files/run-files/seal.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { isRecord, readObject } from '../../options/read-object.ts';
import { recordedLibrary } from './recorded-library.ts';

/** A run that can continue. */
export interface Resumable {
  readonly folder: string | null; // of the run; null if only a checkpoint was named
  readonly file: string | null; // file of the checkpoint
  readonly checkpoint: Checkpoint | null; // null if the run ended before its first checkpoint
  readonly options: Readonly<Record<string, unknown>>; // as in a config file, with every default filled in
  // the library that computed a run without a checkpoint; a checkpoint compares its own
  readonly library: string | null;
}

/**
 * The run in a folder, from its newest checkpoint, or from its configuration if it has none yet; or a checkpoint file.
 * @throws Error if there is none, or it is damaged.
 */
export async function openResumable(path: string): Promise<Resumable> {
  if (!existsSync(path)) {
    throw new Error(`--resume ${path} does not exist, expected a run or a checkpoint${suggestRun(path)}`);
  }
  if (!statSync(path).isDirectory()) return fromCheckpoint(null, path);
  const last = join(path, LAST_FILE);
  if (existsSync(last)) return fromCheckpoint(path, last);
  const config = join(path, CONFIG_FILE);
  if (!existsSync(config)) {
    throw new Error(`--resume has ${path}, expected a run with ${LAST_FILE} or ${CONFIG_FILE} (start it again)`);
  }
  // The run's own file: its faults are not usage errors.
  const { options, ...rest } = await readObject('--resume', config).catch((error: Error) => {
    throw new Error(error.message, { cause: error });
  });
  // Without a checkpoint, only this file identifies the run.
  if (sealOf(readFileSync(config, 'utf8').trimEnd()) === 'broken') {
    throw new Error(
      `--resume has ${config}, which was changed after it was written, expected it unchanged (use --config to start a new run with its options)`,
    );
  }
  if (!isRecord(options))
    throw new Error(`--resume has ${config} without options, expected the configuration of a run`);
  return { folder: path, file: null, checkpoint: null, options, library: recordedLibrary(rest) };
}

function fromCheckpoint(folder: string | null, file: string): Resumable {
  const checkpoint = load(folder, file);
  const { metadata, record } = checkpoint;
  if (!isRecord(metadata.options)) {
    throw new Error(`--resume has ${file} without options, expected a checkpoint that train wrote`);
  }
  const { evaluateEvery, backend, rateChanges } = record;
  const recorded = { 'evaluate-every': evaluateEvery, backend: backend.name, 'rate-changes': rateChanges };
  const known = Object.entries(recorded).filter(([, value]) => value !== undefined); // a run may have been steered
  const options = { ...metadata.options, ...Object.fromEntries(known) };
  return { folder, file, checkpoint, options, library: null };
}

function load(folder: string | null, file: string): Checkpoint {
  try {
    return loadCheckpoint(file, loadOptions());
  } catch (error) {
    const best = folder === null ? '' : join(folder, BEST_FILE);
    if (!(error instanceof Error) || best === '' || !isCheckpoint(best)) throw error;
    throw new Error(`${error.message}; an older one is ${best} (--resume it with --out)`, { cause: error });
  }
}

/** Whether a checkpoint exists in a version that can be read; it may be damaged. */
function isCheckpoint(path: string): boolean {
  try {
    readRun(path);
    return true;
  } catch {
    return false;
  }
}

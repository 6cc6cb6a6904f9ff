import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { show } from '@gradloom/core/internal';
import { type FileFault, faultOf } from '../../../system/files/file-fault.ts';
import { findFile } from '../../../system/files/file-system.ts';
import { openSafetensors } from '../read-safetensors.ts';
import type { StoredTensor, TensorFile } from '../tensor-file.ts';
import type { Config } from './config.ts';

/** Names of the files in a folder. */
export const FILES = {
  config: 'config.json',
  weights: 'model.safetensors',
  index: 'model.safetensors.index.json',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
} as const;

/** Bytes of a file of JSON, at most: 24 MiB has room for a tokenizer of 250,000 pieces. */
const MAX_JSON_BYTES = 24 << 20;

/** Files of weights, at most. */
const MAX_SHARDS = 1000;

/** The text of a file of JSON in a folder; undefined if there is none. @throws Error for one that is too large */
export function jsonText(where: string, folder: string, name: string): string | undefined {
  const path = join(folder, name);
  const size = findFile(where, path, `the ${name} of a model`);
  if (size === null) return undefined;
  if (size > MAX_JSON_BYTES) throw faultOf(where, path)(`${size} bytes`, `at most ${MAX_JSON_BYTES} (a file of JSON)`);
  return readFileSync(path, 'utf8');
}

/** The object in a text of JSON. @throws Error of `fault` */
export function objectIn(text: string, fault: FileFault): Config {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fault('no JSON', 'a JSON object', error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Config;
  throw fault(show(value), 'a JSON object');
}

/** Opens the weights in a folder: one file, or several that an index lists. */
export async function openWeights(where: string, folder: string): Promise<TensorFile> {
  const indexText = jsonText(where, folder, FILES.index);
  if (indexText === undefined) {
    const path = join(folder, FILES.weights);
    return openSafetensors(where, path, faultOf(where, path));
  }
  const fault = faultOf(where, join(folder, FILES.index));
  const { weight_map: map } = objectIn(indexText, fault);
  if (typeof map !== 'object' || map === null) throw fault('no weight_map', 'the file of each tensor');
  const names = [...new Set(Object.values(map))].map((name) => {
    if (typeof name === 'string' && basename(name) === name && name.endsWith('.safetensors')) return name;
    throw fault(`the file ${show(name)}`, 'the name of a .safetensors file in the same folder');
  });
  if (names.length === 0 || names.length > MAX_SHARDS) throw fault(`${names.length} files`, `1 to ${MAX_SHARDS}`);
  const files: TensorFile[] = [];
  const close = async (): Promise<void> => {
    for (const file of files) await file.close();
  };
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const name of names) {
      const path = join(folder, name);
      const file = await openSafetensors(where, path, faultOf(where, path));
      files.push(file);
      for (const [tensor, storedTensor] of file.tensors) {
        if (tensors.has(tensor)) throw fault(`the tensor ${show(tensor)} in two files`, 'one of each name');
        tensors.set(tensor, storedTensor);
      }
    }
    return { tensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

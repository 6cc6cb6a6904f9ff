import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFile } from '@gradloom/runtime';
import { isRecord } from '../options/read-object.ts';

type Json = Readonly<Record<string, unknown>>;

/** A JSON object from a file. Null where there is no such file. @throws Error where it holds anything else. */
export function readJson(folder: string, name: string): Json | null {
  const path = join(folder, name);
  if (findFile('report', path, 'the file as it was written') === null) return null;
  const value = parse(readFileSync(path, 'utf8'));
  if (!isRecord(value)) throw new Error(`${path} has no JSON object, expected the file as it was written`);
  return value;
}

/** The objects of a file with one a line; a line that is no object, such as one half written, is left out. */
export function readLines(folder: string, name: string): Json[] {
  const path = join(folder, name);
  if (findFile('report', path, 'a file of lines') === null) return [];
  return readFileSync(path, 'utf8').split('\n').map(parse).filter(isRecord);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A number of a file; NaN where it is null or missing. */
export const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);

export const objectOf = (value: unknown): Json => (isRecord(value) ? value : {});

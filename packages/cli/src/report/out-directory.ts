import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFile, makeDirectory } from '@gradloom/runtime';
import { UsageError } from '../usage-error.ts';

/** Makes the directory behind `--out`, where it is missing. @throws UsageError where a file is in its way, Error where it cannot be made. */
export function makeOut(out: string): void {
  try {
    makeDirectory(out);
  } catch (error) {
    throw refusal(out, error);
  }
}

/** Writes a file there. @throws as makeOut does. */
export function writeOut(out: string, name: string, text: string): void {
  const path = join(out, name);
  findFile('--out', path, 'a file that can be written over');
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw refusal(out, error);
  }
}

function refusal(out: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const isFile = code === 'ENOTDIR' || code === 'EEXIST';
  const sentence = `--out has ${out}, expected a directory that can be written (${isFile ? 'it is a file, or below one' : code})`;
  return isFile ? new UsageError(sentence, { cause: error }) : new Error(sentence, { cause: error });
}

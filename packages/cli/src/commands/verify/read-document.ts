import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readRunFile } from '../../files/run-files/names.ts';
import { sealOf } from '../../files/run-files/seal.ts';
import { isRecord } from '../../options/read-object.ts';
import { readAs, type Schema } from '../../options/schema/schema.ts';
import { type OpenCheck, reading } from './file-check.ts';

type Json = Readonly<Record<string, unknown>>;

/** The longest file that this program writes. */
const MAX_BYTES = 1 << 28;

/**
 * The object in a JSON file of a folder, checked against its checksum if it has one; null if it is missing or faulty.
 */
export function readDocument(
  folder: string,
  check: OpenCheck,
  isSealed: boolean,
  schema?: Schema<unknown>, // schema of the parts that a report reads
): Json | null {
  const path = join(folder, check.name);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const value = reading(check, path, () => {
    const text = readRunFile('verify', path, 'a JSON file', MAX_BYTES)?.toString() ?? '';
    const state = sealOf(text.replace(/\n$/, ''));
    if (state === 'broken') check.faults.push('has a wrong checksum (it is damaged)');
    if (state === 'none' && isSealed) check.notes.push('has no checksum (an earlier version wrote it)');
    return parse(text);
  });
  if (value === null) return null;
  if (isRecord(value)) {
    if (schema !== undefined) reading(check, path, () => readAs(schema, value, `verify: ${path}`));
    return value;
  }
  check.faults.push('holds no JSON object, expected the file as it was written');
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

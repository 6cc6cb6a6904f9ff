import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { readRunFile } from '../../files/run-files/names.ts';
import { sealOf } from '../../files/run-files/seal.ts';
import { isRecord, tryJson } from '../../options/read-object.ts';
import { readAs, type Schema } from '../../options/schema/schema.ts';
import { withoutCaller } from '../../terminal/failure.ts';

/** Result of the check of one file. */
export interface FileCheck {
  readonly name: string;
  readonly about: string; // short description of its content
  readonly notes: readonly string[]; // remarks that are not faults, such as half a line after a crash
  readonly faults: readonly string[];
}

/** A check in progress. */
export interface OpenCheck extends FileCheck {
  about: string;
  readonly notes: string[];
  readonly faults: string[];
}

export const openCheck = (name: string): OpenCheck => ({ name, about: '', notes: [], faults: [] });

/** The result of `read`; if it throws, null and a fault, which does not repeat `path`: the file's name precedes it. */
export function readOrFault<T>(check: OpenCheck, path: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const message = withoutCaller(error);
    check.faults.push(message.startsWith(`${path} `) ? message.slice(path.length + 1) : message);
    return null;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The longest JSON document that this program writes. */
const MAX_BYTES = 1 << 28;

/** The object in a JSON file of a folder, checked against its checksum if it has one; null if missing or faulty. */
export function readDocument(
  folder: string,
  check: OpenCheck,
  kind: 'sealed' | 'plain', // whether the program writes it with a checksum
  schema?: Schema<unknown>, // schema of the parts that a report reads
): Json | null {
  const path = join(folder, check.name);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const value = readOrFault(check, path, () => {
    const text = readRunFile('verify', path, 'a JSON file', MAX_BYTES)?.toString() ?? '';
    const state = sealOf(text.replace(/\n$/, ''));
    if (state === 'broken') check.faults.push('has a wrong checksum (it is damaged)');
    if (state === 'none' && kind === 'sealed') check.notes.push('has no checksum (an earlier version wrote it)');
    return tryJson(text);
  });
  if (value === null) return null;
  if (isRecord(value)) {
    if (schema !== undefined) readOrFault(check, path, () => readAs(schema, value, `verify: ${path}`));
    return value;
  }
  check.faults.push('holds no JSON object, expected the file as it was written');
  return null;
}

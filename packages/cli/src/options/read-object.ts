import { readFileSync } from 'node:fs';
import { show } from '@gradloom/core';

/** The object in a JSON or YAML file, or in the text itself where it begins with a brace. @throws Error naming the file and what is wrong in it. */
export async function readObject(name: string, path: string): Promise<Record<string, unknown>> {
  const text = path.startsWith('{') ? path : readText(name, path);
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = /^\{|\.json$/.test(path) ? JSON.parse(text) : parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0].replace(/:$/, '') : error;
    throw new Error(`${name} has ${show(path)}, expected JSON or YAML (${reason})`, { cause: error });
  }
  if (isRecord(value)) return value;
  throw new Error(`${name} has ${show(path)} with ${show(value ?? null)}, expected an object`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readText(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`${name} has ${show(path)}, expected a file that can be read (${reason})`, { cause: error });
  }
}

import { readFileSync } from 'node:fs';
import { show } from '@gradloom/core';
import { UsageError } from '../usage-error.ts';

/**
 * The object in a JSON or YAML file, or in the text itself where it begins with a brace. @throws UsageError for what is
 * wrong in it, Error where it cannot be read.
 */
export async function readObject(name: string, path: string): Promise<Record<string, unknown>> {
  const inline = path.startsWith('{');
  const about = inline ? name : `${name} ${path}`;
  const value = await parse(about, inline ? path : readText(name, path), inline || path.endsWith('.json'));
  if (isRecord(value)) return value;
  throw new UsageError(`${about} has ${value === null ? 'nothing in it' : show(value)}, expected an object`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function parse(about: string, text: string, isJson: boolean): Promise<unknown> {
  if (text.trim() === '') return null;
  const { parseDocument } = await import('yaml');
  try {
    if (isJson) return JSON.parse(text);
    // Its warnings are of what it would pass over, such as a tag that nobody knows.
    const document = parseDocument(text, { logLevel: 'error' });
    const [mistake] = [...document.errors, ...document.warnings];
    if (mistake !== undefined) throw mistake;
    return document.toJS() ?? null;
  } catch (error) {
    // Below its first line the parser draws the place, and what it quotes may be any bytes.
    const [reason] = error instanceof Error ? error.message.split('\n') : [String(error)];
    const expected = isJson ? 'JSON' : 'YAML or JSON';
    throw new UsageError(`${about} has a mistake, expected ${expected} (${printable(reason)})`, { cause: error });
  }
}

/** Without the colon that leads to the drawing, and without bytes that could draw on a terminal. */
const printable = (reason: string): string =>
  reason
    .replace(/:$/, '')
    .replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd')
    .slice(0, 120);

function readText(name: string, path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`${name} has ${show(path)}, expected a file that can be read (${reason})`, { cause: error });
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Said below, as of a NUL, which is UTF-8 but no text.
  }
  throw new UsageError(`${name} ${path} has bytes that are no text, expected JSON or YAML in UTF-8`);
}

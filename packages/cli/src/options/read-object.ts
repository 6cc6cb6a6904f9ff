import { createRequire } from 'node:module';
import { show } from '@gradloom/core/internal';
import type { ParseErrorCode } from 'jsonc-parser';
import { UsageError } from '../terminal/failure.ts';
import { readText } from './read-text.ts';

/** Enough for a JSON network of about 50,000 layers. */
const MAX_JSON_BYTES = 1 << 22;

/** The YAML parser takes a second for the worst text of this length. */
const MAX_YAML_BYTES = 1 << 16;

/**
 * The object in a JSON or YAML file, or in the text itself if it begins with a brace. @throws UsageError if the content
 * is invalid, Error if the file cannot be read.
 */
export async function readObject(name: string, path: string): Promise<Record<string, unknown>> {
  const inline = path.startsWith('{');
  const isJson = inline || path.endsWith('.json');
  const about = inline ? name : `${name} ${path}`;
  const text = inline ? path : readText(name, path, isJson ? MAX_JSON_BYTES : MAX_YAML_BYTES);
  const value = await parse(about, text, isJson);
  if (isRecord(value)) return value;
  if (value === null) throw new UsageError(`${about} is empty, expected an object`);
  throw new UsageError(`${about} has ${show(value)}, expected an object such as { "name": value }`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a JSON text; undefined if it is not valid. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function parse(about: string, text: string, isJson: boolean): Promise<unknown> {
  if (text.trim() === '') return null;
  try {
    // YAML's parser takes a while to load.
    return isJson ? parseJson(about, text) : (await import('./parse-yaml.ts')).parseYaml(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // The YAML parser also draws the position below the first line of its message, after a colon.
    const [reason] = error instanceof Error ? error.message.split('\n') : [String(error)];
    const brief = reason.replace(/:$/, '').slice(0, 120);
    const problem = isJson
      ? `is not valid JSON${jsonMistake(text) ?? `, expected a whole file (${brief})`}`
      : `is not valid YAML, expected YAML or JSON (${brief})`;
    throw new UsageError(`${about} ${problem}`, { cause: error });
  }
}

/** JSON without duplicate keys, since it would be unclear which one is meant. YAML has this rule itself. */
function parseJson(about: string, text: string): unknown {
  const value: unknown = JSON.parse(text);
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw new UsageError(`${about} has the key ${show(twice)} twice in one object, expected it once`);
  return value;
}

/** Strings and punctuation of JSON; the rest does not matter. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"?|[{}[\],:]/g;

/** The first key that is twice in one object of valid JSON, of which JSON.parse would keep the later one. */
export function duplicateKey(json: string): string | undefined {
  const keysOfObjects: Set<string>[] = [];
  let text = '';
  for (const [token] of json.matchAll(TOKENS)) {
    if (token === '{') keysOfObjects.push(new Set());
    else if (token === '}') keysOfObjects.pop();
    else if (token === ':') {
      const key: string = JSON.parse(text);
      const keys = keysOfObjects[keysOfObjects.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    } else text = token;
  }
  return undefined;
}

/** ' at line 2, column 24, expected a value': where a text stops being JSON. Undefined if the place is unknown. */
export function jsonMistake(text: string): string | undefined {
  // Loads only where there is a mistake.
  const jsonc: typeof import('jsonc-parser') = createRequire(import.meta.url)('jsonc-parser');
  const mistakes: { name: string; position: string }[] = [];
  const onError = (code: ParseErrorCode, _offset: number, _length: number, line: number, character: number) => {
    mistakes.push({ name: jsonc.printParseErrorCode(code), position: `line ${line + 1}, column ${character + 1}` });
  };
  try {
    jsonc.visit(text, { onError }, { disallowComments: true });
  } catch (error) {
    // The parser is recursive: thousands of levels would overflow the stack.
    if (!(error instanceof RangeError)) throw error;
  }
  const [first, second] = mistakes;
  if (first === undefined) return undefined;
  // For an unquoted word, the parser reports the word and then what should replace it.
  const name = first.name === 'InvalidSymbol' ? (second?.name ?? 'EndOfFileExpected') : first.name;
  return ` at ${first.position}, expected ${EXPECTED[name] ?? 'a value'}`;
}

/** Expected content, by jsonc-parser's names of mistakes. */
const EXPECTED: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'a key in double quotes',
  ColonExpected: 'a colon after the key',
  CommaExpected: 'a comma',
  CloseBraceExpected: 'a closing brace',
  CloseBracketExpected: 'a closing bracket',
  EndOfFileExpected: 'nothing more',
  InvalidCommentToken: 'no comment',
  UnexpectedEndOfComment: 'no comment',
  UnexpectedEndOfString: 'a closing quote',
  UnexpectedEndOfNumber: 'the rest of a number',
  InvalidNumberFormat: 'a number',
  InvalidUnicode: 'four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'an escape such as \\n or \\"',
  InvalidCharacter: 'an escape such as \\n instead of the character itself',
};

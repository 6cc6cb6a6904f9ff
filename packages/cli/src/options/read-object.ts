import { show } from '@gradloom/core/internal';
import { UsageError } from '../terminal/usage-error.ts';
import { duplicateKey } from './duplicate-key.ts';
import { jsonMistake } from './json-mistake.ts';
import { readText } from './read-text.ts';

/** Enough for a JSON network of about 50,000 layers. */
const MOST_JSON_BYTES = 1 << 22;

/** The YAML parser takes a second for the worst text of this length. */
const MOST_YAML_BYTES = 1 << 16;

/**
 * The object in a JSON or YAML file, or in the text itself where it begins with a brace. @throws UsageError for what is
 * wrong in it, Error where it cannot be read.
 */
export async function readObject(name: string, path: string): Promise<Record<string, unknown>> {
  const inline = path.startsWith('{');
  const isJson = inline || path.endsWith('.json');
  const about = inline ? name : `${name} ${path}`;
  const text = inline ? path : readText(name, path, isJson ? MOST_JSON_BYTES : MOST_YAML_BYTES);
  const value = await parse(about, text, isJson);
  if (isRecord(value)) return value;
  if (value === null) throw new UsageError(`${about} is empty, expected an object`);
  throw new UsageError(`${about} has ${show(value)}, expected an object such as { "name": value }`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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

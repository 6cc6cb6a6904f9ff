import { show } from '@gradloom/core/internal';
import { UsageError } from '../usage-error.ts';
import { duplicateKey } from './duplicate-key.ts';
import { readText } from './read-text.ts';

/** JSON holds networks of some 50,000 layers. */
const MOST_JSON_BYTES = 1 << 22;

/** YAML takes its parser a second for the worst text of this length, and seconds beyond it. */
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
  throw new UsageError(`${about} has ${value === null ? 'nothing in it' : show(value)}, expected an object`);
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function parse(about: string, text: string, isJson: boolean): Promise<unknown> {
  if (text.trim() === '') return null;
  try {
    // YAML's parser takes a while to load.
    return isJson ? parseJson(text) : (await import('./parse-yaml.ts')).parseYaml(text);
  } catch (error) {
    // Below its first line the parser draws the place, to which a colon leads.
    const [reason] = error instanceof Error ? error.message.split('\n') : [String(error)];
    const expected = isJson ? 'JSON' : 'YAML or JSON';
    throw new UsageError(`${about} has a mistake, expected ${expected} (${reason.replace(/:$/, '').slice(0, 120)})`, {
      cause: error,
    });
  }
}

/** JSON, in which every key stands once: of two nobody could say which is meant. YAML has this rule of its own. */
function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new Error(`key ${show(twice)} stands there twice`);
  return value;
}

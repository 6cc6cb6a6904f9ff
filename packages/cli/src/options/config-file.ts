import { UsageError } from '../usage-error.ts';
import { kebabCase } from './member.ts';
import type { OptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { isRecord, readObject } from './read-object.ts';
import { didYouMean } from './words.ts';

/**
 * Options from a JSON or YAML file: flags without their dashes, in kebab-case or camelCase; `shuffle: false` is `no-shuffle`.
 * A run's own config.json holds them under `options`. @throws UsageError naming the first key that is unknown.
 */
export async function readConfig(table: OptionTable, path: string): Promise<RawOptions> {
  const file = await readObject('--config', path).catch((error: Error) => {
    throw new UsageError(error.message, { cause: error });
  });
  return entriesToRaw(table, isRecord(file.options) ? file.options : file, path);
}

/** The entries of such a file, which errors call `path`. @throws UsageError naming the first key that is unknown. */
export function entriesToRaw(table: OptionTable, entries: Readonly<Record<string, unknown>>, path: string): RawOptions {
  const raw: Record<string, { name: string; value: unknown }> = {};
  for (const [key, value] of Object.entries(entries)) {
    const option = kebabCase(key);
    const negation = `no-${option}`;
    if (typeof value === 'boolean' && negation in table) {
      // `out: true` says nothing: where to is still open.
      if (!value || !(option in table)) raw[negation] = { name: `${key} of ${path}`, value: !value };
    } else if (option in table && !NOT_IN_FILES.has(option)) {
      raw[option] = { name: `${key} of ${path}`, value };
    } else {
      const known = Object.keys(table).filter((name) => !NOT_IN_FILES.has(name));
      throw new UsageError(
        `${path} has ${JSON.stringify(key)}, expected options of --help${didYouMean(option, known)}`,
      );
    }
  }
  return raw;
}

/** They name what the options come from. */
const NOT_IN_FILES = new Set(['config', 'resume']);

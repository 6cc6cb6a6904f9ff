import { show, suggest } from '@gradloom/core';
import { UsageError } from '../usage-error.ts';
import { kebabCase } from './letter-case.ts';
import type { OptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { isRecord, readObject } from './read-object.ts';

/**
 * Options from a JSON or YAML file: flags without their dashes, in kebab-case or camelCase; `shuffle: false` is `no-shuffle`.
 * A run's own config.json holds them under `options`. @throws UsageError naming the first key that is unknown, Error where
 * the file cannot be read.
 */
export async function readConfig(table: OptionTable, path: string): Promise<RawOptions> {
  const file = await readObject('--config', path);
  return entriesToRaw(table, isRecord(file.options) ? file.options : file, `--config ${path}`);
}

/** The entries of such a file, which errors name behind `from`. @throws UsageError naming the first key that is unknown. */
export function entriesToRaw(table: OptionTable, entries: Readonly<Record<string, unknown>>, from: string): RawOptions {
  const raw: Record<string, { name: string; value: unknown }> = {};
  const put = (option: string, key: string, value: unknown) => {
    const name = `${from}: ${key}`;
    if (Object.hasOwn(raw, option))
      throw new UsageError(`${name} says again what another key says, expected one of them`);
    raw[option] = { name, value };
  };
  for (const [key, value] of Object.entries(entries)) {
    const option = kebabCase(key);
    const negation = `no-${option}`;
    if (typeof value === 'boolean' && Object.hasOwn(table, negation)) {
      // `out: true` says nothing: where to is still open.
      if (!value || !Object.hasOwn(table, option)) put(negation, key, !value);
    } else if (Object.hasOwn(table, option) && !NOT_IN_FILES.has(option)) {
      put(option, key, value);
    } else if (Object.hasOwn(table, negation)) {
      throw new UsageError(`${from}: ${key} has ${show(value)}, expected true or false`);
    } else {
      const known = Object.keys(table).filter((name) => !NOT_IN_FILES.has(name));
      throw new UsageError(
        `${from}: key ${JSON.stringify(key)} is unknown, expected options of --help${suggest(option, known)}`,
      );
    }
  }
  return raw;
}

/** They name what the options come from. */
const NOT_IN_FILES = new Set(['config', 'resume']);

import { show, suggest } from '@gradloom/core/internal';
import { UsageError } from '../terminal/failure.ts';
import { allNames, resolveAlias } from './aliases.ts';
import { effects, mayStandIn } from './effects.ts';
import { kebabCase } from './flags-of.ts';
import type { FileOptionTable } from './option.ts';
import type { RawOptions } from './raw-options.ts';
import { isRecord, readObject } from './read-object.ts';
import { isInheritedPipe } from './read-text.ts';

/**
 * Options from a JSON or YAML file: flags without their dashes, in kebab-case or camelCase; `shuffle: false` is
 * `no-shuffle`. A run's own config.json holds them under `options`.
 * @throws UsageError naming the first key that is unknown or that no file may set, Error if the file cannot be read.
 */
export async function readConfig(table: FileOptionTable, path: string): Promise<ConfigFile> {
  const file = await readObject('--config', path);
  const entries = isRecord(file.options) ? file.options : file;
  const { raw, foreign } = entriesToRaw(table, entries, `--config ${path}`, 'config');
  refuseForeign(foreign);
  return { raw, file };
}

/** @throws UsageError naming the first option that the file may not set. */
export function refuseForeign([entry]: readonly ForeignEntry[]): void {
  if (entry === undefined) return;
  throw new UsageError(`${entry.name} has ${show(entry.value)}, expected the file not to set it (${entry.why})`);
}

export interface ConfigFile {
  readonly raw: RawOptions;
  readonly file: Readonly<Record<string, unknown>>; // the whole object
}

/** Options of earlier versions in files: the value that every run has now, if any, and why others are refused. */
const REMOVED: Readonly<Record<string, { readonly onlyValue?: string; readonly why: string }>> = {
  shards: { why: 'a batch is now cut by its size alone: train again without it, to another result' },
  reduce: { onlyValue: 'tree', why: 'MPI no longer adds gradients: train again without it, to another result' },
};

/** The entries of a file of options. */
export interface Entries {
  readonly raw: RawOptions;
  readonly foreign: readonly ForeignEntry[];
}

/** An option that such a file may not set: its name in errors, and the reason. */
export interface ForeignEntry {
  readonly name: string;
  readonly value: unknown;
  readonly why: string;
}

/**
 * The entries of a run's file or a --config file; errors name the file by `from`.
 * @throws UsageError naming the first key that is unknown.
 */
export function entriesToRaw(
  table: FileOptionTable,
  entries: Readonly<Record<string, unknown>>,
  from: string,
  file: 'run' | 'config',
): Entries {
  const raw: Record<string, { name: string; value: unknown }> = {};
  const foreign: ForeignEntry[] = [];
  const mayHold = (option: string): boolean => mayStandIn(file, table[option].effect);
  const nameOf = (key: string): string => `${from}: ${key}`;
  const setOption = (option: string, key: string, value: unknown) => {
    if (!mayHold(option)) {
      foreign.push({ name: nameOf(key), value, why: effects[table[option].effect].why });
      return;
    }
    if (table[option].effect === 'reading' && isInheritedPipe(value)) {
      throw new UsageError(`${nameOf(key)} has ${show(value)}, expected a file (only a flag can name a pipe)`);
    }
    if (Object.hasOwn(raw, option)) {
      throw new UsageError(`${nameOf(key)} names an option that the file has already set, expected it once`);
    }
    raw[option] = { name: nameOf(key), value };
  };
  for (const [key, value] of Object.entries(entries)) {
    const option = resolveAlias(table, kebabCase(key)) ?? kebabCase(key);
    const negation = `no-${option}`;
    if (typeof value === 'boolean' && Object.hasOwn(table, negation)) {
      // `out: true` is invalid: it names no directory.
      if (!value || !Object.hasOwn(table, option)) setOption(negation, key, !value);
    } else if (Object.hasOwn(table, option)) {
      setOption(option, key, value);
    } else if (Object.hasOwn(table, negation)) {
      throw new UsageError(`${nameOf(key)} has ${show(value)}, expected true or false`);
    } else if (Object.hasOwn(REMOVED, option)) {
      const { onlyValue, why } = REMOVED[option];
      if (value !== onlyValue) throw new UsageError(`${nameOf(key)} has ${show(value)}, expected no such key (${why})`);
    } else {
      const names = allNames(table).filter((name) => mayHold(resolveAlias(table, name) ?? name));
      const hint = suggest(option, names);
      throw new UsageError(`${from}: key ${show(key)} is unknown, expected options of --help${hint}`);
    }
  }
  return { raw, foreign };
}

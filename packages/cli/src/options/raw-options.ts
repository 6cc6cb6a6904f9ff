import { show, suggest } from '@gradloom/core/internal';
import { asUsageError, UsageError } from '../terminal/failure.ts';
import { aliasesOf, allNames } from './aliases.ts';
import { type OptionTable, readValue, type Values } from './option.ts';

/** Options as typed, before parsing: the value of each, and its name in errors. */
export type RawOptions = Readonly<Record<string, { readonly name: string; readonly value: unknown }>>;

/** Pairs of lists: the options of one list exclude those of the other. */
export type Alternatives = readonly (readonly [readonly string[], readonly string[]])[];

/** @throws UsageError for a flag that is unknown, given twice, or given a value that it does not take. */
export function flagsToRaw(table: OptionTable, { flags, args }: Pick<Request, 'flags' | 'args'>): RawOptions {
  const raw: Record<string, { name: string; value: unknown }> = {};
  for (const [key, value] of Object.entries(flags)) {
    const name = nameOf(key, args);
    if (!Object.hasOwn(table, key)) {
      // yargs takes -lr for the letters l and r.
      const letters = key.length === 1 ? args.find((word) => /^-[a-z][\w-]+$/i.test(word) && word.includes(key)) : null;
      const flagNames = allNames(table).map((name) => `--${name}`);
      const flag = letters ?? name;
      throw new UsageError(`${flag} is unknown, expected a flag from --help${suggest(flag, flagNames)}`);
    }
    if (Array.isArray(value) && !table[key].repeats)
      throw new UsageError(`${name} has ${value.length} values, expected one`);
    const typedValue = args.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    if (table[key].standsAlone && typedValue !== undefined && typedValue !== 'true' && typedValue !== 'false') {
      throw new UsageError(`${name} has ${show(typedValue)}, expected no value`);
    }
    raw[key] = { name, value };
  }
  return raw;
}

/** The flag as it was typed: the option's own name or an alias. */
function nameOf(key: string, args: readonly string[]): string {
  const flagOf = (name: string) => (name.length === 1 ? `-${name}` : `--${name}`);
  const isTyped = (name: string) => args.some((word) => word === flagOf(name) || word.startsWith(`${flagOf(name)}=`));
  return flagOf(aliasesOf(key).find(isTyped) ?? key);
}

/** Flags override the file, including the other side of an alternative: `--steps` drops `epochs` of the file. */
export function mergeRaw(flags: RawOptions, file: RawOptions, alternatives: Alternatives): RawOptions {
  const overriddenKeys = alternatives.flatMap(([keys, otherKeys]) => [
    ...(keys.some((key) => key in flags) ? otherKeys : []),
    ...(otherKeys.some((key) => key in flags) ? keys : []),
  ]);
  const entries = Object.entries(file).filter(([key]) => !overriddenKeys.includes(key));
  return { ...Object.fromEntries(entries), ...flags };
}

/** @throws UsageError for the first value that does not fit, or two options that exclude each other. */
export function parseRaw<T extends OptionTable>(table: T, raw: RawOptions, alternatives: Alternatives = []): Values<T> {
  for (const sides of alternatives) {
    const [key, otherKey] = sides.map((keys) => keys.find((key) => key in raw));
    if (key === undefined || otherKey === undefined) continue;
    throw new UsageError(`${raw[key].name} is given with ${raw[otherKey].name}, expected one of the two`);
  }
  const values: Values<T> = {};
  for (const key in table) {
    if (key in raw) values[key] = asUsageError(() => readValue(table[key], raw[key].name, raw[key].value));
  }
  return values;
}

/** A command line, taken apart but not yet read. */
export interface Request {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly args: readonly string[]; // as typed
}

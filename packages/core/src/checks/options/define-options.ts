import { onlyKeys } from '../check.ts';
import type { OptionTable, OptionValues } from './option.ts';

/** A table of options with its reader. */
export interface Options<T extends OptionTable> {
  /** The options by name, in the order in which messages list them. */
  readonly table: T;
  /** All options, with defaults for those not given. @throws OptionError for an unknown or invalid option. */
  read(given: object): OptionValues<T>;
}

/**
 * States the options of a function once: names, types, defaults, checks and help. Messages begin with `where`; `path`
 * is the option whose value they are, where they are not those of the function itself.
 */
export function defineOptions<T extends OptionTable>(where: string, table: T, path?: string): Options<T> {
  const names = Object.keys(table);
  return {
    table,
    read(given) {
      onlyKeys(path === undefined ? where : `${where}: ${path}`, given, names);
      const values: Record<string, unknown> = { ...given };
      for (const name of names) {
        const { check, standard, required } = table[name];
        const { [name]: value = standard } = values;
        const isAbsent = value === undefined && !required;
        values[name] = isAbsent ? undefined : check(where, path === undefined ? name : `${path}.${name}`, value);
      }
      return values as OptionValues<T>;
    },
  };
}

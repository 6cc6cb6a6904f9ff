import { onlyKeys } from '../text/check.ts';
import type { OptionTable, OptionValues } from './option.ts';

/** A table of options with its reader. */
export interface Options<T extends OptionTable> {
  /** The options by name, in the order in which messages list them. */
  readonly table: T;
  /** All options, with defaults for those not given. @throws OptionError for an unknown or invalid option. */
  read(given: object): OptionValues<T>;
}

/** States the options of a function once: names, types, defaults, checks and help. Messages begin with `where`. */
export function defineOptions<T extends OptionTable>(where: string, table: T): Options<T> {
  const names = Object.keys(table);
  return {
    table,
    read(given) {
      onlyKeys(where, given, names);
      const values: Record<string, unknown> = { ...given };
      for (const name of names) {
        const { check, standard } = table[name];
        const value = standard === undefined ? values[name] : (values[name] ?? standard);
        values[name] = value === undefined ? undefined : check(where, name, value);
      }
      return values as OptionValues<T>;
    },
  };
}

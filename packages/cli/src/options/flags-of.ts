import type { OptionTable as LibraryTable } from '@gradloom/core/internal';
import type { Group } from './option.ts';

/** The name of the flag of an option: 'class-weight', or 'no-shuffle' for an option that is true by default. */
export type FlagName<Name extends string, O> = O extends { flag: infer Flag extends string }
  ? Flag
  : O extends { standard: true }
    ? `no-${Kebab<Name>}`
    : Kebab<Name>;

export type Kebab<Word extends string> = Word extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Kebab<Tail>}`
    : `-${Lowercase<Head>}${Kebab<Tail>}`
  : '';

type FlagOf<O> = O extends { standard: true } ? Omit<O, 'standard'> & { readonly standard: false } : O;

/** Options of a library by the names of their flags. */
export type FlagsOf<T extends LibraryTable, G extends Group> = {
  readonly [K in keyof T & string as T[K] extends { group: G } ? FlagName<K, T[K]> : never]: FlagOf<T[K]>;
};

/** The options of a library that are flags of a group, in the order of its table. */
export const flagsOf = <T extends LibraryTable, G extends Group>(table: T, group: G): FlagsOf<T, G> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, option]) =>
      option.group === group
        ? [[flagName(name, option), option.standard === true ? { ...option, standard: false } : option]]
        : [],
    ),
  ) as unknown as FlagsOf<T, G>;

/** The values of a command as options of a library. A flag that was not given leaves its option out. */
export const optionsFrom = (table: LibraryTable, values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(table).flatMap(([name, option]) => {
      const value = option.group !== undefined ? values[flagName(name, option)] : undefined;
      return value === undefined ? [] : [[name, option.standard === true ? !value : value]];
    }),
  );

export function flagName(name: string, { flag, standard }: LibraryTable[string]): string {
  return flag ?? `${standard === true ? 'no-' : ''}${kebabCase(name)}`;
}

export const camelCase = (word: string): string => word.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
export const kebabCase = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
